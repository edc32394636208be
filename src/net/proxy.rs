//! Chooses the proxy for a client's connections, once, when the client is made.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;

use base64::prelude::{BASE64_STANDARD, Engine};
use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use ureq::http::Uri;

use super::environment::variable;
use super::system_proxy::{self, Ask, System};
use crate::argument;
use crate::base_url::{self, BaseUrl};
use crate::error::Error;
use crate::secret::Secret;

/// An HTTP proxy, which opens tunnels by CONNECT.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub is_https: bool,
    /// As in the URL: an IPv6 address has its brackets.
    pub host: String,
    pub port: u16,
    /// Its source: the setting, or the name of an environment variable.
    pub source: &'static str,
    user: Option<Secret>,
    password: Option<Secret>,
}

impl Proxy {
    /// A secret: no message may show it.
    pub fn password(&self) -> Option<&str> {
        self.password.as_ref().map(Secret::expose)
    }

    /// True if the signed-in user may log in to it: not to a proxy from an environment variable,
    /// which anybody may have set, and not if the URL names a user.
    pub fn takes_signed_in_user(&self) -> bool {
        let is_variable = self.source.to_ascii_lowercase().ends_with("_proxy");
        !is_variable && self.user.is_none() && self.password.is_none()
    }

    /// The value of `Proxy-Authorization`, if the URL has a user name or a password.
    pub fn authorization(&self) -> Option<Secret> {
        if self.user.is_none() && self.password.is_none() {
            return None;
        }
        let user = self.user.as_ref().map_or("", Secret::expose);
        let login = Secret::from(format!("{user}:{}", self.password().unwrap_or("")));
        Some(format!("Basic {}", BASE64_STANDARD.encode(login.expose())).into())
    }
}

// Not derived, because that would show the user name.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Proxy").field(&self.host).finish()
    }
}

/// The proxy of a client's connections.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    Direct,
    Named(Proxy),
    /// The system's proxy, which is looked up when a connection is made.
    System(System),
}

impl Choice {
    pub fn password(&self) -> Option<&str> {
        match self {
            Self::Named(proxy) => proxy.password(),
            Self::Direct | Self::System(_) => None,
        }
    }

    /// True if the connection to a proxy uses TLS, or may use it.
    pub fn may_want_tls(&self) -> bool {
        match self {
            Self::Direct => false,
            Self::Named(proxy) => proxy.is_https,
            Self::System(_) => true,
        }
    }
}

/// The proxy for `base`: from the setting, or else the environment, or else the system; none for
/// loopback.
pub(crate) fn choose(setting: Option<&str>, base: &BaseUrl) -> Result<Choice, Error> {
    choose_from(setting, base, variable, system_proxy::ASK)
}

fn choose_from(
    setting: Option<&str>,
    base: &BaseUrl,
    env: impl Fn(&str) -> Option<OsString>,
    ask: Option<Ask>,
) -> Result<Choice, Error> {
    if let Some(url) = setting {
        return Ok(match url {
            "" => Choice::Direct,
            url => match parse(argument::PROXY, url)? {
                _ if base.is_loopback() => Choice::Direct,
                proxy => Choice::Named(proxy),
            },
        });
    }
    if base.is_loopback() {
        return Ok(Choice::Direct);
    }
    let set = |name: &&str| env(name).filter(|value| !value.is_empty());
    let exceptions = ["no_proxy", "NO_PROXY"].iter().find_map(set);
    if exceptions.is_some_and(|list| is_excepted(base, &list.to_string_lossy())) {
        return Ok(Choice::Direct);
    }
    // HTTP_PROXY in capitals is not read: a CGI program gets it from a request's `Proxy` header.
    let names: &[&'static str] = if base.is_https() {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "all_proxy", "ALL_PROXY"]
    };
    let Some((name, value)) = names.iter().find_map(|name| Some((name, set(name)?))) else {
        let system = ask.map(|ask| Choice::System(System::new(ask, base)));
        return Ok(system.unwrap_or(Choice::Direct));
    };
    let url = value
        .to_str()
        .ok_or_else(|| unusable(name, "is not valid UTF-8"))?;
    parse(name, url).map(Choice::Named)
}

fn unusable(name: &str, why: &str) -> Error {
    // The URL itself is left out: it may hold a password.
    Error::argument(name, &format!("is unusable: it {why}"))
}

fn parse(name: &'static str, url: &str) -> Result<Proxy, Error> {
    parse_url(name, url).map_err(|why| unusable(name, why))
}

/// Parses the URL of a proxy that `source` names; the error says why the URL is unusable.
pub(super) fn parse_url(source: &'static str, url: &str) -> Result<Proxy, &'static str> {
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) || !url.is_ascii() {
        return Err("contains blanks, control characters or characters beyond ASCII");
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let scheme = scheme.to_ascii_lowercase();
    if scheme.starts_with("socks") {
        return Err("is a SOCKS proxy, which is not supported; give an http:// or https:// one");
    }
    if scheme != "http" && scheme != "https" {
        return Err("must begin with http:// or https://");
    }
    let url = format!("{scheme}://{rest}");
    let uri: Uri = url.parse().map_err(|_| "is not a valid URL")?;
    let authority = uri.authority().ok_or("has no host")?;
    if base_url::server_name(authority.host()).is_none() {
        return Err("has no usable host name");
    }
    if !base_url::port_is_good(authority) {
        return Err("has an invalid port; it must be from 1 to 65535");
    }
    if uri.path().len() > 1 || uri.query().is_some() || rest.contains('#') {
        return Err("has a path or a query; leave it out");
    }
    let userinfo = authority.as_str().rsplit_once('@').map(|(info, _)| info);
    let (user, password) = match userinfo.map(|info| info.split_once(':').unwrap_or((info, ""))) {
        Some((user, password)) => (decoded(user), decoded(password)),
        None => (Some(None), Some(None)),
    };
    let not_utf8 = "has a user name or a password that is not UTF-8";
    let is_https = scheme == "https";
    Ok(Proxy {
        is_https,
        host: authority.host().to_owned(),
        port: base_url::port(authority, is_https),
        source,
        user: user.ok_or(not_utf8)?,
        password: password.ok_or(not_utf8)?,
    })
}

/// A part of a URL's user information: `Some(None)` for an empty one, `None` for one that is not
/// UTF-8.
fn decoded(part: &str) -> Option<Option<Secret>> {
    let text = percent_decode_str(part).decode_utf8().ok()?;
    Some(Some(text.into_owned().into()).filter(|text: &Secret| !text.expose().is_empty()))
}

/// NO_PROXY as curl reads it: names with their subdomains, addresses, CIDR blocks, `*`.
fn is_excepted(base: &BaseUrl, list: &str) -> bool {
    let host = base.host().trim_end_matches('.').to_ascii_lowercase();
    list.split([',', ' ', '\t'])
        .filter(|entry| !entry.is_empty())
        .any(|entry| entry == "*" || matches(&host, base.address(), &entry.to_ascii_lowercase()))
}

fn matches(host: &str, address: Option<IpAddr>, entry: &str) -> bool {
    if let Some(address) = address {
        let bare = entry.trim_start_matches('[').trim_end_matches(']');
        return bare.parse() == Ok(address)
            || entry
                .parse()
                .is_ok_and(|block: IpNet| block.contains(&address));
    }
    let domain = entry.trim_start_matches('.').trim_end_matches('.');
    let Some(before) = host.strip_suffix(domain) else {
        return false;
    };
    !domain.is_empty() && (before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(
        setting: Option<&str>,
        base: &str,
        env: &[(&str, &str)],
    ) -> Result<Option<String>, Error> {
        let look_up = |name: &str| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        };
        let base = BaseUrl::parse(base).unwrap();
        let choice = choose_from(setting, &base, look_up, Some(|_| unreachable!()))?;
        Ok(match choice {
            Choice::Direct => None,
            Choice::Named(p) => Some(format!("{}:{}", p.host, p.port)),
            Choice::System(_) => Some("the system's".to_owned()),
        })
    }

    #[test]
    fn the_setting_wins_over_the_environment() {
        let env = [("https_proxy", "http://env:1"), ("no_proxy", "*")];
        let via = |setting| chosen(setting, "https://api.example", &env).unwrap();
        assert_eq!(via(Some("http://own:3128")).as_deref(), Some("own:3128"));
        assert_eq!(via(Some("")), None);
        assert_eq!(via(None), None);
    }

    #[test]
    fn variables_are_read_in_the_documented_order() {
        let all = [
            ("https_proxy", "a:1"),
            ("HTTPS_PROXY", "b:1"),
            ("all_proxy", "c:1"),
            ("ALL_PROXY", "d:1"),
        ];
        for skip in 0..all.len() {
            let first = chosen(None, "https://api.example", &all[skip..]).unwrap();
            assert_eq!(first.as_deref(), Some(all[skip].1));
        }
        let capitals = [("HTTP_PROXY", "a:1"), ("HTTPS_PROXY", "b:1")];
        let via = chosen(None, "http://api.example", &capitals).unwrap();
        assert_eq!(via.as_deref(), Some("the system's"));
        let empty = [("https_proxy", ""), ("ALL_PROXY", "d:1")];
        let via = chosen(None, "https://api.example", &empty).unwrap();
        assert_eq!(via.as_deref(), Some("d:1"));
    }

    #[test]
    fn the_systems_proxy_is_used_if_no_other_is_set() {
        let via = |setting, base, env: &[_]| chosen(setting, base, env).unwrap();
        for base in ["https://api.example", "http://api.example"] {
            let system = Some("the system's".to_owned());
            assert_eq!(via(None, base, &[]), system);
            assert_eq!(via(None, base, &[("NO_PROXY", "other.example")]), system);
            assert_eq!(via(None, base, &[("NO_PROXY", "api.example")]), None);
            assert_eq!(via(Some(""), base, &[]), None);
        }
    }

    #[test]
    fn a_loopback_host_never_goes_through_a_proxy() {
        for base in [
            "http://127.0.0.1:1",
            "https://LOCALHOST",
            "http://[::1]:8080/api",
        ] {
            let env = [
                ("http_proxy", "p:1"),
                ("https_proxy", "p:1"),
                ("ALL_PROXY", "p:1"),
            ];
            assert_eq!(chosen(None, base, &env).unwrap(), None);
            assert_eq!(chosen(Some("p:1"), base, &env).unwrap(), None);
            assert_eq!(chosen(None, base, &[]).unwrap(), None);
        }
    }

    #[test]
    fn an_unusable_proxy_is_reported_with_the_name_of_its_source_and_without_its_url() {
        for url in [
            "socks5://secret@p:1",
            "ftp://secret@p",
            "http://secret@",
            "http://secret@p:0",
            "http://secret@p:",
            "http://secret@p/path",
            "http://se cret@p",
            "http://secret@p:99999",
        ] {
            for (setting, env, name) in [
                (Some(url), vec![], "The proxy"),
                (None, vec![("ALL_PROXY", url)], "ALL_PROXY"),
            ] {
                let error = chosen(setting, "https://api.example", &env).unwrap_err();
                assert!(error.message().starts_with(name), "{url}: {error}");
                assert!(!error.message().contains("secret"), "{url}: {error}");
            }
        }
    }

    #[test]
    fn no_proxy_is_read_as_curl_reads_it() {
        let env = |list| [("ALL_PROXY", "p:1"), ("NO_PROXY", list)];
        let direct = |base: &str, list| chosen(None, base, &env(list)).unwrap().is_none();
        for (base, list) in [
            ("https://api.example", "api.example"),
            ("https://api.example", "other, EXAMPLE"),
            ("https://api.example", ".example"),
            ("https://api.example", "example."),
            ("https://10.1.2.3", "10.0.0.0/8"),
            ("https://10.1.2.3", "10.1.2.3"),
            ("https://[fe80::1]", "fe80::/10"),
            ("https://[fe80::1]", "[fe80::1]"),
            ("https://anything", "*"),
        ] {
            assert!(direct(base, list), "{base} {list}");
        }
        for (base, list) in [
            ("https://api.example", "pi.example"),
            ("https://api.example", "api.example.org"),
            ("https://api.example", "."),
            ("https://10.1.2.3", "11.0.0.0/8"),
            ("https://10.1.2.3", "2.3"),
        ] {
            assert!(!direct(base, list), "{base} {list}");
        }
    }

    #[test]
    fn the_message_says_what_is_wrong_with_a_proxy() {
        let blanks = "contains blanks, control characters or characters beyond ASCII";
        let beyond = "has a path or a query; leave it out";
        for (url, why) in [
            ("http://p q", blanks),
            ("http://p\u{7f}", blanks),
            ("http://pé", blanks),
            (
                "SOCKS5h://p:1",
                "is a SOCKS proxy, which is not supported; give an http:// or https:// one",
            ),
            ("ftp://p", "must begin with http:// or https://"),
            ("http://", "is not a valid URL"),
            ("http://$", "has no usable host name"),
            (
                "http://p:0",
                "has an invalid port; it must be from 1 to 65535",
            ),
            ("http://p/path", beyond),
            ("http://p?query", beyond),
            ("http://p#part", beyond),
            (
                "http://%ff@p",
                "has a user name or a password that is not UTF-8",
            ),
            (
                "http://u:%ff@p",
                "has a user name or a password that is not UTF-8",
            ),
        ] {
            let message = parse("ALL_PROXY", url).expect_err(url).message().to_owned();
            let end = format!(" is unusable: it {why}.");
            assert!(message.ends_with(&end), "{url}: {message}");
        }
    }

    #[test]
    fn the_signed_in_user_logs_in_to_a_proxy_of_the_settings_or_the_systems_alone() {
        for (source, url, is_taken) in [
            (argument::PROXY, "p", true),
            (system_proxy::SETTINGS, "p", true),
            (system_proxy::SCRIPT, "p", true),
            ("ALL_PROXY", "p", false),
            ("https_proxy", "p", false),
            (argument::PROXY, "ann@p", false),
            (argument::PROXY, ":secret@p", false),
        ] {
            let proxy = parse_url(source, url).unwrap();
            assert_eq!(proxy.takes_signed_in_user(), is_taken, "{source} {url}");
        }
    }

    #[test]
    fn a_proxy_url_is_taken_apart() {
        for (url, is_https, place, login) in [
            ("p", false, "p:80", None),
            ("p:3128/", false, "p:3128", None),
            ("HTTP://p", false, "p:80", None),
            ("https://[::1]", true, "[::1]:443", None),
            ("http://ann:p%40ss@p:1", false, "p:1", Some("ann:p@ss")),
            ("http://ann@p", false, "p:80", Some("ann:")),
            ("http://:secret@p", false, "p:80", Some(":secret")),
            ("http://:@p", false, "p:80", None),
        ] {
            let proxy = parse("proxy", url).unwrap();
            assert_eq!(format!("{}:{}", proxy.host, proxy.port), place, "{url}");
            assert_eq!(proxy.is_https, is_https, "{url}");
            let expected = login.map(|login| format!("Basic {}", BASE64_STANDARD.encode(login)));
            let authorization = proxy.authorization();
            let authorization = authorization.as_ref().map(Secret::expose);
            assert_eq!(authorization, expected.as_deref(), "{url}");
            let password = login
                .and_then(|login| login.split_once(':'))
                .map(|(_, word)| word);
            assert_eq!(
                proxy.password(),
                password.filter(|word| !word.is_empty()),
                "{url}"
            );
            assert_eq!(format!("{proxy:?}"), format!("Proxy({:?})", proxy.host));
        }
    }
}
