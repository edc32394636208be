//! Runs uninterruptible work on a thread that a timed-out call abandons. Callers with the same key
//! wait for the running thread, so that repeated tries start no more threads.

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

/// The beginning of the names of this library's threads.
pub(crate) const THREAD_PREFIX: &str = "asr-";

/// The running and finished work of this process, by key. All clients share it, so that a new try
/// with a new client waits for the same work.
pub(super) struct SingleFlight<K, T> {
    /// The name of its threads, behind [`THREAD_PREFIX`].
    name: &'static str,
    /// The failure where no thread can be started.
    threadless: (Code, &'static str),
    table: PerProcess<Mutex<HashMap<K, Arc<Flight<T>>>>>,
}

struct Flight<T> {
    outcome: Mutex<Outcome<T>>,
    done: Condvar,
}

enum Outcome<T> {
    Pending,
    /// The work panicked.
    Lost,
    Found(T),
}

impl<T> Flight<T> {
    fn outcome(&self) -> MutexGuard<'_, Outcome<T>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send> Wake for Flight<T> {
    fn wake(&self) {
        // With the lock held, so that a waiter that has just checked its token is asleep by now.
        let _outcome = self.outcome();
        self.done.notify_all();
    }
}

impl<K: Eq + Hash + Send, T: Clone + Send + 'static> SingleFlight<K, T> {
    pub const fn new(name: &'static str, threadless: (Code, &'static str)) -> Self {
        Self {
            name,
            threadless,
            table: PerProcess::new(),
        }
    }

    /// The outcome for `key`: a known one that is worth `keeping`, or else that of `work`. Waits as
    /// long as the limits allow.
    pub fn outcome(
        &self,
        key: K,
        keeping: impl Fn(&T) -> bool,
        work: impl FnOnce() -> T + Send + 'static,
        limits: &Limits,
    ) -> Result<T, Failure> {
        let flight = self.join_or_start(key, keeping, work).map_err(|e| {
            let (code, words) = self.threadless;
            Failure::io(code, &e).with_detail(words)
        })?;
        let _watch = limits.watch(&flight);
        let mut outcome = flight.outcome();
        loop {
            match &*outcome {
                Outcome::Found(found) => return Ok(found.clone()),
                Outcome::Lost => return Err(Failure::new(Code::Internal, "")),
                Outcome::Pending => {
                    let left = limits.time_left()?;
                    let waited = flight.done.wait_timeout(outcome, left);
                    outcome = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Changes the known outcome for `key`, if there is one; `false` removes it.
    pub fn revise(&self, key: &K, change: impl FnOnce(&mut T) -> bool) {
        let mut table = self.table();
        let Some(flight) = table.get(key) else { return };
        let keep = match &mut *flight.outcome() {
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
    ) -> io::Result<Arc<Flight<T>>> {
        let mut table = self.table();
        table.retain(|_, flight| match &*flight.outcome() {
            Outcome::Pending => true,
            Outcome::Lost => false,
            Outcome::Found(found) => keeping(found),
        });
        if let Some(flight) = table.get(&key) {
            return Ok(Arc::clone(flight));
        }
        let flight = Arc::new(Flight {
            outcome: Mutex::new(Outcome::Pending),
            done: Condvar::new(),
        });
        let here = Arc::clone(&flight);
        sys::spawn(&format!("{THREAD_PREFIX}{}", self.name), move || {
            let found = catch_unwind(AssertUnwindSafe(work));
            *here.outcome() = found.map_or(Outcome::Lost, Outcome::Found);
            here.done.notify_all();
        })?;
        table.insert(key, Arc::clone(&flight));
        Ok(flight)
    }

    fn table(&self) -> MutexGuard<'_, HashMap<K, Arc<Flight<T>>>> {
        let table = self.table.get_or_init(Mutex::default);
        table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
