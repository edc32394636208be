//! Contains panics: they neither cross into C nor print to the host's stderr.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::net::THREAD_PREFIX;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; `None` if it panicked, which is a bug in this library.
pub(super) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    install_quiet_panic_hook();
    let was_guarded = GUARDED.replace(true);
    let outcome = uncancelled(|| {
        // After a panic nothing that `work` borrowed is used again, except locks, which ignore
        // poisoning.
        panic::catch_unwind(AssertUnwindSafe(work))
    });
    GUARDED.set(was_guarded);
    outcome.ok()
}

/// Silences the panics of guarded work and of the library's own threads.
fn install_quiet_panic_hook() {
    // Not a `Once`: a child that is forked while it runs would wait forever.
    static QUIET: AtomicBool = AtomicBool::new(false);
    if QUIET.load(Ordering::Relaxed) || QUIET.swap(true, Ordering::Relaxed) {
        return;
    }
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let is_ours = |name: &str| name.starts_with(THREAD_PREFIX);
        if !GUARDED.get() && !thread::current().name().is_some_and(is_ours) {
            others(info);
        }
    }));
}

/// Keeps `pthread_cancel` from unwinding through `work`, which Rust code does not survive. The
/// cancellation takes effect at the caller's next cancellation point.
// Miri does not support the call.
#[cfg(all(unix, not(any(target_os = "android", miri))))]
fn uncancelled<T>(work: impl FnOnce() -> T) -> T {
    use std::ffi::c_int;

    const DISABLE: c_int = if cfg!(target_vendor = "apple") { 0 } else { 1 };
    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
    }

    let mut before = DISABLE;
    // SAFETY: it changes only this thread's state, and writes the previous one to `before`.
    unsafe { pthread_setcancelstate(DISABLE, &mut before) };
    let result = work();
    // SAFETY: as above; `before` is the state that it wrote.
    unsafe { pthread_setcancelstate(before, &mut before) };
    result
}

#[cfg(any(not(unix), target_os = "android", miri))]
fn uncancelled<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::ffi::code::asr_code_names::ASR_INTERNAL;
    use crate::ffi::result::{asr_result_free, outcome};

    #[test]
    fn a_panic_becomes_an_internal_error_and_leaves_the_guard_usable() {
        for _ in 0..2 {
            let result = outcome(|| -> Result<_, Error> { panic!("a bug") });
            // SAFETY: `outcome` returns a valid result, which is freed once.
            unsafe {
                assert_eq!((*result).code, ASR_INTERNAL as i32);
                assert_eq!((*result).request_sent, 1);
                assert!(!(*result).message.is_null());
                asr_result_free(result);
            }
        }
        assert_eq!(contain(|| 1), Some(1));
        assert!(!GUARDED.get());
    }
}
