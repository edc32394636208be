//! Cancel tokens.

use super::guard::contain;
use super::pointer::{free_handle, into_handle};
use crate::net::Cancel;

/// Opaque: a token that lets any thread end a call on which another thread waits. One token may be
/// given to many calls, one after the other or at once. It must outlive those calls.
pub struct asr_cancel(pub(super) Cancel);

/// Makes a token that is not triggered.
///
/// @return Never NULL; free it with asr_cancel_free(). From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn asr_cancel_new() -> *mut asr_cancel {
    into_handle(asr_cancel(Cancel::new()))
}

/// Ends every call that uses this token. Running calls return ASR_CANCELLED within 100 ms, later
/// ones at once. A call whose response has already arrived may still succeed. The client
/// stays usable.
///
/// @param cancel  A token; NULL does nothing.
///
/// From any thread, any number of times, but not from a signal handler. A triggered token stays
/// triggered: use a new one for the next try.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_cancel_trigger(cancel: *mut asr_cancel) {
    // SAFETY: NULL, or a token that the caller has not freed; tokens are shared between threads.
    if let Some(cancel) = unsafe { cancel.as_ref() } {
        contain(|| cancel.0.trigger());
    }
}

/// Frees a token.
///
/// @param cancel  A token that is not freed yet; or NULL, which does nothing.
///
/// Do not free a token while a call uses it, or while another thread triggers it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_cancel_free(cancel: *mut asr_cancel) {
    // SAFETY: NULL, or from asr_cancel_new, and given up by the caller.
    unsafe { free_handle(cancel) };
}
