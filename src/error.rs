//! Errors: stable codes, each with one English sentence that a person can act on.

use std::borrow::Cow;
use std::fmt;

use crate::net::trace::{self, Trace};
use crate::redaction;

/// The longest message, in bytes.
pub(crate) const MAX_MESSAGE: usize = 500;

/// The kind of a failure. The numbers are those of the C ABI and are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Code {
    /// An argument or a setting is unusable; the message names it. Nothing was sent.
    InvalidArgument = 10,
    /// The base URL is http:// to another machine, which the settings do not allow. Nothing was
    /// sent.
    InsecureUrl = 11,
    /// The call was cancelled. Its [`Cancel`](crate::Cancel) was triggered.
    Cancelled = 12,
    /// The host name was not found.
    ResolveFailed = 20,
    /// The connection was refused, the host is unreachable, or the proxy refused.
    ConnectFailed = 21,
    /// The TLS handshake or the certificate failed, or this system has no trusted roots.
    TlsFailed = 22,
    /// The time allowed for the call ran out.
    Timeout = 23,
    /// The connection broke before the whole response had arrived.
    ConnectionLost = 24,
    /// The service does not accept the app key. A gateway that limits requests with HTTP 401 looks
    /// the same; the message then gives its reason.
    AppKeyRejected = 30,
    /// The service refused the request; the message gives its reason.
    Rejected = 31,
    /// The answer to the secret question is wrong, or one is required and none was given.
    AnswerIncorrect = 32,
    /// The service received too many requests. See [`Error::retry_after`].
    RateLimited = 33,
    /// The service failed (HTTP 5xx). An installation may respond with HTTP 500 to a user name that
    /// it does not know.
    ServerError = 34,
    /// The response is not one that the API documents. It is not JSON, has another shape, is a
    /// redirect or is too big.
    InvalidResponse = 35,
    /// A bug in this library ended the call.
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
    /// `message` is the library's own sentence, which holds no secret, or redacted text of the
    /// service's.
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

    /// An unusable argument or setting: `what` names it, and `why` completes the sentence.
    pub(crate) fn argument(what: &str, why: &str) -> Self {
        Self::new(Code::InvalidArgument, format!("{what} {why}."))
    }

    pub(crate) fn internal() -> Self {
        Self::new(
            Code::Internal,
            "A bug in this library ended the call; please report it.",
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
        expect(dead_code, reason = "only the C ABI reads it")
    )]
    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.0.trace.as_ref()
    }

    /// Describes the call in a few lines for a log: library and system, host, proxy, the addresses
    /// tried and how each attempt ended, times, TLS, bytes. It holds no secret.
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

    /// The HTTP status, if a response's whole header arrived.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// Returns whether at least part of the request was sent: the service may have acted on it.
    pub fn request_sent(&self) -> bool {
        self.0.request_sent
    }

    /// The number of seconds that the service asks to wait before the next try.
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
