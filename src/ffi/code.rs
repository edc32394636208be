//! The outcome codes as C sees them, and the versions of the library.

use std::ffi::{CStr, c_char};

use crate::error::Code;

/// Outcome of a call: one of the `ASR_...` values. An integer of fixed size in every signature and
/// field, because C does not fix the size of an enum. Below 10: success; 10 and up: failure.
pub type asr_code = i32;

/// The values of ::asr_code. Numbers are never reused; a later version may add some, so treat an
/// unknown one as a failure if it is 10 or more.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum asr_code_names {
    /// The call succeeded. After asr_secret_question(), `question` is set and not empty; after
    /// asr_confirm_code(), `token` is.
    ASR_OK = 0,
    /// A success: this account has no question to answer.
    ASR_NO_QUESTION = 1,
    /// An argument or a setting is unusable; the message names it. It is NULL, not UTF-8, empty,
    /// too long or of the wrong form. Nothing was sent.
    ASR_INVALID_ARGUMENT = 10,
    /// The base URL is http:// to another machine, which the settings do not allow. Nothing was
    /// sent.
    ASR_INSECURE_URL = 11,
    /// The call was cancelled. Its asr_cancel was triggered.
    ASR_CANCELLED = 12,
    /// The host name was not found.
    ASR_RESOLVE_FAILED = 20,
    /// The connection was refused, the host is unreachable, or the proxy refused.
    ASR_CONNECT_FAILED = 21,
    /// The TLS handshake or the certificate failed, or this system has no trusted roots.
    ASR_TLS_FAILED = 22,
    /// The time allowed for the call ran out.
    ASR_TIMEOUT = 23,
    /// The connection broke before the whole response had arrived.
    ASR_CONNECTION_LOST = 24,
    /// The service does not accept the app key. Only the program's developers can fix that, not its
    /// user. A gateway that limits requests with HTTP 401 looks the same; the message then gives
    /// its reason.
    ASR_APP_KEY_REJECTED = 30,
    /// The service refused the request; the message gives its reason. `service_code` has its error
    /// code.
    ASR_REJECTED = 31,
    /// The answer to the secret question is wrong, or one is required and none was given.
    ASR_ANSWER_INCORRECT = 32,
    /// The service received too many requests. See `retry_after_s`.
    ASR_RATE_LIMITED = 33,
    /// The service failed (HTTP 5xx). An installation may respond with HTTP 500 to a user name that
    /// it does not know.
    ASR_SERVER_ERROR = 34,
    /// The response is not one that the API documents. It is not JSON, has another shape, is a
    /// redirect or is too big. The base URL may be wrong, or another server, such as a gateway or a
    /// captive portal, may have responded.
    ASR_INVALID_RESPONSE = 35,
    /// A bug in this library ended the call.
    ASR_INTERNAL = 90,
}

use asr_code_names::*;

impl From<Code> for asr_code_names {
    fn from(code: Code) -> Self {
        match code {
            Code::InvalidArgument => ASR_INVALID_ARGUMENT,
            Code::InsecureUrl => ASR_INSECURE_URL,
            Code::Cancelled => ASR_CANCELLED,
            Code::ResolveFailed => ASR_RESOLVE_FAILED,
            Code::ConnectFailed => ASR_CONNECT_FAILED,
            Code::TlsFailed => ASR_TLS_FAILED,
            Code::Timeout => ASR_TIMEOUT,
            Code::ConnectionLost => ASR_CONNECTION_LOST,
            Code::AppKeyRejected => ASR_APP_KEY_REJECTED,
            Code::Rejected => ASR_REJECTED,
            Code::AnswerIncorrect => ASR_ANSWER_INCORRECT,
            Code::RateLimited => ASR_RATE_LIMITED,
            Code::ServerError => ASR_SERVER_ERROR,
            Code::InvalidResponse => ASR_INVALID_RESPONSE,
            Code::Internal => ASR_INTERNAL,
        }
    }
}

/// The names of the codes, by number.
const NAMES: [(asr_code_names, &CStr); 17] = [
    (ASR_OK, c"ASR_OK"),
    (ASR_NO_QUESTION, c"ASR_NO_QUESTION"),
    (ASR_INVALID_ARGUMENT, c"ASR_INVALID_ARGUMENT"),
    (ASR_INSECURE_URL, c"ASR_INSECURE_URL"),
    (ASR_CANCELLED, c"ASR_CANCELLED"),
    (ASR_RESOLVE_FAILED, c"ASR_RESOLVE_FAILED"),
    (ASR_CONNECT_FAILED, c"ASR_CONNECT_FAILED"),
    (ASR_TLS_FAILED, c"ASR_TLS_FAILED"),
    (ASR_TIMEOUT, c"ASR_TIMEOUT"),
    (ASR_CONNECTION_LOST, c"ASR_CONNECTION_LOST"),
    (ASR_APP_KEY_REJECTED, c"ASR_APP_KEY_REJECTED"),
    (ASR_REJECTED, c"ASR_REJECTED"),
    (ASR_ANSWER_INCORRECT, c"ASR_ANSWER_INCORRECT"),
    (ASR_RATE_LIMITED, c"ASR_RATE_LIMITED"),
    (ASR_SERVER_ERROR, c"ASR_SERVER_ERROR"),
    (ASR_INVALID_RESPONSE, c"ASR_INVALID_RESPONSE"),
    (ASR_INTERNAL, c"ASR_INTERNAL"),
];

/// Counts additions to the ABI. Starts at 1; see asr_abi_version().
pub const ASR_ABI_VERSION: u32 = 2;

/// The name of a code, such as "ASR_TIMEOUT"; "ASR_UNKNOWN" for any other number.
///
/// @param code  Any number.
/// @return A static string, never NULL; do not free it. From any thread.
#[unsafe(no_mangle)]
pub extern "C" fn asr_code_name(code: asr_code) -> *const c_char {
    name(code).as_ptr()
}

pub(super) fn name(code: asr_code) -> &'static CStr {
    let known = NAMES.iter().find(|(name, _)| *name as asr_code == code);
    known.map_or(c"ASR_UNKNOWN", |(_, name)| name)
}

/// The version of the loaded library, such as "0.1.0". The macros `ASR_VERSION_MAJOR`,
/// `ASR_VERSION_MINOR` and `ASR_VERSION_PATCH` are the version of this header.
///
/// @return A static string, never NULL; do not free it. From any thread.
#[unsafe(no_mangle)]
pub extern "C" fn asr_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The ABI version of the loaded library. It counts additions: a program needs at least the
/// `ASR_ABI_VERSION` that it was built with. An incompatible change gets a new library name instead.
///
/// @return The number. From any thread.
#[unsafe(no_mangle)]
pub extern "C" fn asr_abi_version() -> u32 {
    ASR_ABI_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_in_c_are_those_of_the_core() {
        for code in [
            Code::InvalidArgument,
            Code::InsecureUrl,
            Code::Cancelled,
            Code::ResolveFailed,
            Code::ConnectFailed,
            Code::TlsFailed,
            Code::Timeout,
            Code::ConnectionLost,
            Code::AppKeyRejected,
            Code::Rejected,
            Code::AnswerIncorrect,
            Code::RateLimited,
            Code::ServerError,
            Code::InvalidResponse,
            Code::Internal,
        ] {
            assert_eq!(asr_code_names::from(code) as i32, code as i32);
        }
    }
}
