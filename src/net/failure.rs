//! Failures of the network, before they become errors whose messages name the host.

use std::borrow::Cow;
use std::{fmt, io};

use super::{sys, tls_error};
use crate::error::{Code, Error};

/// A failure of the network or of this machine, carried through ureq and rustls inside their own
/// error types.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub code: Code,
    detail: Cow<'static, str>,
    os_error: Option<i32>,
    /// The peer sent unsolicited data.
    pub is_unsolicited: bool,
}

impl Failure {
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            os_error: None,
            is_unsolicited: false,
        }
    }

    /// A bug in this library.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "")
    }

    pub fn unsolicited() -> Self {
        Self {
            is_unsolicited: true,
            ..Self::new(
                Code::ConnectionLost,
                "the other side sent data before it received the request",
            )
        }
    }

    pub fn not_http(error: &dyn fmt::Display) -> Self {
        let detail = format!("its response is not well-formed HTTP ({error})");
        Self::new(Code::InvalidResponse, detail)
    }

    /// A failed system call.
    pub fn io(code: Code, error: &io::Error) -> Self {
        Self {
            os_error: error.raw_os_error(),
            ..Self::new(code, describe(error))
        }
    }

    /// Replaces the text of the system's error, if that does not help.
    pub fn with_detail(mut self, detail: &'static str) -> Self {
        self.detail = detail.into();
        self
    }

    /// The connection broke while it was in use.
    pub fn lost(error: &io::Error) -> Self {
        Self::io(Code::ConnectionLost, error)
    }

    pub fn closed() -> Self {
        Self::new(Code::ConnectionLost, "the other side closed it")
    }

    pub fn cancelled() -> Self {
        Self::new(Code::Cancelled, "")
    }

    /// The same failure during a TLS handshake.
    pub fn in_handshake(self) -> Self {
        Self {
            code: Code::TlsFailed,
            detail: format!("the handshake was interrupted ({})", self.detail).into(),
            ..self
        }
    }

    /// The same failure as a proxy's: a failed connect, unless TLS failed or the call is over.
    pub fn of_proxy(self, proxy: &str) -> Self {
        match self.code {
            Code::Timeout | Code::Cancelled => self,
            code => Self {
                code: match code {
                    Code::TlsFailed => code,
                    _ => Code::ConnectFailed,
                },
                detail: format!("the proxy {proxy}: {}", self.detail).into(),
                ..self
            },
        }
    }

    /// The same failure; a timeout becomes a failed connect, because only this attempt's share of
    /// the time is over.
    pub fn of_its_share(self, way: &str) -> Self {
        match self.code {
            Code::Timeout => Self {
                code: Code::ConnectFailed,
                detail: format!("{way}: {}", self.detail).into(),
                ..self
            },
            _ => self,
        }
    }

    /// The failure without the host's name.
    pub fn in_short(&self) -> &str {
        match self.code {
            Code::Cancelled => "cancelled",
            _ => &self.detail,
        }
    }

    pub fn into_error(self, host: &str) -> Error {
        let detail = self.detail;
        let message = match self.code {
            Code::Cancelled => "The call was cancelled.".into(),
            Code::ResolveFailed => format!("The host name {host} could not be resolved: {detail}."),
            Code::ConnectFailed => format!("No connection to {host}: {detail}."),
            Code::TlsFailed => format!("No secure connection to {host}: {detail}."),
            Code::Timeout => format!("Waiting for {host} took too long: {detail}."),
            Code::ConnectionLost => format!(
                "The connection to {host} was lost before the whole response arrived: {detail}."
            ),
            Code::Internal => return Error::internal(),
            _ => format!("{host} did not respond as the API documents: {detail}."),
        };
        Error::new(self.code, message).with_os_error(self.os_error)
    }
}

/// The system's English text for an error, for use within a sentence. std's text is in the user's
/// language.
pub(super) fn describe(error: &io::Error) -> String {
    let Some(number) = error.raw_os_error() else {
        return error.kind().to_string();
    };
    let text = sys::error_text(number).unwrap_or_else(|| format!("system error {number}"));
    // "Too many open files", but not "RPC struct is bad".
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for ureq::Error {
    fn from(failure: Failure) -> Self {
        Self::Other(Box::new(failure))
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        Self::other(failure)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // The conversion unwraps a `ureq::Error` inside an `io::Error`.
        ureq::Error::from(error).into()
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        use ureq::Error as E;
        match error {
            E::Other(inner) => match inner.downcast::<Self>() {
                Ok(failure) => *failure,
                Err(_) => Self::internal(),
            },
            E::Io(e) if e.get_ref().is_some_and(|inner| inner.is::<Self>()) => {
                let inner = e.into_inner().and_then(|inner| inner.downcast().ok());
                inner.map_or_else(Self::internal, |failure| *failure)
            }
            E::Io(e) => match e.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(tls) => Self::tls(tls),
                None if e.kind() == io::ErrorKind::UnexpectedEof => Self::closed(),
                None => Self::lost(&e),
            },
            E::BodyStalled => Self::closed(),
            E::Protocol(e) => {
                // ureq puts this before the parser's words.
                let text = e.to_string();
                Self::not_http(&text.strip_prefix("http parse fail: ").unwrap_or(&text))
            }
            E::Http(e) => Self::not_http(&e),
            _ => Self::internal(),
        }
    }
}

impl Failure {
    pub fn tls(error: &rustls::Error) -> Self {
        use rustls::{CertificateError, Error as E};
        // This library's verifier wraps its own failures in rustls' errors.
        let own = match error {
            E::Other(inner) => inner.0.downcast_ref(),
            E::InvalidCertificate(CertificateError::Other(inner)) => inner.0.downcast_ref(),
            _ => None,
        };
        own.cloned()
            .unwrap_or_else(|| Self::new(Code::TlsFailed, tls_error::describe(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_error_has_the_systems_text() {
        let said = |number| describe(&io::Error::from_raw_os_error(number));
        #[cfg(unix)]
        {
            assert_eq!(said(libc::EMFILE), "too many open files");
            assert_eq!(said(libc::ECONNREFUSED), "connection refused");
            assert_eq!(said(libc::EIO), "input/output error");
        }
        assert!(said(9999).contains("9999"), "{}", said(9999));
        assert_eq!(describe(&io::ErrorKind::TimedOut.into()), "timed out");
    }
}
