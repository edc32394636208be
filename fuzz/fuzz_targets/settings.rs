//! Any texts as settings: they are taken or refused by name, and the key is never shown.
#![no_main]

use autoshares_reset::{Code, Config, fuzzing};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    base_url: &'a [u8],
    app_key: &'a [u8],
    api_version: Option<&'a [u8]>,
    timeout_ms: u32,
    proxy: Option<&'a [u8]>,
    user_agent: Option<&'a [u8]>,
    allow_http: bool,
}

const NAMES: [&str; 8] = [
    "base_url",
    "app_key",
    "api_version",
    "timeout_ms",
    "connect_timeout_ms",
    "ca_file",
    "proxy",
    "user_agent",
];

/// How every key begins, to look for it where no key may be.
const KEY: &str = "k3y-of-the-app";

fuzz_target!(|input: Input| {
    let key = [KEY.as_bytes(), input.app_key].concat();
    let mut config = Config::new(input.base_url, &key[..]);
    config.set_api_version(input.api_version);
    config.set_timeout_ms(input.timeout_ms);
    // Never the environment's: the target must depend on its input alone.
    config.set_proxy(Some(input.proxy.unwrap_or_default()));
    config.set_user_agent(input.user_agent);
    config.set_allow_http(input.allow_http);
    assert!(!format!("{config:?}").contains(KEY));
    let base = String::from_utf8_lossy(input.base_url).to_lowercase();
    match fuzzing::check(&config) {
        Ok(()) => {
            assert!(base.starts_with("https://") || base.starts_with("http://"));
            assert!(
                !base.contains(['?', '#', ' ', '\r', '\n', '\0']),
                "{base:?}"
            );
            let host = base.split('/').nth(2).unwrap_or_default();
            assert!(!host.is_empty() && !host.contains('@'), "{base:?}");
            assert!(input.timeout_ms > 0);
            #[cfg(planted_bug)]
            assert!(!base.contains("[::"), "the planted bug");
        }
        Err(error) if error.code() == Code::InvalidArgument => {
            let name = error.message().split(' ').next();
            assert!(NAMES.contains(&name.unwrap_or_default()), "{error}");
            assert!(!error.message().contains(KEY), "{error}");
        }
        Err(error) => assert_eq!(error.code(), Code::InsecureUrl),
    }
});
