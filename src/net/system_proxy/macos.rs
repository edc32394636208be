//! Proxies on macOS: CFNetwork lists the proxies for a URL, applies the exceptions, and runs PAC
//! files.

use std::fmt::Display;

use super::{Hop, SCRIPT, SETTINGS, SystemProxies};
use crate::base_url::BaseUrl;

/// An entry in CFNetwork's list for a URL.
pub(in crate::net) enum Listed {
    Direct,
    Proxy {
        host: String,
        port: u16,
    },
    /// A PAC file, by its URL.
    Script(String),
    Socks,
}

/// The functions of CFNetwork.
pub(in crate::net) trait CfNetwork {
    type Error: Display;
    fn ways(&self, url: &str) -> Vec<Listed>;
    fn by_script(&self, url: &str, script: &str) -> Result<Vec<Listed>, Self::Error>;
}

#[cfg(target_vendor = "apple")]
pub(super) fn ask(service: &BaseUrl) -> SystemProxies {
    ask_of(&crate::net::sys::CfNetwork, service)
}

fn ask_of(system: &impl CfNetwork, service: &BaseUrl) -> SystemProxies {
    let url = service.to_string();
    let mut proxies = SystemProxies {
        hops: Vec::new(),
        source: SETTINGS,
        notes: Vec::new(),
    };
    for way in system.ways(&url) {
        let Listed::Script(script) = way else {
            proxies.hops.push(hop(SETTINGS, way));
            continue;
        };
        match system.by_script(&url, &script) {
            Ok(ways) => {
                proxies.source = SCRIPT;
                proxies.hops = ways.into_iter().map(|way| hop(SCRIPT, way)).collect();
                break;
            }
            // As in browsers, a script that cannot be fetched or run counts as none.
            Err(e) => proxies.notes.push(format!("not used: {SCRIPT}: {e}")),
        }
    }
    if proxies.hops.is_empty() {
        proxies.hops.push(Hop::Direct);
    }
    proxies
}

fn hop(source: &'static str, way: Listed) -> Hop {
    match way {
        Listed::Direct => Hop::Direct,
        Listed::Proxy { host, port } if host.contains(':') => {
            Hop::parse(source, &format!("[{host}]:{port}"))
        }
        Listed::Proxy { host, port } => Hop::parse(source, &format!("{host}:{port}")),
        Listed::Socks => Hop::parse(source, "socks://"),
        Listed::Script(_) => Hop::Unusable("is a PAC file that a PAC file names"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fake's settings: a script, which works or not, before a proxy.
    struct Fake {
        scripts: Vec<Result<(), &'static str>>,
        has_proxy: bool,
    }

    fn proxy(host: &str, port: u16) -> Listed {
        Listed::Proxy {
            host: host.into(),
            port,
        }
    }

    impl CfNetwork for Fake {
        type Error = &'static str;

        fn ways(&self, _: &str) -> Vec<Listed> {
            let scripts = 0..self.scripts.len();
            let scripts = scripts.map(|place| Listed::Script(place.to_string()));
            let proxy = self.has_proxy.then(|| proxy("static", 1));
            scripts.chain(proxy).collect()
        }

        fn by_script(&self, url: &str, script: &str) -> Result<Vec<Listed>, &'static str> {
            assert_eq!(url, "https://broker.test/api/");
            self.scripts[script.parse::<usize>().unwrap()]?;
            Ok(vec![
                proxy("a", 1),
                proxy("fe80::1", 2),
                Listed::Direct,
                Listed::Socks,
            ])
        }
    }

    fn proxies(scripts: &[Result<(), &'static str>], has_proxy: bool) -> (String, Vec<String>) {
        let fake = Fake {
            scripts: scripts.to_vec(),
            has_proxy,
        };
        let proxies = ask_of(&fake, &BaseUrl::parse("https://broker.test/api").unwrap());
        let hops: Vec<_> = proxies.hops.iter().map(Hop::to_string).collect();
        (
            format!("{} by {}", hops.join(" | "), proxies.source),
            proxies.notes,
        )
    }

    #[test]
    fn a_script_that_works_decides() {
        let unusable = "one that is unusable: it is a SOCKS proxy, which is not supported; give an \
                        http:// or https:// one";
        let by_script =
            format!("a, port 1 | [fe80::1], port 2 | none | {unusable} by the system's PAC file");
        assert_eq!(proxies(&[Ok(())], true), (by_script.clone(), vec![]));
        let note = "not used: the system's PAC file: error 1".to_owned();
        assert_eq!(
            proxies(&[Err("error 1"), Ok(())], true),
            (by_script, vec![note])
        );
    }

    #[test]
    fn a_script_that_does_not_work_counts_as_none() {
        let note = "not used: the system's PAC file: error 1".to_owned();
        let via = "static, port 1 by the system's settings".to_owned();
        assert_eq!(proxies(&[Err("error 1")], true), (via, vec![note.clone()]));
        let direct = "none by the system's settings".to_owned();
        assert_eq!(
            proxies(&[Err("error 1")], false),
            (direct.clone(), vec![note])
        );
        assert_eq!(proxies(&[], false), (direct, vec![]));
    }
}
