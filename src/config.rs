//! Settings, and the one place where they are checked.

use std::sync::Arc;
use std::time::Duration;

use ureq::http::HeaderValue;

use crate::argument;
use crate::base_url::BaseUrl;
use crate::error::{Code, Error};
use crate::net::proxy::{self, Proxy};
use crate::net::roots::{self, Trust};
use crate::secret::Secret;

/// A text as the caller gave it, not yet checked: made from `&str`, from `Option<&str>` (`None`
/// stands for the default) or from bytes that should be UTF-8.
#[derive(Debug, Clone)]
pub struct Text(State);

#[derive(Debug, Clone)]
enum State {
    Missing,
    TooLong,
    NotUtf8,
    Given(Secret),
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self(match std::str::from_utf8(bytes) {
            _ if bytes.len() > argument::MAX_TEXT => State::TooLong,
            Ok(text) => State::Given(text.into()),
            Err(_) => State::NotUtf8,
        })
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl From<Option<&[u8]>> for Text {
    fn from(bytes: Option<&[u8]>) -> Self {
        bytes.map_or(Self(State::Missing), Self::from)
    }
}

impl From<Option<&str>> for Text {
    fn from(text: Option<&str>) -> Self {
        text.map(str::as_bytes).into()
    }
}

impl Text {
    /// The text where one was given, `None` for the default.
    fn given(&self, name: &str) -> Result<Option<&str>, Error> {
        match &self.0 {
            State::Missing => Ok(None),
            State::TooLong => Err(argument::too_long(name)),
            State::NotUtf8 => Err(argument::not_utf8(name)),
            State::Given(text) => {
                argument::check(name, text.expose())?;
                Ok(Some(text.expose()))
            }
        }
    }

    fn required(&self, name: &str) -> Result<&str, Error> {
        let text = self.given(name)?.ok_or_else(|| argument::missing(name))?;
        argument::check_required(name, text)?;
        Ok(text)
    }
}

/// Settings of a [`Client`](crate::Client). Setters only store; everything is checked when the
/// client is made, and the first bad setting is named there.
#[derive(Debug, Clone)]
pub struct Config {
    base_url: Text,
    app_key: Text,
    api_version: Text,
    timeout_ms: u32,
    connect_timeout_ms: u32,
    ca_file: Text,
    proxy: Text,
    user_agent: Text,
    allow_http: bool,
}

impl Config {
    /// Settings for the service at `base_url` and the app's key, with defaults for the rest.
    pub fn new(base_url: impl Into<Text>, app_key: impl Into<Text>) -> Self {
        let default = || Text(State::Missing);
        Self {
            base_url: base_url.into(),
            app_key: app_key.into(),
            api_version: default(),
            timeout_ms: 30_000,
            connect_timeout_ms: 10_000,
            ca_file: default(),
            proxy: default(),
            user_agent: default(),
            allow_http: false,
        }
    }

    /// The API version in the path, default `1.0`.
    pub fn set_api_version(&mut self, version: impl Into<Text>) {
        self.api_version = version.into();
    }

    /// Milliseconds for a whole call, default 30000.
    pub fn set_timeout_ms(&mut self, milliseconds: u32) {
        self.timeout_ms = milliseconds;
    }

    /// Milliseconds for look-up, connect, proxy and handshake together, default 10000.
    pub fn set_connect_timeout_ms(&mut self, milliseconds: u32) {
        self.connect_timeout_ms = milliseconds;
    }

    /// A PEM file with the only certificates to trust, instead of the system's.
    pub fn set_ca_file(&mut self, path: impl Into<Text>) {
        self.ca_file = path.into();
    }

    /// The proxy's URL; `""` for none at all; default: what the environment says.
    pub fn set_proxy(&mut self, url: impl Into<Text>) {
        self.proxy = url.into();
    }

    /// The calling program's name, put before the library's own in `User-Agent`.
    pub fn set_user_agent(&mut self, name: impl Into<Text>) {
        self.user_agent = name.into();
    }

    /// Whether plain `http://` to other machines is allowed, default no. Loopback always is.
    pub fn set_allow_http(&mut self, allow: bool) {
        self.allow_http = allow;
    }

    /// Checks every setting, in the order of the C header, and reads the environment once.
    pub(crate) fn check(&self) -> Result<Settings, Error> {
        let base_url = BaseUrl::parse(self.base_url.required(argument::BASE_URL)?)?;
        if let Ok(version) = self.version() {
            base_url.check_end(version)?;
        }
        let app_key = header_value(argument::APP_KEY, self.app_key.required(argument::APP_KEY)?)?;
        let api_version = self.version()?;
        let timeout = milliseconds(argument::TIMEOUT, self.timeout_ms)?;
        let connect_timeout = milliseconds(argument::CONNECT_TIMEOUT, self.connect_timeout_ms)?;
        let ca_file = self.ca_file.given(argument::CA_FILE)?;
        let trust = ca_file
            .map(|path| roots::from_file(path.as_ref()).map(Arc::new))
            .transpose()?;
        let proxy = proxy::choose(self.proxy.given(argument::PROXY)?, &base_url)?;
        let user_agent = user_agent(self.user_agent.given(argument::USER_AGENT)?.unwrap_or(""))?;
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
}

impl Config {
    fn version(&self) -> Result<&str, Error> {
        let version = self
            .api_version
            .given(argument::API_VERSION)?
            .unwrap_or("1.0");
        if !is_path_segment(version) {
            return Err(Error::argument(
                argument::API_VERSION,
                "must consist of letters, digits and single dots, such as 1.0",
            ));
        }
        Ok(version)
    }
}

/// What a client works with: settings that were found good.
#[derive(Debug)]
pub(crate) struct Settings {
    pub base_url: BaseUrl,
    /// The base URL's path and the API version, without a slash at the end.
    pub api_path: String,
    /// Marked sensitive, so that its `Debug` output hides it.
    pub app_key: HeaderValue,
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// What the CA file holds, where one was given: then nothing else is trusted.
    pub trust: Option<Arc<Trust>>,
    pub proxy: Option<Proxy>,
    pub user_agent: HeaderValue,
}

impl Settings {
    /// All that no message may show: the secrets of a call, and those of the settings.
    pub fn secrets_beside<'a>(&'a self, call: [Option<&'a str>; 2]) -> [Option<&'a str>; 4] {
        let proxy = self.proxy.as_ref();
        [
            call[0],
            call[1],
            self.app_key.to_str().ok(),
            proxy.and_then(Proxy::password),
        ]
    }
}

fn header_value(name: &str, text: &str) -> Result<HeaderValue, Error> {
    // Header bytes above ASCII would go out raw, and blanks at the ends would be lost on the way.
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

fn user_agent(name: &str) -> Result<HeaderValue, Error> {
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
        return Err(Error::argument(name, "must be at least 1 millisecond"));
    }
    Ok(Duration::from_millis(value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:1";

    fn refused(config: &Config) -> String {
        let error = config.check().expect_err("a bad setting");
        assert_eq!(error.code(), Code::InvalidArgument);
        error.message().to_owned()
    }

    #[test]
    fn every_bad_setting_is_named() {
        type Change = fn(&mut Config);
        let cases: [(&str, Change); 19] = [
            ("The API version", |c| c.set_api_version("")),
            ("The API version", |c| c.set_api_version("1..0")),
            ("The API version", |c| c.set_api_version("1/0")),
            ("The timeout", |c| c.set_timeout_ms(0)),
            ("The connect timeout", |c| c.set_connect_timeout_ms(0)),
            ("The CA file", |c| c.set_ca_file("")),
            ("The CA file", |c| c.set_ca_file("/no/such/file.pem")),
            ("The CA file", |c| c.set_ca_file("Cargo.toml")),
            ("The CA file", |c| c.set_ca_file("src")),
            ("The CA file", |c| c.set_ca_file("a\0b")),
            ("The proxy", |c| c.set_proxy("socks5://p:1")),
            ("The proxy", |c| c.set_proxy("p:0")),
            ("The user agent", |c| c.set_user_agent("tab\there")),
            ("The user agent", |c| c.set_user_agent("é")),
            ("The user agent", |c| c.set_user_agent(&[0xff][..])),
            ("The base URL", |c| c.base_url = "".into()),
            ("The base URL", |c| {
                c.base_url = "http://127.0.0.1:1/v1.0".into();
                c.app_key = "".into();
            }),
            ("The app key", |c| c.app_key = None::<&str>.into()),
            ("The app key", |c| {
                c.app_key = "k".repeat(argument::MAX_TEXT + 1).as_str().into()
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
    fn of_several_bad_settings_the_first_is_named() {
        let mut config = Config::new(URL, "bad\nkey");
        config.set_user_agent("\n");
        config.set_proxy("socks5://p");
        config.set_ca_file("/no/such/file.pem");
        config.set_timeout_ms(0);
        config.set_api_version("");
        let bad = [
            "The app key",
            "The API version",
            "The timeout",
            "The CA file",
            "The proxy",
            "The user agent",
        ];
        let mend: [fn(&mut Config); 6] = [
            |c| c.app_key = "key".into(),
            |c| c.set_api_version(None::<&str>),
            |c| c.set_timeout_ms(1),
            |c| c.set_ca_file(None::<&str>),
            |c| c.set_proxy(""),
            |c| c.set_user_agent(""),
        ];
        for (name, mend) in bad.into_iter().zip(mend) {
            let message = refused(&config);
            assert!(message.starts_with(name), "{name}: {message}");
            mend(&mut config);
        }
        assert!(config.check().is_ok());
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
        let shown = format!("{config:?} {:?}", config.check().unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_key_and_a_proxys_password_are_secrets_of_every_call() {
        let mut config = Config::new("https://api.example", "the-key");
        config.set_proxy("http://user:p%40ss@proxy:1");
        let settings = config.check().unwrap();
        let secrets = settings.secrets_beside([Some("joe"), None]);
        assert_eq!(secrets, [Some("joe"), None, Some("the-key"), Some("p@ss")]);
    }

    #[test]
    fn http_to_another_machine_needs_leave() {
        let mut config = Config::new("http://api.example", "key");
        assert_eq!(config.check().unwrap_err().code(), Code::InsecureUrl);
        config.set_allow_http(true);
        assert!(config.check().is_ok());
    }
}
