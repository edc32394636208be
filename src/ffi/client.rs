//! Clients and their calls.

use std::ffi::c_char;
use std::ptr;

use super::cancel::asr_cancel;
use super::config::{asr_config, unchecked};
use super::guard::contain;
use super::pointer::{free_handle, into_handle, optional, required};
use super::result::{asr_result, failure, outcome};
use crate::argument;
use crate::client::{Client, Done};
use crate::error::Error;
use crate::request::Request;

/// Opaque: a client of one service, with a pool of connections to it. Any number of threads may
/// share it. It must outlive its calls; results may outlive it. After a fork() the child may use a
/// client that it inherited; after `_Fork()` or a bare `clone()`, which run no fork handlers, it
/// may not. The pool keeps up to 64 idle connections. It does not reuse a connection that was idle
/// for 60 seconds; the next call or asr_client_free() closes it.
pub struct asr_client(Client);

/// Retrieves a user's secret question with a client for this one call. A program that makes more
/// than one call keeps a client instead, which is faster.
///
/// @param base_url  As in asr_config_new().
/// @param app_key   As in asr_config_new().
/// @param username  As in asr_secret_question().
/// @return Never NULL; free it with asr_result_free(). From any thread.
///
/// Blocks for as long as asr_client_new(), under the same conditions, and then for up to 30 seconds.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn asr_secret_question_once(
    base_url: *const c_char,
    app_key: *const c_char,
    username: *const c_char,
) -> *mut asr_result {
    outcome(|| {
        // SAFETY: the caller gives NULL or C strings.
        let client = Client::from_unchecked(&unsafe { unchecked(base_url, app_key) })?;
        // SAFETY: the same.
        let username = unsafe { required(username, argument::USERNAME) }?;
        client.call(&Request::secret_question(username)?)
    })
}

/// Makes a client: checks all settings, and reads the environment's proxy variables and, for https,
/// the trusted certificates. Sends nothing. It has no time limit. No other thread may change the
/// environment while it runs.
///
/// @param config  The settings; copied, so you may free them at once.
/// @param error   May be NULL. Otherwise `*error` is always written: NULL on success, on failure a
///                result to be freed with asr_result_free().
/// @return The client, to be freed with asr_client_free(); NULL on failure, which is
///         ASR_INVALID_ARGUMENT, ASR_INSECURE_URL or, if this system has no trusted certificates,
///         ASR_TLS_FAILED. From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn asr_client_new(
    config: *const asr_config,
    error: *mut *mut asr_result,
) -> *mut asr_client {
    // SAFETY: NULL or a handle that the caller does not change meanwhile.
    let config = unsafe { config.as_ref() };
    let made = contain(|| {
        let config = config.ok_or_else(|| argument::missing("The configuration"))?;
        Client::from_unchecked(&config.0)
    });
    let (client, why) = match made.unwrap_or_else(|| Err(Error::internal())) {
        Ok(client) => (into_handle(asr_client(client)), ptr::null_mut()),
        Err(_) if error.is_null() => (ptr::null_mut(), ptr::null_mut()),
        Err(why) => (ptr::null_mut(), failure(&why)),
    };
    if !error.is_null() {
        // SAFETY: the caller gives a place for a pointer; what it held before is not read.
        unsafe { error.write(why) };
    }
    client
}

/// Frees a client and closes its connections. From any thread, but not while a call on it runs.
///
/// @param client  A client that is not freed yet; or NULL, which does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_client_free(client: *mut asr_client) {
    // SAFETY: NULL, or from asr_client_new, and given up by the caller.
    unsafe { free_handle(client) };
}

/// Retrieves the user's secret question.
///
/// @param client    A client.
/// @param username  The user's login or e-mail address, UTF-8, 1 to 16384 bytes, without control
///                  characters.
/// @param cancel    Lets another thread end the call; may be NULL.
/// @return Never NULL; free it with asr_result_free(). ASR_OK: `question` is set.
///         ASR_NO_QUESTION: the account has no question to answer, which is a success too.
///
/// Blocks until it is done, timed out or cancelled. From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn asr_secret_question(
    client: *const asr_client,
    username: *const c_char,
    cancel: *mut asr_cancel,
) -> *mut asr_result {
    // SAFETY: the caller gives NULL or handles, and NULL or a C string.
    unsafe {
        call(client, cancel, || {
            Request::secret_question(required(username, argument::USERNAME)?)
        })
    }
}

/// Makes a connection ready for the next call: look-up, TCP, proxy and TLS. A dialog calls it when
/// it opens, while its user types, so that the first response takes one round trip. Does nothing if
/// the client has a usable idle connection. Since ABI version 2.
///
/// @param client  A client.
/// @param cancel  Lets another thread end the call; may be NULL.
/// @return Never NULL; free it with asr_result_free(). ASR_OK: the next call finds a connection,
///         unless the service closes it first. No request is sent: `request_sent` and `http_status`
///         are 0.
///
/// Blocks until it is done, timed out or cancelled. From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn asr_client_connect(
    client: *const asr_client,
    cancel: *mut asr_cancel,
) -> *mut asr_result {
    // SAFETY: the caller gives NULL or handles.
    unsafe { run(client, cancel, Client::connection) }
}

/// Requests the reset: on success the service mails a confirmation code to the user.
///
/// @param client          A client.
/// @param username        The user's login or e-mail address, as in asr_secret_question().
/// @param answer_or_null  The answer to the secret question, 1 to 16384 bytes; NULL for none. The
///                        call returns ASR_ANSWER_INCORRECT if it is wrong, or missing and
///                        required.
/// @param cancel          Lets another thread end the call; may be NULL.
/// @return Never NULL; free it with asr_result_free().
///
/// Sent at most once. If it fails and `request_sent` is 1, the service may still have acted on it.
/// Blocks until it is done, timed out or cancelled. From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn asr_request_reset(
    client: *const asr_client,
    username: *const c_char,
    answer_or_null: *const c_char,
    cancel: *mut asr_cancel,
) -> *mut asr_result {
    // SAFETY: the caller gives NULL or handles, and NULL or C strings.
    unsafe {
        call(client, cancel, || {
            let username = required(username, argument::USERNAME)?;
            Request::request_reset(username, optional(answer_or_null, argument::ANSWER)?)
        })
    }
}

/// Exchanges the mailed code for a token.
///
/// @param client  A client.
/// @param code    The code that was mailed to the user, 1 to 16384 bytes.
/// @param cancel  Lets another thread end the call; may be NULL.
/// @return Never NULL; free it with asr_result_free(). ASR_OK: `token` is set.
///
/// The API has two routes for this call, and a service has one or both, depending on its age. The
/// call uses each at most once, and the second only after the service responded that it does not
/// have the first, and so did nothing; the client remembers which one the service has. Otherwise
/// like asr_request_reset(). Blocks until it is done, timed out or cancelled. From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn asr_confirm_code(
    client: *const asr_client,
    code: *const c_char,
    cancel: *mut asr_cancel,
) -> *mut asr_result {
    // SAFETY: the caller gives NULL or handles, and NULL or a C string.
    unsafe {
        call(client, cancel, || {
            Request::confirm_code(required(code, argument::CODE)?)
        })
    }
}

/// Sets the new password.
///
/// @param client        A client.
/// @param token         The token from asr_confirm_code(); or the one that the broker's sign-in
///                      returns to a user whose password has expired: that user needs only this
///                      call.
/// @param new_password  The new password, 1 to 16384 bytes. The call returns ASR_REJECTED if the
///                      password breaks the service's rules; the message says which.
/// @param cancel        Lets another thread end the call; may be NULL.
/// @return Never NULL; free it with asr_result_free().
///
/// Sent at most once, like asr_request_reset(). Blocks until it is done, timed out or cancelled.
/// From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn asr_set_password(
    client: *const asr_client,
    token: *const c_char,
    new_password: *const c_char,
    cancel: *mut asr_cancel,
) -> *mut asr_result {
    // SAFETY: the caller gives NULL or handles, and NULL or C strings.
    unsafe {
        call(client, cancel, || {
            let token = required(token, argument::TOKEN)?;
            Request::set_password(token, required(new_password, argument::NEW_PASSWORD)?)
        })
    }
}

/// # Safety
/// The handles must be NULL or valid until the call returns.
unsafe fn call<'a>(
    client: *const asr_client,
    cancel: *mut asr_cancel,
    request: impl FnOnce() -> Result<Request<'a>, Error>,
) -> *mut asr_result {
    // SAFETY: the caller's promise is passed on.
    unsafe { run(client, cancel, |client| client.call(&request()?)) }
}

/// # Safety
/// The handles must be NULL or valid until the call returns.
unsafe fn run(
    client: *const asr_client,
    cancel: *mut asr_cancel,
    work: impl FnOnce(&Client) -> Result<Done, Error>,
) -> *mut asr_result {
    // SAFETY: the caller's promise; both are shared between threads and never changed.
    let (client, cancel) = unsafe { (client.as_ref(), cancel.as_ref()) };
    outcome(|| {
        let client = client.ok_or_else(|| argument::missing("The client"))?;
        match cancel {
            Some(cancel) => work(&client.0.with_cancel(&cancel.0)),
            None => work(&client.0),
        }
    })
}
