//! The settings of an emulator.

use std::io;
use std::time::Duration;

use crate::accounts::Accounts;
use crate::{Mail, Record};

/// The default of [`Options::app_key`].
pub const DEFAULT_APP_KEY: &str = "emulator-app-key";

/// The program's default port.
pub const DEFAULT_PORT: u16 = 8700;

/// Called for each mail, before the emulator responds to the request that caused it.
pub type MailHook = Box<dyn Fn(&Mail) + Send + Sync>;

/// Called for each request, before the emulator sends its response.
pub type RequestHook = Box<dyn Fn(&Record) + Send + Sync>;

/// The routes that confirm a code: a broker's installation has one or both, depending on its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfirmRoute {
    /// `users/password/reset/code` alone, which AutoShares documents.
    Password,
    /// `users/identifiers/reset/code` alone, which newer ETNA documentation has.
    Identifiers,
    /// Both routes.
    Both,
}

/// The service's response to an unknown user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownUser {
    /// HTTP 200 with a refusal in the envelope.
    Refuse,
    /// HTTP 500 with the error of a null reference, as other calls of the API respond.
    Crash,
}

/// The settings of an [`Emulator`](crate::Emulator). The defaults suit a test: any free port, HTTP only.
pub struct Options {
    /// The HTTP port; 0 takes any free one.
    pub port: u16,
    /// The HTTPS port, 0 for any free one; `None` for no HTTPS.
    pub https_port: Option<u16>,
    /// The only valid `Et-App-Key`.
    pub app_key: String,
    /// The status for a wrong key: 401 or 403, since the public sources differ.
    pub app_key_status: u16,
    /// The lifetime of a mailed code. With zero it has already expired when it arrives.
    pub code_lifetime: Duration,
    /// The lifetime of a token. With zero it has already expired when it arrives.
    pub token_lifetime: Duration,
    /// The routes that confirm a code; a missing route responds with 404.
    pub confirm_route: ConfirmRoute,
    /// The response to an unknown user.
    pub unknown_user: UnknownUser,
    /// A user whose password has expired. If it is set, the emulator also serves the sign-in, which returns a token for
    /// the new password.
    pub expired_password: Option<String>,
    /// The delay of each response of the service; the service itself acts at once.
    pub delay: Duration,
    /// The largest number of open connections, HTTP and HTTPS together; the emulator closes any more at once.
    pub max_connections: usize,
    /// The longest time for a TLS handshake, for a request's header (including the idle time of a kept connection) and
    /// for a request's body.
    pub read_timeout: Duration,
    /// Receives each mail.
    pub on_mail: Option<MailHook>,
    /// Receives each request with its status.
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
            confirm_route: ConfirmRoute::Password,
            unknown_user: UnknownUser::Refuse,
            expired_password: None,
            delay: Duration::ZERO,
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
        if let Some(user) = &self.expired_password {
            let accounts = Accounts::new(self.code_lifetime, self.token_lifetime);
            if accounts.find(user).is_none() {
                return refuse("only a user of the emulator can have an expired password");
            }
        }
        if self.max_connections == 0 {
            return refuse("at least one connection must be allowed");
        }
        Ok(())
    }
}
