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

/// The prefix of the names of this library's threads.
pub(crate) const THREAD_PREFIX: &str = "asr-";

/// The running and finished work of this process, by key. All clients share it, so that a new try
/// with a new client waits for the same work.
pub(super) struct SingleFlight<K, T> {
    /// The name of its threads, after [`THREAD_PREFIX`].
    name: &'static str,
    /// The failure if no thread can be started.
    spawn_failure: (Code, &'static str),
    table: PerProcess<Mutex<HashMap<K, Arc<Flight<T>>>>>,
}

struct Flight<T> {
    outcome: Mutex<Outcome<T>>,
    done: Condvar,
}

enum Outcome<T> {
    Pending,
    /// The work panicked.
    Panicked,
    Found(T),
}

impl<T> Flight<T> {
    fn outcome(&self) -> MutexGuard<'_, Outcome<T>> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send> Wake for Flight<T> {
    fn wake(&self) {
        // The lock is held, so that a waiter that has just checked its token waits for `done`
        // before it is notified.
        let _outcome = self.outcome();
        self.done.notify_all();
    }
}

impl<K: Eq + Hash + Send, T: Clone + Send + 'static> SingleFlight<K, T> {
    pub const fn new(name: &'static str, spawn_failure: (Code, &'static str)) -> Self {
        Self {
            name,
            spawn_failure,
            table: PerProcess::new(),
        }
    }

    /// The outcome for `key`: a known one that `is_fresh`, or else that of `work`. Waits as long as
    /// the limits allow.
    pub fn outcome(
        &self,
        key: K,
        is_fresh: impl Fn(&T) -> bool,
        work: impl FnOnce() -> T + Send + 'static,
        limits: &Limits,
    ) -> Result<T, Failure> {
        let flight = self.join_or_start(key, is_fresh, work).map_err(|e| {
            let (code, detail) = self.spawn_failure;
            Failure::io(code, &e).with_detail(detail)
        })?;
        let _watch = limits.watch(&flight);
        let mut outcome = flight.outcome();
        loop {
            match &*outcome {
                Outcome::Found(found) => return Ok(found.clone()),
                Outcome::Panicked => return Err(Failure::new(Code::Internal, "")),
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
            Outcome::Pending | Outcome::Panicked => true,
        };
        if !keep {
            table.remove(key);
        }
    }

    fn join_or_start(
        &self,
        key: K,
        is_fresh: impl Fn(&T) -> bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Arc<Flight<T>>> {
        let mut table = self.table();
        table.retain(|_, flight| match &*flight.outcome() {
            Outcome::Pending => true,
            Outcome::Panicked => false,
            Outcome::Found(found) => is_fresh(found),
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
            *here.outcome() = found.map_or(Outcome::Panicked, Outcome::Found);
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
