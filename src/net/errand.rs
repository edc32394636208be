//! Work that the system cannot be asked to stop, in a thread that a call which gives up leaves
//! behind. Callers who want the same join it, so that trying again and again starts no more.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::call::Limits;
use super::cancel::Wake;
use super::failure::Failure;
use super::sys::{self, PerProcess};
use crate::error::Code;

/// What the names of this library's threads begin with.
pub(crate) const THREADS: &str = "asr-";

/// The errands of this process, by what they are for. Not a client's: those who try again with a
/// new client join as well.
pub(super) struct Errands<K, T> {
    /// Behind [`THREADS`], the name of its threads.
    name: &'static str,
    /// What it means that there can be no thread.
    threadless: (Code, &'static str),
    table: PerProcess<Mutex<HashMap<K, Arc<Errand<T>>>>>,
}

struct Errand<T> {
    outcome: Mutex<Outcome<T>>,
    done: Condvar,
}

enum Outcome<T> {
    Pending,
    /// It panicked.
    Lost,
    Found(T),
}

impl<T> Errand<T> {
    fn outcome(&self) -> MutexGuard<'_, Outcome<T>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send> Wake for Errand<T> {
    fn wake(&self) {
        // With the lock, so that a waiter that has just looked at its token is asleep by now.
        let _outcome = self.outcome();
        self.done.notify_all();
    }
}

impl<K: Eq + Hash + Send, T: Clone + Send + 'static> Errands<K, T> {
    pub const fn new(name: &'static str, threadless: (Code, &'static str)) -> Self {
        Self {
            name,
            threadless,
            table: PerProcess::new(),
        }
    }

    /// The outcome for `key`: a known one that is worth `keeping`, or else that of `work`. Waits no
    /// longer than the limits allow.
    pub fn outcome(
        &self,
        key: K,
        keeping: impl Fn(&T) -> bool,
        work: impl FnOnce() -> T + Send + 'static,
        limits: &Limits,
    ) -> Result<T, Failure> {
        let errand = self.join_or_start(key, keeping, work).map_err(|e| {
            let (code, words) = self.threadless;
            Failure::io(code, &e).in_words(words)
        })?;
        let _watch = limits.watch(&errand);
        let mut outcome = errand.outcome();
        loop {
            match &*outcome {
                Outcome::Found(found) => return Ok(found.clone()),
                Outcome::Lost => return Err(Failure::new(Code::Internal, "")),
                Outcome::Pending => {
                    let left = limits.time_left()?;
                    let waited = errand.done.wait_timeout(outcome, left);
                    outcome = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Changes the outcome that is known for `key`, if there is one; `false` forgets it.
    pub fn revise(&self, key: &K, change: impl FnOnce(&mut T) -> bool) {
        let mut table = self.table();
        let Some(errand) = table.get(key) else { return };
        let keep = match &mut *errand.outcome() {
            Outcome::Found(found) => change(found),
            Outcome::Pending | Outcome::Lost => true,
        };
        if !keep {
            table.remove(key);
        }
    }

    fn join_or_start(
        &self,
        key: K,
        keeping: impl Fn(&T) -> bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Arc<Errand<T>>> {
        let mut table = self.table();
        table.retain(|_, errand| match &*errand.outcome() {
            Outcome::Pending => true,
            Outcome::Lost => false,
            Outcome::Found(found) => keeping(found),
        });
        if let Some(errand) = table.get(&key) {
            return Ok(Arc::clone(errand));
        }
        let errand = Arc::new(Errand {
            outcome: Mutex::new(Outcome::Pending),
            done: Condvar::new(),
        });
        let here = Arc::clone(&errand);
        sys::spawn(&format!("{THREADS}{}", self.name), move || {
            let found = catch_unwind(AssertUnwindSafe(work));
            *here.outcome() = found.map_or(Outcome::Lost, Outcome::Found);
            here.done.notify_all();
        })?;
        table.insert(key, Arc::clone(&errand));
        Ok(errand)
    }

    fn table(&self) -> MutexGuard<'_, HashMap<K, Arc<Errand<T>>>> {
        let table = self.table.get_or_init(Mutex::default);
        table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
