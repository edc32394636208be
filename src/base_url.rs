//! Parses and checks the base URL.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustls::pki_types::ServerName;
use ureq::http::Uri;
use ureq::http::uri::{Authority, Scheme};

use crate::argument;
use crate::error::Error;

/// A valid base URL: scheme, host, port and a path without a slash at its end.
#[derive(Debug, Clone)]
pub(crate) struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    path: String,
    name: ServerName<'static>,
}

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let bad = |why: &str| Error::argument(argument::BASE_URL, why);
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(bad("contains blanks or control characters"));
        }
        if !text.is_ascii() {
            return Err(bad(
                "contains characters beyond ASCII; write the host in punycode and the path percent-encoded",
            ));
        }
        if text.contains(['?', '#']) {
            return Err(bad("has a query or a fragment; leave it out"));
        }
        let uri: Uri = text
            .parse()
            .map_err(|_| bad("is not a URL such as https://api.autoshares.dev"))?;
        let scheme = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS || *scheme == Scheme::HTTP => scheme.clone(),
            _ => return Err(bad("must begin with https:// (or http://)")),
        };
        let authority = uri.authority().ok_or_else(|| bad("has no host"))?.clone();
        if authority.as_str().contains('@') {
            return Err(bad("has a user name in it; leave it out"));
        }
        let name = server_name(authority.host()).ok_or_else(|| bad("has no usable host name"))?;
        if !port_is_good(&authority) {
            return Err(bad("has an invalid port; it must be from 1 to 65535"));
        }
        Ok(Self {
            path: uri.path().trim_end_matches('/').to_owned(),
            scheme,
            authority,
            name,
        })
    }

    /// Refuses a path that ends in the version, which this library appends: every call would fail
    /// with 404.
    pub(crate) fn check_end(&self, version: &str) -> Result<(), Error> {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let ends_in_version = last
            .strip_prefix(['v', 'V'])
            .is_some_and(|rest| rest.eq_ignore_ascii_case(version));
        if ends_in_version {
            let why = format!("ends in /{last}, which the library appends by itself; leave it out");
            return Err(Error::argument(argument::BASE_URL, &why));
        }
        Ok(())
    }

    pub(crate) fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The host as messages show it: an IPv6 address in brackets.
    pub(crate) fn host(&self) -> &str {
        self.authority.host()
    }

    /// The authority, without the port that the scheme implies.
    pub(crate) fn host_and_port(&self) -> &str {
        let (authority, port) = (self.authority.as_str(), implied_port(self.is_https()));
        let bare = authority.strip_suffix(&port.to_string());
        bare.and_then(|bare| bare.strip_suffix(':'))
            .unwrap_or(authority)
    }

    pub(crate) fn port(&self) -> u16 {
        port(&self.authority, self.is_https())
    }

    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The host's address, if the URL has an address.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        match &self.name {
            ServerName::IpAddress(address) => Some((*address).into()),
            _ => None,
        }
    }

    /// 127.0.0.0/8, [::1] or `localhost`; no other spelling counts.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.address() {
            Some(address) => address.is_loopback(),
            None => is_localhost(self.host()),
        }
    }
}

fn implied_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

pub(crate) fn port(authority: &Authority, is_https: bool) -> u16 {
    authority.port_u16().unwrap_or(implied_port(is_https))
}

/// The whole URL, with a slash at its end.
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scheme,
            authority,
            path,
            ..
        } = self;
        write!(f, "{scheme}://{authority}{path}/")
    }
}

pub(crate) fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

/// The addresses of `localhost`. No name server is asked for them, because it might give others.
pub(crate) const LOCALHOST: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// The host as rustls and the resolver need it; `None` if it is neither an address nor a name.
pub(crate) fn server_name(host: &str) -> Option<ServerName<'static>> {
    let name = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(bare) => ServerName::IpAddress(bare.parse::<Ipv6Addr>().ok()?.into()),
        None => ServerName::try_from(host).ok()?.to_owned(),
    };
    Some(name)
}

/// Returns whether there is no port, or a number from 1 to 65535. `host:` without a number is
/// refused as a typing error.
pub(crate) fn port_is_good(authority: &Authority) -> bool {
    let without_user = authority
        .as_str()
        .rsplit_once('@')
        .map_or(authority.as_str(), |(_, rest)| rest);
    match &without_user[authority.host().len()..] {
        "" => true,
        port => {
            let digits = port.strip_prefix(':').unwrap_or("");
            digits.bytes().all(|b| b.is_ascii_digit()) && matches!(digits.parse::<u16>(), Ok(1..))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_urls_are_taken_apart() {
        for (text, host, path, is_https, is_loopback) in [
            (
                "https://api.autoshares.dev",
                "api.autoshares.dev",
                "",
                true,
                false,
            ),
            (
                "https://api.autoshares.dev/",
                "api.autoshares.dev",
                "",
                true,
                false,
            ),
            ("HTTPS://pub-api-x/api//", "pub-api-x", "/api", true, false),
            (
                "http://127.9.9.9:8700/a/b",
                "127.9.9.9",
                "/a/b",
                false,
                true,
            ),
            ("http://[::1]:65535", "[::1]", "", false, true),
            ("http://LocalHost:1", "LocalHost", "", false, true),
            (
                "http://127.0.0.1.example",
                "127.0.0.1.example",
                "",
                false,
                false,
            ),
            ("http://localhost.", "localhost.", "", false, false),
            ("http://[::2]", "[::2]", "", false, false),
        ] {
            let url = BaseUrl::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(
                (url.host(), url.path(), url.is_https(), url.is_loopback()),
                (host, path, is_https, is_loopback),
                "{text}"
            );
        }
    }

    #[test]
    fn a_url_that_ends_in_the_version_is_refused() {
        for (url, version, is_refused) in [
            ("https://host/v1.0", "1.0", true),
            ("https://host/api/v1.0", "1.0", true),
            ("https://host/api/v1.0/", "1.0", true),
            ("https://host/api/V1.0//", "1.0", true),
            ("https://host/api/v2", "2", true),
            ("https://host/api/v2", "1.0", false),
            ("https://host/api/v1.0/users", "1.0", false),
            ("https://host/api/xv1.0", "1.0", false),
            ("https://host/api/1.0", "1.0", false),
            ("https://host", "1.0", false),
            ("https://v1", "1", false),
        ] {
            let checked = BaseUrl::parse(url).unwrap().check_end(version);
            assert_eq!(checked.is_err(), is_refused, "{url} {version}");
        }
    }

    #[test]
    fn the_message_says_what_is_wrong_with_a_url() {
        for (text, why) in [
            ("https://ho st", "contains blanks or control characters"),
            (
                "https://host\u{7f}",
                "contains blanks or control characters",
            ),
            (
                "https://höst",
                "contains characters beyond ASCII; write the host in punycode and the path \
                 percent-encoded",
            ),
            ("https://host?x", "has a query or a fragment; leave it out"),
            (
                "https://",
                "is not a URL such as https://api.autoshares.dev",
            ),
            ("ftp://host", "must begin with https:// (or http://)"),
            ("host", "must begin with https:// (or http://)"),
            ("https://user@host", "has a user name in it; leave it out"),
            ("https://ho$t", "has no usable host name"),
            (
                "https://host:0",
                "has an invalid port; it must be from 1 to 65535",
            ),
        ] {
            let message = BaseUrl::parse(text).expect_err(text).message().to_owned();
            assert!(message.ends_with(&format!(" {why}.")), "{text}: {message}");
        }
        let ends = BaseUrl::parse("https://host/v1.0")
            .unwrap()
            .check_end("1.0");
        let message = ends.unwrap_err().message().to_owned();
        let why = " ends in /v1.0, which the library appends by itself; leave it out.";
        assert!(message.ends_with(why), "{message}");
    }

    #[test]
    fn bad_urls_are_refused() {
        for text in [
            "",
            "api.autoshares.dev",
            "/path",
            "https://",
            "https:///path",
            "https://:443",
            "ftp://host",
            "file:///etc/passwd",
            "https://user@host",
            "https://user:pass@host",
            "https://host?x=1",
            "https://host/path#part",
            "https://host:",
            "https://host:0",
            "https://host:65536",
            "https://host:+80",
            "https://host:80:80",
            "https://ho st",
            " https://host",
            "https://host/a b",
            "https://host\r\nEvil: yes",
            "https://höst",
            "https://[::1",
            "https://[fe80::1%25eth0]",
            "https://ho$t",
            "https://host/é",
            "http://127.1.",
        ] {
            let error = BaseUrl::parse(text).expect_err(text);
            assert!(
                error.message().starts_with("The base URL "),
                "{text}: {error}"
            );
        }
    }
}
