//! The system calls that std and socket2 do not offer, and values that a forked child does not share.
#![allow(unsafe_code)]

use std::marker::PhantomData;
#[cfg(unix)]
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::{ptr, thread};

// The same items for each kind of system; `unix` documents them.
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::*;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(super) use windows::*;

#[cfg(target_vendor = "apple")]
mod cfnetwork;
#[cfg(target_vendor = "apple")]
pub(super) use cfnetwork::CfNetwork;
#[cfg(windows)]
mod sspi;
#[cfg(windows)]
pub(super) use sspi::begin_login;
#[cfg(windows)]
mod winhttp;
#[cfg(windows)]
pub(super) use winhttp::WinHttp;

/// The operation for which a call waits on a connection.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Read,
    Write,
}

/// The state of a connection that is being made.
pub(super) enum Progress {
    Connected,
    Waiting,
}

/// A builder of threads with std's default stack size. Without a size, std reads the environment,
/// which another thread of the host may be changing.
fn builder(name: &str) -> thread::Builder {
    let builder = thread::Builder::new().name(name.into());
    builder.stack_size(2 * 1024 * 1024)
}

/// Counts the forks between the first process and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// A number that differs between a parent and its forked child, without a system call.
pub(super) fn fork_generation() -> u32 {
    #[cfg(unix)]
    {
        extern "C" fn in_child() {
            FORKS.fetch_add(1, Ordering::Relaxed);
        }
        // Not a `Once`: a child that is forked while it runs would wait forever. Registering twice
        // is harmless, because the count only has to differ.
        static REGISTERED: AtomicBool = AtomicBool::new(false);
        if !REGISTERED.load(Ordering::Relaxed) {
            // SAFETY: the handler only changes an atomic, which is allowed in a child of a process
            // with many threads. It stays mapped: the shared library is never unloaded.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            REGISTERED.store(true, Ordering::Relaxed);
        }
    }
    FORKS.load(Ordering::Relaxed)
}

/// A value that each process makes for itself. A forked child neither sees nor drops its parent's,
/// whose locks another thread may have held during the fork.
pub(super) struct PerProcess<T> {
    newest: AtomicPtr<Generation<T>>,
    owns: PhantomData<Generation<T>>,
}

struct Generation<T> {
    generation: u32,
    value: T,
}

impl<T> PerProcess<T> {
    pub const fn new() -> Self {
        Self {
            newest: AtomicPtr::new(ptr::null_mut()),
            owns: PhantomData,
        }
    }
}

impl<T: Send + Sync> PerProcess<T> {
    /// This process's value. If several threads make it at once, one of the values is kept.
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let generation = fork_generation();
        let newest = self.newest.load(Ordering::Acquire);
        // SAFETY: a non-null pointer came from the Box below and is not freed before `self` is.
        if let Some(known) =
            unsafe { newest.as_ref() }.filter(|known| known.generation == generation)
        {
            return &known.value;
        }
        let value = make();
        let mine = Box::into_raw(Box::new(Generation { generation, value }));
        let swapped =
            self.newest
                .compare_exchange(newest, mine, Ordering::AcqRel, Ordering::Acquire);
        let kept = match swapped {
            // An older value belongs to the parent process and stays.
            Ok(_) => mine,
            Err(theirs) => {
                // SAFETY: no other thread has seen `mine`.
                drop(unsafe { Box::from_raw(mine) });
                theirs
            }
        };
        // SAFETY: as above; and only this process's threads can have put `theirs` there since.
        unsafe { &(*kept).value }
    }
}

impl<T> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let newest = *self.newest.get_mut();
        // SAFETY: as in `get_or_init`.
        if unsafe { newest.as_ref() }.is_some_and(|known| known.generation == fork_generation()) {
            // SAFETY: it came from a Box, and `&mut self` says that nobody refers to it.
            drop(unsafe { Box::from_raw(newest) });
        }
    }
}
