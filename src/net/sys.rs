//! The system calls that std and socket2 do not offer, and what a fork asks for.
#![allow(unsafe_code)]

use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use socket2::Socket;

/// Counts the forks between the first process and this one.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Which process this is: differs between a parent and its forked child, and costs no system call.
pub(super) fn process() -> u32 {
    #[cfg(unix)]
    {
        extern "C" fn in_child() {
            FORKS.fetch_add(1, Ordering::Relaxed);
        }
        static REGISTER: std::sync::Once = std::sync::Once::new();
        REGISTER.call_once(|| {
            // SAFETY: the handler only changes an atomic, which is allowed in a child of a process
            // with many threads. It stays mapped: the shared library is never unloaded.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        });
    }
    FORKS.load(Ordering::Relaxed)
}

/// A value that each process makes for itself: a forked child never sees its parent's, whose locks
/// another thread may have held when the fork came, and never drops it either.
pub(super) struct PerProcess<T> {
    newest: AtomicPtr<Era<T>>,
    owns: PhantomData<Era<T>>,
}

struct Era<T> {
    process: u32,
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
    /// This process's value. Where several threads come first at once, one's value is kept.
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let process = process();
        let newest = self.newest.load(Ordering::Acquire);
        // SAFETY: a non-null pointer came from the Box below and is not freed before `self` is.
        if let Some(era) = unsafe { newest.as_ref() }.filter(|era| era.process == process) {
            return &era.value;
        }
        let value = make();
        let mine = Box::into_raw(Box::new(Era { process, value }));
        let swapped =
            self.newest
                .compare_exchange(newest, mine, Ordering::AcqRel, Ordering::Acquire);
        let kept = match swapped {
            // What was there, if anything, belongs to the parent process and is left alone.
            Ok(_) => mine,
            Err(theirs) => {
                // SAFETY: nobody else has seen `mine`.
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
        if unsafe { newest.as_ref() }.is_some_and(|era| era.process == process()) {
            // SAFETY: it came from a Box, and `&mut self` says that nobody refers to it.
            drop(unsafe { Box::from_raw(newest) });
        }
    }
}

/// Runs `work` in a thread that takes no signals: the host's handlers are not to run on it.
pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = thread::Builder::new().name(name.into());
    #[cfg(unix)]
    {
        let mut all = MaybeUninit::uninit();
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are written before they are read, and the caller's mask is put back.
        // A thread inherits its maker's mask, so it has to be set before there is a thread.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        }
        let spawned = builder.spawn(work);
        // SAFETY: `before` was filled by the call above, which cannot fail with these arguments.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
        spawned.map(drop)
    }
    #[cfg(not(unix))]
    builder.spawn(work).map(drop)
}

/// Flags for every `send`: a broken connection must be an error, not a SIGPIPE in the host.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) const SEND_FLAGS: i32 = libc::MSG_NOSIGNAL;
/// Elsewhere socket2 sets SO_NOSIGPIPE, or there is no such signal.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) const SEND_FLAGS: i32 = 0;

/// Looks whether something has arrived, and takes nothing: `WouldBlock` where it has not, 0 for
/// an end.
pub(super) fn peek(socket: &Socket) -> io::Result<usize> {
    let mut byte = [MaybeUninit::uninit()];
    without_blocking(socket, |flags| {
        socket.recv_with_flags(&mut byte, flags | PEEK)
    })
}

/// Reads what has arrived, without waiting for more.
pub(super) fn read_arrived(socket: &Socket, buf: &mut [u8]) -> io::Result<usize> {
    // SAFETY: u8 and MaybeUninit<u8> have one layout, and `recv` writes only initialised bytes.
    let buf = unsafe { &mut *(ptr::from_mut(buf) as *mut [MaybeUninit<u8>]) };
    without_blocking(socket, |flags| socket.recv_with_flags(buf, flags))
}

/// Sends what the system takes at once.
pub(super) fn write_now(socket: &Socket, buf: &[u8]) -> io::Result<usize> {
    without_blocking(socket, |flags| {
        socket.send_with_flags(buf, flags | SEND_FLAGS)
    })
}

#[cfg(unix)]
const PEEK: i32 = libc::MSG_PEEK;
#[cfg(windows)]
const PEEK: i32 = 2; // MSG_PEEK of winsock2.h

#[cfg(unix)]
fn without_blocking<T>(_: &Socket, io: impl FnOnce(i32) -> io::Result<T>) -> io::Result<T> {
    io(libc::MSG_DONTWAIT)
}

#[cfg(not(unix))]
fn without_blocking<T>(socket: &Socket, io: impl FnOnce(i32) -> io::Result<T>) -> io::Result<T> {
    socket.set_nonblocking(true)?;
    let result = io(0);
    socket.set_nonblocking(false)?;
    result
}

/// How a connection that is being made stands, after at most `wait`.
pub(super) enum Progress {
    Connected,
    Waiting,
}

/// Whether a `shutdown` from another thread ends [`await_connected`]: Linux alone allows it on a
/// socket that is not connected. Elsewhere a call with a token looks at it now and then.
pub(super) const SHUTDOWN_WAKES_CONNECT: bool =
    cfg!(any(target_os = "linux", target_os = "android"));

#[cfg(unix)]
pub(super) fn await_connected(socket: &Socket, wait: Duration) -> io::Result<Progress> {
    use std::os::fd::AsRawFd;
    let mut poll = libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLOUT,
        revents: 0,
    };
    // Rounded up, so that a deadline is over when the wait is.
    let milliseconds = wait.as_micros().div_ceil(1000).min(i32::MAX as u128) as i32;
    // SAFETY: one valid pollfd, whose descriptor `socket` keeps open.
    match unsafe { libc::poll(&mut poll, 1, milliseconds) } {
        -1 => match io::Error::last_os_error() {
            e if e.kind() == io::ErrorKind::Interrupted => Ok(Progress::Waiting),
            e => Err(e),
        },
        0 => Ok(Progress::Waiting),
        _ => match socket.take_error()? {
            Some(error) => Err(error),
            None if poll.revents & (libc::POLLHUP | libc::POLLERR) != 0 => {
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            None => Ok(Progress::Connected),
        },
    }
}

#[cfg(not(unix))]
pub(super) fn await_connected(socket: &Socket, wait: Duration) -> io::Result<Progress> {
    // Without a binding for WSAPoll: short naps, and only while a connection is being made.
    thread::sleep(wait.min(Duration::from_millis(5)));
    match socket.take_error()? {
        Some(error) => Err(error),
        None if socket.peer_addr().is_ok() => Ok(Progress::Connected),
        None => Ok(Progress::Waiting),
    }
}
