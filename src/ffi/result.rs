//! The result of a call, as C sees it.

use std::ffi::{CString, c_char};
use std::ptr;

use super::code::asr_code_names::{self, ASR_NO_QUESTION, ASR_OK};
use super::code::{asr_code, name};
use super::guard::contain;
use crate::client::Done;
use crate::error::Error;
use crate::net::trace::{Outcome, Trace};
use crate::request::Kind;
use crate::secret::Secret;

/// The result of a call. The caller owns it, reads it and frees it with asr_result_free(), but must
/// not write to it. All strings are NUL-terminated UTF-8 and live as long as the result. It may
/// outlive the client. One thread at a time.
///
/// New fields are only ever added at the end.
#[repr(C)]
pub struct asr_result {
    /// The outcome; see ::asr_code_names.
    pub code: asr_code,
    /// The HTTP status of the service's response; 0 if no response arrived.
    pub http_status: u16,
    /// 1: at least part of the request was sent, so the service may have acted on it. 0: nothing
    /// was sent.
    pub request_sent: u16,
    /// The number of seconds that the service asks to wait before the next try; 0 if it does not
    /// ask.
    pub retry_after_s: u32,
    /// `errno` or `WSAGetLastError()` behind a network failure; 0 if there is none.
    pub os_error: i32,
    /// asr_secret_question(): the question to show, on one line. NULL otherwise.
    pub question: *const c_char,
    /// asr_confirm_code(): the token for asr_set_password(). NULL otherwise.
    pub token: *const c_char,
    /// After a failure, one English sentence fit to show or to log, without any secret. It is the
    /// service's own text if the response has one. One line of at most 500 bytes. NULL on success.
    pub message: *const c_char,
    /// The first of the service's own error codes, such as "ErrorIncorrectAnswer", in at most 100
    /// bytes; or NULL.
    pub service_code: *const c_char,
}

/// The public part and the owners of its strings. The public part is the first field, so that a
/// pointer to it is also a pointer to the whole.
#[repr(C)]
struct Whole {
    public: asr_result,
    strings: [Option<CString>; 4],
    trace: Option<Trace>,
    /// Written by the first call of [`asr_result_details`].
    details: Option<CString>,
}

/// Runs a call and returns its outcome to C, even after a panic.
pub(super) fn outcome(call: impl FnOnce() -> Result<Done, Error>) -> *mut asr_result {
    // The panic may have come after the request was sent.
    match contain(call).unwrap_or_else(|| Err(Error::internal().with_sent(true))) {
        Ok(done) => success(done),
        Err(error) => failure(&error),
    }
}

fn success(done: Done) -> *mut asr_result {
    let code = match (done.kind, &done.value) {
        (Some(Kind::SecretQuestion), None) => ASR_NO_QUESTION,
        _ => ASR_OK,
    };
    let text = |kind| {
        let value = done.value.as_ref().filter(|_| done.kind == Some(kind));
        value.map(Secret::expose).map(c_string)
    };
    let strings = [
        text(Kind::SecretQuestion),
        text(Kind::ConfirmCode),
        None,
        None,
    ];
    new_result(code, strings, done.trace, |public| {
        public.http_status = done.http_status;
        public.request_sent = done.request_sent.into();
    })
}

pub(super) fn failure(error: &Error) -> *mut asr_result {
    let service_code = error.service_code().map(c_string);
    let strings = [None, None, Some(c_string(error.message())), service_code];
    new_result(
        error.code().into(),
        strings,
        error.trace().cloned(),
        |public| {
            public.http_status = error.http_status().unwrap_or(0);
            public.request_sent = error.request_sent().into();
            public.retry_after_s = error.retry_after().unwrap_or(0);
            public.os_error = error.os_error().unwrap_or(0);
        },
    )
}

/// The core never lets a NUL into a question, token or message.
fn c_string(text: &str) -> CString {
    // Room for the NUL is allocated at once: a reallocation would leave a copy of the text behind.
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend_from_slice(text.as_bytes());
    CString::new(bytes).unwrap_or_default()
}

fn new_result(
    code: asr_code_names,
    strings: [Option<CString>; 4],
    trace: Option<Trace>,
    fill: impl FnOnce(&mut asr_result),
) -> *mut asr_result {
    let mut whole = Box::new(Whole {
        public: asr_result {
            code: code as asr_code,
            http_status: 0,
            request_sent: 0,
            retry_after_s: 0,
            os_error: 0,
            question: ptr::null(),
            token: ptr::null(),
            message: ptr::null(),
            service_code: ptr::null(),
        },
        strings,
        trace,
        details: None,
    });
    let Whole {
        public, strings, ..
    } = &mut *whole;
    // The owners must not move from here on: under Rust's aliasing rules a move invalidates
    // pointers into them.
    let text = |index: usize| strings[index].as_ref().map_or(ptr::null(), |s| s.as_ptr());
    public.question = text(0);
    public.token = text(1);
    public.message = text(2);
    public.service_code = text(3);
    fill(public);
    Box::into_raw(whole).cast()
}

/// Describes a call in a few lines for a log: the library's version and the system; host, port and
/// proxy, and the source of the proxy; whether the connection was new; each address tried and how
/// the attempt ended; the times of look-up, connect, proxy, TLS, first byte and whole call; the TLS
/// version and cipher suite; the names in a refused certificate; bytes sent and received; the
/// service's status and its identifier of the request. It never holds a secret, a user name, a
/// query or a body. Its format may change: programs must not parse it.
///
/// @param result  A result; NULL gives NULL.
/// @return UTF-8 text that belongs to the result and lives as long as the result. The first call of
///         this function writes it.
///
/// From any thread, while no other thread uses the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_result_details(result: *mut asr_result) -> *const c_char {
    // SAFETY: every result is the first field of a Whole that `new_result` made, and the caller lets no
    // other thread use it meanwhile.
    let Some(whole) = (unsafe { result.cast::<Whole>().as_mut() }) else {
        return ptr::null();
    };
    let made = contain(|| {
        let Whole { public, trace, .. } = whole;
        whole.details.get_or_insert_with(|| {
            let outcome = Outcome {
                name: &name(public.code).to_string_lossy(),
                http_status: public.http_status,
                request_sent: public.request_sent != 0,
                os_error: public.os_error,
            };
            c_string(&outcome.details(trace.as_ref()))
        })
    });
    made.map_or(ptr::null(), |details| details.as_ptr())
}

/// Frees a result and wipes its strings, whatever the public fields hold.
///
/// @param result  A result that is not freed yet; or NULL, which does nothing.
///
/// From any thread, while no other thread reads the result.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_result_free(result: *mut asr_result) {
    // SAFETY: every result is the first field of a Whole that `new_result` made.
    unsafe { super::pointer::free_handle(result.cast::<Whole>()) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use std::ffi::CStr;

    fn done(kind: Kind, value: Option<&str>) -> Result<Done, Error> {
        Ok(Done {
            kind: Some(kind),
            value: value.map(Secret::from),
            http_status: 200,
            request_sent: true,
            trace: None,
        })
    }

    fn text<'a>(text: *const c_char) -> Option<&'a str> {
        // SAFETY: NULL, or a string of a result that is not freed yet.
        (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_str().unwrap())
    }

    /// Inspects a result and frees it.
    fn inspect(result: *mut asr_result, at: impl FnOnce(&asr_result)) {
        // SAFETY: it is valid until it is freed, once.
        unsafe {
            at(&*result);
            asr_result_free(result);
        }
    }

    #[test]
    fn a_value_goes_to_the_field_of_its_call() {
        inspect(outcome(|| done(Kind::SecretQuestion, Some("What?"))), |r| {
            assert_eq!((r.code, r.http_status, r.request_sent), (0, 200, 1));
            assert_eq!((text(r.question), text(r.token)), (Some("What?"), None));
            assert_eq!((text(r.message), text(r.service_code)), (None, None));
        });
        inspect(outcome(|| done(Kind::SecretQuestion, None)), |r| {
            assert_eq!((r.code, text(r.question)), (1, None));
        });
        inspect(outcome(|| done(Kind::ConfirmCode, Some("a token"))), |r| {
            assert_eq!((r.code, text(r.question)), (0, None));
            assert_eq!(text(r.token), Some("a token"));
        });
        inspect(outcome(|| done(Kind::SetPassword, None)), |r| {
            assert_eq!((r.code, text(r.question), text(r.token)), (0, None, None));
        });
    }

    #[test]
    fn a_failure_has_all_that_is_known_of_it() {
        let error = Error::new(Code::RateLimited, "Too many.")
            .with_status(Some(429))
            .with_sent(true)
            .with_retry_after(Some(7))
            .with_os_error(Some(104))
            .with_service_code(Some("Slow".into()));
        inspect(outcome(|| Err(error)), |r| {
            assert_eq!((r.code, r.http_status, r.request_sent), (33, 429, 1));
            assert_eq!((r.retry_after_s, r.os_error), (7, 104));
            assert_eq!((text(r.question), text(r.token)), (None, None));
            assert_eq!(text(r.message), Some("Too many."));
            assert_eq!(text(r.service_code), Some("Slow"));
        });
    }

    #[test]
    fn details_are_made_once_and_leave_the_result_as_it_is() {
        let result = outcome(|| done(Kind::SecretQuestion, Some("What?")));
        // SAFETY: a valid result, used by this thread alone.
        let (first, again) = unsafe { (asr_result_details(result), asr_result_details(result)) };
        assert_eq!(first, again);
        assert!(text(first).unwrap().contains("ASR_OK"));
        inspect(result, |r| assert_eq!(text(r.question), Some("What?")));
        // SAFETY: NULL is allowed in both.
        unsafe {
            assert!(asr_result_details(ptr::null_mut()).is_null());
            asr_result_free(ptr::null_mut());
        }
    }
}
