//! What can be set when an emulator starts.

use std::io;
use std::time::Duration;

use crate::{Mail, Record};

/// The one key that is accepted unless [`Options::app_key`] says otherwise.
pub const DEFAULT_APP_KEY: &str = "emulator-app-key";

/// The port that the program takes when it is told none.
pub const DEFAULT_PORT: u16 = 8700;

/// Called for each mail, before the answer to the request that caused it goes out.
pub type MailHook = Box<dyn Fn(&Mail) + Send + Sync>;

/// Called for each answered request, before its answer goes out.
pub type RequestHook = Box<dyn Fn(&Record) + Send + Sync>;

/// How an [`Emulator`](crate::Emulator) is to be. The default is what a test wants: any free port, HTTP only.
pub struct Options {
    /// The HTTP port; 0 takes any free one.
    pub port: u16,
    /// The HTTPS port, 0 for any free one; `None` for no HTTPS.
    pub https_port: Option<u16>,
    /// The only value of `Et-App-Key` that is accepted.
    pub app_key: String,
    /// The status that tells a wrong key: 401 or 403, since the public sources differ.
    pub app_key_status: u16,
    /// How long a mailed code can be used. Zero: it has expired when it arrives.
    pub code_lifetime: Duration,
    /// How long a token can be used. Zero: it has expired when it arrives.
    pub token_lifetime: Duration,
    /// How many connections may be open at once, HTTP and HTTPS together; one more is closed at once.
    pub max_connections: usize,
    /// How long a client may take for a TLS handshake, for a request's header (waiting for a kept connection's next
    /// request included) and for its body.
    pub read_timeout: Duration,
    /// Is told of each mail.
    pub on_mail: Option<MailHook>,
    /// Is told of each answered request.
    pub on_request: Option<RequestHook>,
}

impl Default for Options {
    fn default() -> Self {
        const TEN_MINUTES: Duration = Duration::from_secs(600);
        Options {
            port: 0,
            https_port: None,
            app_key: DEFAULT_APP_KEY.to_owned(),
            app_key_status: 401,
            code_lifetime: TEN_MINUTES,
            token_lifetime: TEN_MINUTES,
            max_connections: 256,
            read_timeout: Duration::from_secs(30),
            on_mail: None,
            on_request: None,
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> io::Result<()> {
        let refuse = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        if self.app_key.is_empty() {
            return refuse("the app key must not be empty");
        }
        if !matches!(self.app_key_status, 401 | 403) {
            return refuse("the status for a wrong app key must be 401 or 403");
        }
        if self.max_connections == 0 {
            return refuse("at least one connection must be allowed");
        }
        Ok(())
    }
}
