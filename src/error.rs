//! What can go wrong: stable codes, and one English sentence a person can act on.

use std::borrow::Cow;
use std::fmt;

use crate::net::trace::{self, Trace};
use crate::redaction;

/// The longest message that is handed out, in bytes.
pub(crate) const MAX_MESSAGE: usize = 500;

/// The kind of a failure. The numbers are those of the C ABI and are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Code {
    /// An argument or a setting cannot be used; nothing was sent.
    InvalidArgument = 10,
    /// `http://` to another machine, which the configuration does not allow; nothing was sent.
    InsecureUrl = 11,
    /// The call's [`Cancel`](crate::Cancel) was triggered.
    Cancelled = 12,
    /// The host name was not found.
    ResolveFailed = 20,
    /// Refused, unreachable, or the proxy refused.
    ConnectFailed = 21,
    /// Handshake or certificate, or no trusted roots on this system.
    TlsFailed = 22,
    /// The time allowed for the call ran out.
    Timeout = 23,
    /// Connected, then broken off before the whole answer was in.
    ConnectionLost = 24,
    /// The service does not know the app key, or a gateway limits the number of requests by this
    /// status and says so in the message.
    AppKeyRejected = 30,
    /// The service said no; the message has its words.
    Rejected = 31,
    /// The answer is wrong, or one is required and none was given.
    AnswerIncorrect = 32,
    /// Too many calls; see [`Error::retry_after`].
    RateLimited = 33,
    /// The service failed (a 5xx status). An installation may respond so (500) to a user name
    /// that it does not know.
    ServerError = 34,
    /// Not what the API documents: not JSON, wrong shape, a redirect, too big.
    InvalidResponse = 35,
    /// A bug in this library, contained.
    Internal = 90,
}

/// Why a call failed. Its message never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    code: Code,
    message: Cow<'static, str>,
    http_status: Option<u16>,
    request_sent: bool,
    retry_after: Option<u32>,
    os_error: Option<i32>,
    service_code: Option<String>,
    trace: Option<Trace>,
}

impl Error {
    /// `message` is a sentence of this library's, which holds no secret, or words of the service's
    /// that were redacted.
    pub(crate) fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let mut message = message.into();
        if message.len() > MAX_MESSAGE {
            redaction::shorten(message.to_mut(), MAX_MESSAGE);
        }
        Self(Box::new(Details {
            code,
            message,
            http_status: None,
            request_sent: false,
            retry_after: None,
            os_error: None,
            service_code: None,
            trace: None,
        }))
    }

    /// An argument or setting that cannot be used: `what` names it, `why` says what would be right.
    pub(crate) fn argument(what: &str, why: &str) -> Self {
        Self::new(Code::InvalidArgument, format!("{what} {why}."))
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            Code::Internal,
            "The library ran into a bug of its own and stopped the call; please report it.",
        )
    }

    pub(crate) fn with_status(mut self, status: Option<u16>) -> Self {
        self.0.http_status = status;
        self
    }

    pub(crate) fn with_sent(mut self, sent: bool) -> Self {
        self.0.request_sent = sent;
        self
    }

    pub(crate) fn with_retry_after(mut self, seconds: Option<u32>) -> Self {
        self.0.retry_after = seconds;
        self
    }

    pub(crate) fn with_os_error(mut self, os_error: Option<i32>) -> Self {
        self.0.os_error = os_error;
        self
    }

    pub(crate) fn with_service_code(mut self, service_code: Option<String>) -> Self {
        self.0.service_code = service_code;
        self
    }

    /// Adds a sentence to the message.
    pub(crate) fn with_hint(mut self, sentence: &str) -> Self {
        let message = self.0.message.to_mut();
        redaction::shorten(message, MAX_MESSAGE - 1 - sentence.len());
        message.push(' ');
        message.push_str(sentence);
        self
    }

    pub(crate) fn with_trace(mut self, trace: Trace) -> Self {
        self.0.trace = Some(trace);
        self
    }

    #[cfg_attr(
        not(feature = "capi"),
        expect(dead_code, reason = "only C asks for it")
    )]
    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.0.trace.as_ref()
    }

    /// How the call went, in some lines for a log: library and system, host, proxy, addresses and
    /// how each ended, times, TLS, bytes. It holds no secret.
    pub fn details(&self) -> String {
        let outcome = trace::Outcome {
            name: &format!("{:?}", self.0.code),
            http_status: self.0.http_status.unwrap_or(0),
            request_sent: self.0.request_sent,
            os_error: self.0.os_error.unwrap_or(0),
        };
        outcome.details(self.0.trace.as_ref())
    }

    /// The kind of failure.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// One English sentence, fit to show to a user or to log.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status, if the whole header of an answer came in.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// Whether some of the request left this machine, so that the service may have acted on it.
    pub fn request_sent(&self) -> bool {
        self.0.request_sent
    }

    /// How many seconds the service asks to wait before the next try.
    pub fn retry_after(&self) -> Option<u32> {
        self.0.retry_after
    }

    /// The system's error number (`errno`, `WSAGetLastError`) behind a network failure.
    pub fn os_error(&self) -> Option<i32> {
        self.0.os_error
    }

    /// The first of the service's own error codes.
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}
