//! Rules for every text that a caller passes: its limits, and its name in messages, which is the
//! same in every language.

use crate::error::Error;
use crate::secret::Secret;

/// The longest accepted text, in bytes.
pub(crate) const MAX_TEXT: usize = 16 * 1024;

/// The longest accepted PEM text, in bytes.
const MAX_PEM: usize = 1024 * 1024;

pub(crate) const BASE_URL: &str = "The base URL";
pub(crate) const APP_KEY: &str = "The app key";
pub(crate) const API_VERSION: &str = "The API version";
pub(crate) const TIMEOUT: &str = "The timeout";
pub(crate) const CONNECT_TIMEOUT: &str = "The connect timeout";
pub(crate) const CA_FILE: &str = "The CA file";
pub(crate) const CA_PEM: &str = "The CA PEM text";
pub(crate) const PROXY: &str = "The proxy";
pub(crate) const USER_AGENT: &str = "The user agent";
pub(crate) const USERNAME: &str = "The user name";
pub(crate) const ANSWER: &str = "The answer";
pub(crate) const CODE: &str = "The code";
pub(crate) const TOKEN: &str = "The token";
pub(crate) const NEW_PASSWORD: &str = "The new password";

/// A text in the form in which its caller gave it.
pub(crate) trait Text {
    /// The text, or an error that names it.
    fn read(&self, name: &str) -> Result<&str, Error>;
}

impl Text for Secret {
    fn read(&self, _: &str) -> Result<&str, Error> {
        Ok(self.expose())
    }
}

/// Refuses a text that is too long or holds a NUL.
pub(crate) fn check(name: &str, text: &str) -> Result<(), Error> {
    let max = if name == CA_PEM { MAX_PEM } else { MAX_TEXT };
    if text.len() > max {
        return Err(Error::argument(
            name,
            &format!("is longer than {max} bytes"),
        ));
    }
    // Strings of Rust can hold a NUL; C strings cannot.
    if text.contains('\0') {
        return Err(holds_nul(name));
    }
    Ok(())
}

/// Refuses the same, and an empty text.
pub(crate) fn check_required(name: &str, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::argument(name, "is empty"));
    }
    check(name, text)
}

pub(crate) fn missing(name: &str) -> Error {
    Error::argument(name, "is missing")
}

pub(crate) fn holds_nul(name: &str) -> Error {
    Error::argument(name, "contains a null character")
}

pub(crate) fn not_utf8(name: &str) -> Error {
    Error::argument(name, "is not valid UTF-8")
}
