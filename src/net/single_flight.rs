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
    progress: Mutex<Progress<T>>,
    done: Condvar,
}

enum Progress<T> {
    Pending,
    /// The work panicked.
    Panicked,
    Found(T),
}

impl<T> Flight<T> {
    fn progress(&self) -> MutexGuard<'_, Progress<T>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send> Wake for Flight<T> {
    fn wake(&self) {
        // The lock is held, so that a waiter that has just checked its token waits for `done`
        // before it is notified.
        let _progress = self.progress();
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
        let mut progress = flight.progress();
        loop {
            match &*progress {
                Progress::Found(found) => return Ok(found.clone()),
                Progress::Panicked => return Err(Failure::new(Code::Internal, "")),
                Progress::Pending => {
                    let left = limits.time_left()?;
                    let waited = flight.done.wait_timeout(progress, left);
                    progress = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Changes the known outcome for `key`, if there is one; `false` removes it.
    pub fn revise(&self, key: &K, change: impl FnOnce(&mut T) -> bool) {
        let mut table = self.table();
        let Some(flight) = table.get(key) else { return };
        let keep = match &mut *flight.progress() {
            Progress::Found(found) => change(found),
            Progress::Pending | Progress::Panicked => true,
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
        table.retain(|_, flight| match &*flight.progress() {
            Progress::Pending => true,
            Progress::Panicked => false,
            Progress::Found(found) => is_fresh(found),
        });
        if let Some(flight) = table.get(&key) {
            return Ok(Arc::clone(flight));
        }
        let flight = Arc::new(Flight {
            progress: Mutex::new(Progress::Pending),
            done: Condvar::new(),
        });
        let here = Arc::clone(&flight);
        sys::spawn(&format!("{THREAD_PREFIX}{}", self.name), move || {
            let found = catch_unwind(AssertUnwindSafe(work));
            *here.progress() = found.map_or(Progress::Panicked, Progress::Found);
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
