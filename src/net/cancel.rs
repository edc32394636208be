//! Ending a call from another thread.

use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sys::PerProcess;

/// Lets any thread end the calls it was given to. Cloning gives another handle to the same token.
///
/// A token that was triggered stays so: a call made with it afterwards ends at once.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Token>);

#[derive(Default)]
struct Token {
    triggered: AtomicBool,
    /// What the calls with this token wait in. A forked child starts with none: waking its
    /// parent's sockets would break the parent's calls.
    waiting: PerProcess<Mutex<Vec<Arc<dyn Wake>>>>,
}

/// Something that a call can be blocked in.
pub(super) trait Wake: Send + Sync {
    /// Makes the blocked call look at its token again, soon.
    fn wake(&self);
}

impl Cancel {
    /// A token that was not triggered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends every call with this token, those to come included. May be called any number of times.
    pub fn trigger(&self) {
        // Before the list is looked at: a call registers first and looks at the flag then, so one
        // of the two sees the other.
        self.0.triggered.store(true, Ordering::SeqCst);
        for blocked in self.waiting().iter() {
            blocked.wake();
        }
    }

    /// Whether [`trigger`](Self::trigger) was called.
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

/// While this lives, the token wakes what it was made for. Once it is dropped, the token does not
/// touch that any more.
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
