//! Proxies on Windows, in the order in which Windows programs use them: a PAC file that it
//! discovers, a PAC file in the settings, proxies in the settings.

use std::io;

use super::{Hop, SCRIPT, SETTINGS, SystemProxies};
use crate::base_url::BaseUrl;

const DISCOVERED: &str = "a PAC file that the system discovered";
/// Set by `netsh winhttp`, for services.
const MACHINES: &str = "the system's settings for services";

/// The settings of a user or of the machine.
#[derive(Default)]
pub(in crate::net) struct Configured {
    pub discovers: bool,
    /// The PAC file's URL.
    pub script: Option<String>,
    pub proxies: Option<String>,
    pub exceptions: Option<String>,
}

/// The functions of WinHTTP.
pub(in crate::net) trait WinHttp {
    /// The user's settings; fails if the process does not belong to a user.
    fn users(&self) -> io::Result<Configured>;
    /// The machine's settings.
    fn machines(&self) -> io::Result<Configured>;
    /// The proxies for `url` by the script at this URL, or by one that is discovered; `None` for a
    /// direct connection.
    fn by_script(&self, url: &str, script: Option<&str>) -> io::Result<Option<String>>;
}

#[cfg(windows)]
pub(super) fn ask(service: &BaseUrl) -> SystemProxies {
    ask_of(&crate::net::sys::WinHttp, service)
}

fn ask_of(system: &impl WinHttp, service: &BaseUrl) -> SystemProxies {
    let mut notes = Vec::new();
    let mut or_note = |what: &str, read: io::Result<Configured>| match read {
        Ok(configured) => Some(configured),
        Err(e) => {
            notes.push(format!("{what} cannot be read: {}", describe(&e)));
            None
        }
    };
    let users = or_note(SETTINGS, system.users()).map(|users| (users, SETTINGS));
    let (configured, source) = users
        .or_else(|| or_note(MACHINES, system.machines()).map(|machines| (machines, MACHINES)))
        .unwrap_or((Configured::default(), SETTINGS));

    let discovered = configured.discovers.then_some((None, DISCOVERED));
    let set = configured.script.as_deref();
    let set = set.map(|script| (Some(script), SCRIPT));
    for (script, source) in [discovered, set].into_iter().flatten() {
        match system.by_script(&service.to_string(), script) {
            Ok(list) => {
                let hops = list.map_or_else(Vec::new, |list| hops(source, &list, service));
                return SystemProxies::new(hops, source, notes);
            }
            // As in browsers, a script that cannot be fetched or run counts as none.
            Err(e) => notes.push(format!("not used: {source}: {}", describe(&e))),
        }
    }
    let list = configured.proxies.unwrap_or_default();
    let hops = match configured.exceptions {
        Some(exceptions) if is_excepted(service, &exceptions) => Vec::new(),
        _ => hops(source, &list, service),
    };
    SystemProxies::new(hops, source, notes)
}

impl SystemProxies {
    fn new(mut hops: Vec<Hop>, source: &'static str, notes: Vec<String>) -> Self {
        if hops.is_empty() {
            hops.push(Hop::Direct);
        }
        Self {
            hops,
            source,
            notes,
        }
    }
}

/// Windows has no texts for WinHTTP's errors in its own list.
fn describe(error: &io::Error) -> String {
    let number = error.raw_os_error().unwrap_or_default();
    let words = match number {
        12180 => "there is none",
        12167 => "it cannot be fetched",
        // Wine uses the last number.
        12166 | 12177 | 14007 => "its script is broken",
        12015 => "its server requires a login",
        _ => "it cannot be used",
    };
    format!("{words} (system error {number})")
}

/// `proxy:8080`, or `http=proxy:8080;https=other:8080`, with semicolons or blanks between them.
fn hops(source: &'static str, list: &str, service: &BaseUrl) -> Vec<Hop> {
    let entries: Vec<(Option<&str>, &str)> = list
        .split([';', ' ', '\t', '\r', '\n'])
        .filter(|entry| !entry.is_empty())
        .map(|entry| match entry.split_once('=') {
            Some((scheme, proxy)) => (Some(scheme), proxy),
            None => (None, entry),
        })
        .collect();
    let of = |wanted: Option<&str>| -> Vec<&str> {
        let is_wanted = |scheme: Option<&str>| match (scheme, wanted) {
            (Some(scheme), Some(wanted)) => scheme.eq_ignore_ascii_case(wanted),
            (scheme, wanted) => scheme == wanted,
        };
        let fit = entries.iter().filter(|(scheme, _)| is_wanted(*scheme));
        fit.map(|(_, proxy)| *proxy).collect()
    };
    let own = of(Some(service.scheme().as_str()));
    let fit = if own.is_empty() { of(None) } else { own };
    if fit.is_empty() {
        // Windows uses SOCKS for schemes without a separate proxy.
        let socks = of(Some("socks")).into_iter();
        return socks
            .map(|proxy| Hop::parse(source, &format!("socks://{proxy}")))
            .collect();
    }
    fit.into_iter()
        .map(|proxy| match proxy {
            _ if proxy.eq_ignore_ascii_case("direct") => Hop::Direct,
            proxy => Hop::parse(source, proxy),
        })
        .collect()
}

/// True if the list of exceptions names the service: hosts with `*` for any part, with or without a
/// scheme and a port; `<local>` for names without a dot.
fn is_excepted(service: &BaseUrl, list: &str) -> bool {
    list.split([';', ',', ' ', '\t', '\r', '\n'])
        .filter(|entry| !entry.is_empty())
        .any(|entry| matches(service, &entry.to_ascii_lowercase()))
}

fn matches(service: &BaseUrl, entry: &str) -> bool {
    let host = service.host().to_ascii_lowercase();
    let host = bare(&host);
    if entry == "<local>" {
        return !host.contains(['.', ':']);
    }
    let (scheme, rest) = match entry.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, entry),
    };
    // The colons of an IPv6 address without brackets do not begin a port.
    let (pattern, port) = match rest.rsplit_once(':') {
        Some((pattern, port)) if pattern.ends_with(']') || !pattern.contains(':') => {
            (pattern, Some(port))
        }
        _ => (rest, None),
    };
    scheme.is_none_or(|scheme| scheme == service.scheme().as_str())
        && port.is_none_or(|port| port == "*" || port.parse() == Ok(service.port()))
        && fits(bare(pattern), host)
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// True if the text matches a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(place) = rest.find(part) else {
            return false;
        };
        rest = &rest[place + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn service(url: &str) -> BaseUrl {
        BaseUrl::parse(url).unwrap()
    }

    #[test]
    fn the_proxies_for_a_services_scheme_are_listed_in_order() {
        for (list, https, http) in [
            ("", "", ""),
            ("p", "p, port 80", "p, port 80"),
            ("p:8080", "p, port 8080", "p, port 8080"),
            ("http://p:1", "p, port 1", "p, port 1"),
            ("http=p:1", "", "p, port 1"),
            ("http=p:1;https=q:2;ftp=r:3", "q, port 2", "p, port 1"),
            ("HTTPS=q:2 s:4", "q, port 2", "s, port 4"),
            ("a:1;b:2", "a, port 1 | b, port 2", "a, port 1 | b, port 2"),
            ("a:1; DIRECT", "a, port 1 | none", "a, port 1 | none"),
            ("https=a:1;https=b:2", "a, port 1 | b, port 2", ""),
            ("[::1]:3128", "[::1], port 3128", "[::1], port 3128"),
        ] {
            for (url, wanted) in [("https://broker.test", https), ("http://broker.test", http)] {
                let told = hops(SETTINGS, list, &service(url));
                let told: Vec<_> = told.iter().map(Hop::to_string).collect();
                assert_eq!(told.join(" | "), wanted, "{list} {url}");
            }
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_not_left_out() {
        for list in ["socks=p:1080", "https=p:x", "https=socks://p:1", "p:0"] {
            let told = hops(SETTINGS, list, &service("https://broker.test"));
            assert!(matches!(told[..], [Hop::Unusable(_)]), "{list}: {told:?}");
        }
    }

    #[test]
    fn exceptions_are_read_as_windows_reads_them() {
        let direct = |url: &str, list: &str| is_excepted(&service(url), list);
        for (url, list) in [
            ("https://api.broker.test", "api.broker.test"),
            ("https://API.broker.test", "other;api.BROKER.test"),
            ("https://api.broker.test", "*.broker.test"),
            ("https://api.broker.test", "api.*"),
            ("https://api.broker.test", "*bro*er*"),
            ("https://api.broker.test", "*"),
            ("https://api.broker.test", "https://*.test"),
            ("https://api.broker.test", "*.test:443"),
            ("https://api.broker.test:8443", "*.test:8443 x"),
            ("https://intranet", "x;<LOCAL>"),
            ("https://10.1.2.3", "10.*"),
            ("https://10.1.2.3", "10.1.2.3"),
            ("https://[fe80::1]", "[fe80::1]"),
            ("https://[fe80::1]", "fe80::*"),
            ("https://[fe80::1]:8443", "[fe80::1]:8443"),
        ] {
            assert!(direct(url, list), "{url} {list}");
        }
        for (url, list) in [
            ("https://api.broker.test", ""),
            ("https://api.broker.test", "broker.test"),
            ("https://broker.test", "*.broker.test"),
            ("https://api.broker.test", "api.broker"),
            ("https://api.broker.test", "http://*.test"),
            ("https://api.broker.test", "*.test:8443"),
            ("https://api.broker.test", "*.test:x"),
            ("https://api.broker.test", "<local>"),
            ("https://api.broker.test", "<-loopback>"),
            ("https://[fe80::1]", "<local>"),
            ("https://10.1.2.3", "<local>"),
            ("https://aba", "ab*ba"),
        ] {
            assert!(!direct(url, list), "{url} {list}");
        }
    }

    /// A system with these settings, whose scripts return a list or fail with these numbers.
    struct Fake {
        users: Result<Configured, i32>,
        machines: Result<Configured, i32>,
        discovered: Result<Option<&'static str>, i32>,
        set: Result<Option<&'static str>, i32>,
        asked: RefCell<Vec<String>>,
    }

    impl Fake {
        fn new(users: Configured) -> Self {
            Self {
                users: Ok(users),
                machines: Err(2),
                discovered: Err(12180),
                set: Err(12167),
                asked: RefCell::default(),
            }
        }

        fn says(self) -> (String, Vec<String>) {
            let proxies = ask_of(&self, &service("https://broker.test/api"));
            let via: Vec<_> = proxies.hops.iter().map(|hop| proxies.via(hop)).collect();
            (via.join(" | "), proxies.notes)
        }
    }

    fn copy(configured: &Result<Configured, i32>) -> io::Result<Configured> {
        match configured {
            Ok(Configured {
                discovers,
                script,
                proxies,
                exceptions,
            }) => Ok(Configured {
                discovers: *discovers,
                script: script.clone(),
                proxies: proxies.clone(),
                exceptions: exceptions.clone(),
            }),
            Err(number) => Err(io::Error::from_raw_os_error(*number)),
        }
    }

    impl WinHttp for Fake {
        fn users(&self) -> io::Result<Configured> {
            copy(&self.users)
        }

        fn machines(&self) -> io::Result<Configured> {
            copy(&self.machines)
        }

        fn by_script(&self, url: &str, script: Option<&str>) -> io::Result<Option<String>> {
            let by = script.unwrap_or("discovery");
            self.asked.borrow_mut().push(format!("{url} by {by}"));
            let list = match script {
                Some(_) => self.set,
                None => self.discovered,
            };
            let list = list.map_err(io::Error::from_raw_os_error);
            list.map(|list| list.map(str::to_owned))
        }
    }

    fn everything() -> Configured {
        Configured {
            discovers: true,
            script: Some("http://wpad.test/a.pac".into()),
            proxies: Some("static:1".into()),
            exceptions: Some("<local>".into()),
        }
    }

    #[test]
    fn sources_are_used_in_windows_order() {
        let mut fake = Fake::new(everything());
        fake.discovered = Ok(Some("found:1;other:2"));
        let via = "found, port 1, from a PAC file that the system discovered | \
                   other, port 2, from a PAC file that the system discovered";
        assert_eq!(fake.says(), (via.into(), vec![]));

        let mut fake = Fake::new(everything());
        fake.set = Ok(None);
        let none =
            "not used: a PAC file that the system discovered: there is none (system error 12180)";
        let via = "none, from the system's PAC file";
        assert_eq!(fake.says(), (via.into(), vec![none.into()]));

        let lost = "not used: the system's PAC file: it cannot be fetched (system error 12167)";
        let via = "static, port 1, from the system's settings";
        let notes = vec![none.into(), lost.into()];
        assert_eq!(Fake::new(everything()).says(), (via.into(), notes));

        let nothing = Configured::default();
        let via = "none, from the system's settings";
        assert_eq!(Fake::new(nothing).says(), (via.into(), vec![]));
    }

    #[test]
    fn an_exception_is_one_from_static_proxies_alone() {
        let excepting = |discovers| Configured {
            discovers,
            script: None,
            exceptions: Some("*.test".into()),
            ..everything()
        };
        let via = "none, from the system's settings";
        assert_eq!(Fake::new(excepting(false)).says().0, via);
        let mut fake = Fake::new(excepting(true));
        fake.discovered = Ok(Some("found:1"));
        assert!(fake.says().0.starts_with("found, port 1"));
    }

    #[test]
    fn a_process_of_no_user_has_the_machines_settings() {
        let mut fake = Fake::new(Configured::default());
        fake.users = Err(2);
        fake.machines = Ok(Configured {
            proxies: Some("machine:1".into()),
            ..Configured::default()
        });
        let (via, notes) = fake.says();
        assert_eq!(
            via,
            "machine, port 1, from the system's settings for services"
        );
        assert_eq!(notes.len(), 1, "{notes:?}");
        let mut fake = Fake::new(Configured::default());
        fake.users = Err(2);
        let (via, notes) = fake.says();
        assert_eq!(via, "none, from the system's settings");
        assert_eq!(notes.len(), 2, "{notes:?}");
    }

    #[test]
    fn a_script_is_asked_for_the_base_url() {
        let fake = Fake::new(everything());
        ask_of(&fake, &service("https://broker.test/api"));
        let asked = fake.asked.into_inner();
        let url = "https://broker.test/api/";
        let expected = [
            format!("{url} by discovery"),
            format!("{url} by http://wpad.test/a.pac"),
        ];
        assert_eq!(asked, expected);
    }
}
