//! Ends a call from another thread.

use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sys::PerProcess;

/// Lets any thread end the calls that were given this token. A clone is another handle to the same
/// token.
///
/// A triggered token stays triggered: a later call with it ends at once.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Token>);

#[derive(Default)]
struct Token {
    triggered: AtomicBool,
    /// The objects on which the calls with this token wait. A forked child starts with none: waking
    /// its parent's sockets would break the parent's calls.
    waiting: PerProcess<Mutex<Vec<Arc<dyn Wake>>>>,
}

/// An object on which a call can be blocked.
pub(super) trait Wake: Send + Sync {
    /// Makes the blocked call check its token again soon.
    fn wake(&self);
}

impl Cancel {
    /// Makes a token that is not triggered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every call with this token, later ones included. May be called any number of times.
    pub fn trigger(&self) {
        // Set before the list is read: a call registers first and then checks the flag, so it is
        // either woken or sees the flag.
        self.0.triggered.store(true, Ordering::SeqCst);
        for blocked in self.waiting().iter() {
            blocked.wake();
        }
    }

    /// True if [`trigger`](Self::trigger) was called.
    pub fn is_triggered(&self) -> bool {
        self.0.triggered.load(Ordering::SeqCst)
    }

    pub(super) fn watch(&self, blocked: Arc<dyn Wake>) -> Watch {
        self.waiting().push(Arc::clone(&blocked));
        Watch {
            cancel: self.clone(),
            blocked,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Arc<dyn Wake>>> {
        let list = self.0.waiting.get_or_init(Mutex::default);
        list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_triggered()).finish()
    }
}

/// Registers an object with a token, which wakes the object until this is dropped.
pub(super) struct Watch {
    cancel: Cancel,
    blocked: Arc<dyn Wake>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut waiting = self.cancel.waiting();
        let same =
            |other: &Arc<dyn Wake>| ptr::addr_eq(Arc::as_ptr(other), Arc::as_ptr(&self.blocked));
        if let Some(index) = waiting.iter().position(same) {
            waiting.swap_remove(index);
        }
    }
}
