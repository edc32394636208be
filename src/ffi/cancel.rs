//! Cancel tokens.

use super::guard::contain;
use super::pointer::{give, take};
use crate::net::Cancel;

/// Opaque: lets any thread end a call that another thread waits in. One token may be given to many
/// calls, one after the other or at once. It must outlive the calls it was given to.
pub struct asr_cancel(pub(super) Cancel);

/// Makes a token that was not triggered yet.
///
/// @return Never NULL; free it with asr_cancel_free(). From any thread.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn asr_cancel_new() -> *mut asr_cancel {
    give(asr_cancel(Cancel::new()))
}

/// Ends every call that was given this token, wherever it waits: those under way return
/// ASR_CANCELLED within 100 ms, later ones at once. A call whose answer is already in may still
/// succeed. The client goes on working.
///
/// @param cancel  A token; NULL does nothing.
///
/// From any thread, any number of times, but not from a signal handler. There is no way back: use
/// a new token for a new try.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_cancel_trigger(cancel: *mut asr_cancel) {
    // SAFETY: NULL, or a token that the caller has not freed; tokens are shared between threads.
    if let Some(cancel) = unsafe { cancel.as_ref() } {
        contain(|| cancel.0.trigger());
    }
}

/// Frees a token.
///
/// @param cancel  A token, not freed before; or NULL, which does nothing.
///
/// Not while a call that was given it runs, nor while another thread triggers it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn asr_cancel_free(cancel: *mut asr_cancel) {
    // SAFETY: NULL, or from asr_cancel_new, and given up by the caller.
    unsafe { take(cancel) };
}
