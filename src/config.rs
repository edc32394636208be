//! The settings of a client, which are checked only here.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::HeaderValue;

use crate::argument::{self, Text};
use crate::base_url::BaseUrl;
use crate::error::{Code, Error};
use crate::net::proxy;
use crate::net::roots::{self, Trust};
use crate::net::settings::Settings;
use crate::secret::Secret;

/// Settings of a [`Client`](crate::Client). Setters only store a value;
/// [`Client::new`](crate::Client::new) checks all of them, and its error names the first bad one.
#[derive(Debug, Clone)]
pub struct Config(pub(crate) Unchecked<Secret>);

impl Config {
    /// Settings for the service at `base_url` and the app's key, with defaults for the rest.
    pub fn new(base_url: &str, app_key: &str) -> Self {
        Self(Unchecked::new(Some(base_url.into()), Some(app_key.into())))
    }

    /// Sets the API version in the path, by default `1.0`.
    pub fn set_api_version<'a>(&mut self, version: impl Into<Option<&'a str>>) {
        self.0.api_version = version.into().map(Secret::from);
    }

    /// Sets the time for a whole call in milliseconds, by default 30000.
    pub fn set_timeout_ms(&mut self, milliseconds: u32) {
        self.0.timeout_ms = milliseconds;
    }

    /// Sets the time for look-up, connect, proxy and handshake together in milliseconds, by default
    /// 10000.
    pub fn set_connect_timeout_ms(&mut self, milliseconds: u32) {
        self.0.connect_timeout_ms = milliseconds;
    }

    /// Sets a PEM file with the only certificates to trust, instead of the system's.
    pub fn set_ca_file<'a>(&mut self, path: impl Into<Option<&'a str>>) {
        self.0.ca_file = path.into().map(Secret::from);
    }

    /// Sets certificates to trust from memory, up to 1 MiB. If a file is set too, the certificates
    /// of both are trusted.
    pub fn set_ca_pem<'a>(&mut self, pem: impl Into<Option<&'a str>>) {
        self.0.ca_pem = pem.into().map(Secret::from);
    }

    /// Sets the proxy's URL; `""` for none. By default it is the one in the environment, or else
    /// (on Windows and macOS) in the system's settings.
    pub fn set_proxy<'a>(&mut self, url: impl Into<Option<&'a str>>) {
        self.0.proxy = url.into().map(Secret::from);
    }

    /// Sets the calling program's name, which the `User-Agent` header holds before the library's
    /// own.
    pub fn set_user_agent<'a>(&mut self, name: impl Into<Option<&'a str>>) {
        self.0.user_agent = name.into().map(Secret::from);
    }

    /// Allows `http://` to other machines, which is off by default. `http://` to loopback is always
    /// allowed.
    pub fn set_allow_http(&mut self, allow: bool) {
        self.0.allow_http = allow;
    }
}

/// Settings as a caller gave them: `T` is its kind of text, `None` a text that it did not give.
#[derive(Debug, Clone)]
pub(crate) struct Unchecked<T> {
    base_url: Option<T>,
    app_key: Option<T>,
    pub api_version: Option<T>,
    pub timeout_ms: u32,
    pub connect_timeout_ms: u32,
    pub ca_file: Option<T>,
    pub ca_pem: Option<T>,
    pub proxy: Option<T>,
    pub user_agent: Option<T>,
    pub allow_http: bool,
}

impl<T: Text> Unchecked<T> {
    pub fn new(base_url: Option<T>, app_key: Option<T>) -> Self {
        Self {
            base_url,
            app_key,
            api_version: None,
            timeout_ms: 30_000,
            connect_timeout_ms: 10_000,
            ca_file: None,
            ca_pem: None,
            proxy: None,
            user_agent: None,
            allow_http: false,
        }
    }

    /// Checks every setting, in the order of the C header, and reads the environment once.
    pub fn check(&self) -> Result<Settings, Error> {
        let base_url = BaseUrl::parse(required(&self.base_url, argument::BASE_URL)?)?;
        if let Ok(version) = self.version() {
            base_url.check_end(version)?;
        }
        let app_key = required(&self.app_key, argument::APP_KEY)?;
        let app_key = header_value(argument::APP_KEY, app_key)?;
        let api_version = self.version()?;
        let timeout = milliseconds(argument::TIMEOUT, self.timeout_ms)?;
        let connect_timeout = milliseconds(argument::CONNECT_TIMEOUT, self.connect_timeout_ms)?;
        let trust = self.trust()?;
        let proxy = proxy::choose(optional(&self.proxy, argument::PROXY)?, &base_url)?;
        let user_agent = optional(&self.user_agent, argument::USER_AGENT)?;
        let user_agent = user_agent_value(user_agent.unwrap_or(""))?;
        if !base_url.is_https() && !base_url.is_loopback() && !self.allow_http {
            return Err(Error::new(
                Code::InsecureUrl,
                format!(
                    "The base URL is http:// to another machine ({}), which would show the app key \
                     to the network; use https://, or allow http explicitly.",
                    base_url.host()
                ),
            ));
        }
        Ok(Settings {
            api_path: format!("{}/v{api_version}", base_url.path()),
            base_url,
            app_key,
            timeout,
            connect_timeout,
            trust,
            proxy,
            user_agent,
        })
    }

    fn version(&self) -> Result<&str, Error> {
        let version = optional(&self.api_version, argument::API_VERSION)?.unwrap_or("1.0");
        if !is_path_segment(version) {
            return Err(Error::argument(
                argument::API_VERSION,
                "must consist of letters, digits and single dots, such as 1.0",
            ));
        }
        Ok(version)
    }

    /// The certificates to trust instead of the system's.
    fn trust(&self) -> Result<Option<Arc<Trust>>, Error> {
        let mut trust = Trust::empty();
        if let Some(path) = optional(&self.ca_file, argument::CA_FILE)? {
            if path.is_empty() {
                return Err(Error::argument(argument::CA_FILE, "has an empty path"));
            }
            roots::add_file(&mut trust, path.as_ref())?;
        }
        if let Some(pem) = optional(&self.ca_pem, argument::CA_PEM)? {
            roots::add_pem(&mut trust, pem)?;
        }
        Ok((!trust.is_empty()).then(|| Arc::new(trust)))
    }
}

fn required<'a>(text: &'a Option<impl Text>, name: &str) -> Result<&'a str, Error> {
    let text = text.as_ref().ok_or_else(|| argument::missing(name))?;
    let text = text.read(name)?;
    argument::check_required(name, text)?;
    Ok(text)
}

fn optional<'a>(text: &'a Option<impl Text>, name: &str) -> Result<Option<&'a str>, Error> {
    let text = text.as_ref().map(|text| text.read(name)).transpose()?;
    text.map_or(Ok(()), |text| argument::check(name, text))?;
    Ok(text)
}

fn header_value(name: &str, text: &str) -> Result<HeaderValue, Error> {
    // Bytes beyond ASCII would be sent unencoded, and recipients strip blanks at the ends.
    let usable = text.chars().all(|c| matches!(c, ' '..='~'))
        && !text.starts_with(' ')
        && !text.ends_with(' ');
    let mut value = HeaderValue::from_str(text)
        .ok()
        .filter(|_| usable)
        .ok_or_else(|| {
            Error::argument(
                name,
                "must consist of printable ASCII characters, without blanks at its ends",
            )
        })?;
    value.set_sensitive(true);
    Ok(value)
}

fn user_agent_value(name: &str) -> Result<HeaderValue, Error> {
    let own = concat!("autoshares-reset/", env!("CARGO_PKG_VERSION"));
    let whole = if name.is_empty() {
        own.to_owned()
    } else {
        format!("{name} {own}")
    };
    let mut value = header_value(argument::USER_AGENT, &whole)?;
    value.set_sensitive(false);
    Ok(value)
}

fn is_path_segment(version: &str) -> bool {
    !version.is_empty()
        && !version.contains("..")
        && version
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.')
}

fn milliseconds(name: &str, value: u32) -> Result<Duration, Error> {
    if value == 0 {
        return Err(Error::argument(
            name,
            "must be between 1 millisecond and 49 days: there is no endless wait",
        ));
    }
    Ok(Duration::from_millis(value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:1";

    fn refused(config: &Config) -> String {
        let error = config.0.check().expect_err("a bad setting");
        assert_eq!(error.code(), Code::InvalidArgument);
        error.message().to_owned()
    }

    #[test]
    fn every_bad_setting_is_named() {
        type Change = fn(&mut Config);
        let cases: [(&str, Change); 20] = [
            ("The API version", |c| c.set_api_version("")),
            ("The API version", |c| c.set_api_version("1..0")),
            ("The API version", |c| c.set_api_version("1/0")),
            ("The timeout", |c| c.set_timeout_ms(0)),
            ("The connect timeout", |c| c.set_connect_timeout_ms(0)),
            ("The CA file has an empty path", |c| c.set_ca_file("")),
            ("The CA file", |c| c.set_ca_file("/no/such/file.pem")),
            ("The CA file", |c| c.set_ca_file("Cargo.toml")),
            ("The CA file", |c| c.set_ca_file("src")),
            ("The CA file", |c| c.set_ca_file("a\0b")),
            ("The CA PEM text", |c| c.set_ca_pem("")),
            ("The CA PEM text", |c| c.set_ca_pem("no certificate")),
            ("The proxy", |c| c.set_proxy("socks5://p:1")),
            ("The proxy", |c| c.set_proxy("p:0")),
            ("The user agent", |c| c.set_user_agent("tab\there")),
            ("The user agent", |c| c.set_user_agent("é")),
            ("The base URL", |c| *c = Config::new("", "key")),
            ("The base URL", |c| {
                *c = Config::new("http://127.0.0.1:1/v1.0", "");
            }),
            ("The app key", |c| *c = Config::new(URL, "")),
            ("The app key", |c| {
                *c = Config::new(URL, &"k".repeat(argument::MAX_TEXT + 1));
            }),
        ];
        for (name, change) in cases {
            let mut config = Config::new(URL, "key");
            change(&mut config);
            let message = refused(&config);
            assert!(message.starts_with(name), "{name}: {message}");
        }
    }

    #[test]
    fn the_first_of_several_bad_settings_is_named() {
        let mut config = Config::new(URL, "bad\nkey");
        config.set_user_agent("\n");
        config.set_proxy("socks5://p");
        config.set_ca_pem("no certificate");
        config.set_ca_file("/no/such/file.pem");
        config.set_timeout_ms(0);
        config.set_api_version("");
        let bad = [
            "The app key",
            "The API version",
            "The timeout",
            "The CA file",
            "The CA PEM text",
            "The proxy",
            "The user agent",
        ];
        let fix: [fn(&mut Config); 7] = [
            |c| c.0.app_key = Some("key".into()),
            |c| c.set_api_version(None),
            |c| c.set_timeout_ms(1),
            |c| c.set_ca_file(None),
            |c| c.set_ca_pem(None),
            |c| c.set_proxy(""),
            |c| c.set_user_agent(""),
        ];
        for (name, fix) in bad.into_iter().zip(fix) {
            let message = refused(&config);
            assert!(message.starts_with(name), "{name}: {message}");
            fix(&mut config);
        }
        assert!(config.0.check().is_ok());
    }

    #[test]
    fn a_key_that_cannot_be_a_header_value_is_refused_and_not_shown() {
        for key in [
            "se\r\ncret",
            "secrét",
            " secret",
            "secret ",
            "sec\tret",
            "sec\u{7f}ret",
        ] {
            let message = refused(&Config::new(URL, key));
            assert!(message.starts_with("The app key"), "{message}");
            assert!(!message.contains("sec"), "{message}");
        }
    }

    #[test]
    fn nothing_secret_is_in_debug_output() {
        let mut config = Config::new("https://api.example", "hunter2");
        config.set_proxy("http://user:hunter2@proxy:1");
        let shown = format!("{config:?} {:?}", config.0.check().unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_key_and_a_proxys_password_are_secrets_of_every_call() {
        let mut config = Config::new("https://api.example", "the-key");
        config.set_proxy("http://user:p%40ss@proxy:1");
        let settings = config.0.check().unwrap();
        let secrets = settings.secrets_beside([Some("joe"), None]);
        assert_eq!(secrets, [Some("joe"), None, Some("the-key"), Some("p@ss")]);
    }

    #[test]
    fn http_to_another_machine_must_be_allowed() {
        let mut config = Config::new("http://api.example", "key");
        assert_eq!(config.0.check().unwrap_err().code(), Code::InsecureUrl);
        config.set_allow_http(true);
        assert!(config.0.check().is_ok());
    }
}
