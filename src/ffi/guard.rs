//! Keeps panics inside: they neither cross into C nor print into the host's stderr.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`; `None` if it panicked, which is a bug of this library.
pub(super) fn contain<T>(work: impl FnOnce() -> T) -> Option<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                others(info);
            }
        }));
    });
    let was_guarded = GUARDED.replace(true);
    // What `work` borrows is not used again after a panic, but for locks, which ignore poisoning.
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(was_guarded);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::ffi::code::asr_code_names::ASR_INTERNAL;
    use crate::ffi::result::{Carries, asr_result_free, outcome};

    #[test]
    fn a_panic_becomes_an_internal_error_and_leaves_the_guard_usable() {
        for _ in 0..2 {
            let result = outcome(Carries::Nothing, || -> Result<_, Error> { panic!("a bug") });
            // SAFETY: `outcome` returns a valid result, which is freed once.
            unsafe {
                assert_eq!((*result).code, ASR_INTERNAL as i32);
                assert!(!(*result).message.is_null());
                asr_result_free(result);
            }
        }
        assert_eq!(contain(|| 1), Some(1));
        assert!(!GUARDED.get());
    }
}
