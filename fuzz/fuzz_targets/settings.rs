//! Any texts as settings: they are accepted or refused by name, and the key is never shown.
#![no_main]

use autoshares_reset::{Code, Config, fuzzing};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    base_url: &'a str,
    app_key: &'a str,
    api_version: Option<&'a str>,
    timeout_ms: u32,
    ca_pem: Option<&'a str>,
    proxy: Option<&'a str>,
    user_agent: Option<&'a str>,
    allow_http: bool,
}

const NAMES: [&str; 7] = [
    "The base URL ",
    "The app key ",
    "The API version ",
    "The timeout ",
    "The CA PEM text ",
    "The proxy ",
    "The user agent ",
];

/// The beginning of every key, which must not appear in any output.
const KEY: &str = "k3y-of-the-app";

fuzz_target!(|input: Input| {
    let key = [KEY, input.app_key].concat();
    let mut config = Config::new(input.base_url, &key);
    config.set_api_version(input.api_version);
    config.set_timeout_ms(input.timeout_ms);
    config.set_ca_pem(input.ca_pem);
    // Sets the proxy, so that the environment is not read.
    config.set_proxy(Some(input.proxy.unwrap_or_default()));
    config.set_user_agent(input.user_agent);
    config.set_allow_http(input.allow_http);
    assert!(!format!("{config:?}").contains(KEY));
    let base = input.base_url.to_lowercase();
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
            let message = error.message();
            assert!(
                NAMES.iter().any(|name| message.starts_with(name)),
                "{error}"
            );
            assert!(!error.message().contains(KEY), "{error}");
        }
        Err(error) => assert_eq!(error.code(), Code::InsecureUrl),
    }
});
