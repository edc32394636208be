//! The system calls that the library makes in a test's own thread: the test is informed of each before
//! it happens, can run something else first, and can make it fail or be short. So events that
//! would otherwise depend on luck, such as bytes that arrive between a connect and the first
//! send, happen in every run.
//!
//! The functions below replace the C library's in the test's program. In threads that
//! watch nothing they only pass on the call.
#![cfg(target_os = "linux")]

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::Duration;

use libc::{clockid_t, sockaddr, socklen_t, timespec};

/// Observes the calls of its thread. Its own calls are not observed.
pub trait Watcher {
    /// A connect has begun; to a server on this machine it has succeeded already.
    fn connected(&mut self, _: RawFd) {}

    /// A read is about to happen, or a peek if it does not wait.
    fn receives(&mut self, _: RawFd, _waits: bool) -> io::Result<()> {
        Ok(())
    }

    /// A send of these bytes is about to happen. Returns the number of them that the system accepts.
    fn sends(&mut self, _: RawFd, bytes: usize, _waits: bool) -> io::Result<usize> {
        Ok(bytes)
    }

    /// The system accepted this number of bytes.
    fn sent(&mut self, _: RawFd, _bytes: usize, _waits: bool) {}
}

type Watching = Option<Rc<RefCell<dyn Watcher>>>;

thread_local! {
    static WATCHER: RefCell<Watching> = const { RefCell::new(None) };
    static AHEAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// The watcher observes calls until this is dropped.
pub struct Watch(());

pub fn watch(watcher: &Rc<RefCell<impl Watcher + 'static>>) -> Watch {
    let watcher: Rc<RefCell<dyn Watcher>> = watcher.clone();
    WATCHER.set(Some(watcher));
    Watch(())
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCHER.set(None);
        AHEAD.set(Duration::ZERO);
    }
}

/// Advances this thread's monotonic clock, as if the process had been suspended.
pub fn let_time_pass(time: Duration) {
    AHEAD.set(AHEAD.get() + time);
}

fn tell<T>(what: impl FnOnce(&mut dyn Watcher) -> T, otherwise: T) -> T {
    let watcher = WATCHER.try_with(|watcher| watcher.borrow().clone());
    match watcher {
        Ok(Some(watcher)) => match watcher.try_borrow_mut() {
            Ok(mut watcher) => what(&mut *watcher),
            Err(_) => otherwise,
        },
        _ => otherwise,
    }
}

fn fail(error: &io::Error) {
    let number = error.raw_os_error().expect("an error of the system's");
    // SAFETY: it is this thread's own.
    unsafe { *libc::__errno_location() = number };
}

/// The C library's function of this name, looked up once.
macro_rules! real {
    ($name:ident: $type:ty) => {{
        static REAL: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
        let mut function = REAL.load(Ordering::Relaxed);
        if function.is_null() {
            let name = concat!(stringify!($name), "\0");
            // SAFETY: the name ends with a NUL.
            function = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr().cast()) };
            assert!(!function.is_null());
            REAL.store(function, Ordering::Relaxed);
        }
        // SAFETY: the C library's function of that name has this type.
        unsafe { std::mem::transmute::<*mut c_void, $type>(function) }
    }};
}

/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn connect(fd: c_int, to: *const sockaddr, size: socklen_t) -> c_int {
    let real = real!(connect: unsafe extern "C" fn(c_int, *const sockaddr, socklen_t) -> c_int);
    // SAFETY: the arguments are passed on unchanged.
    let result = unsafe { real(fd, to, size) };
    let error = io::Error::last_os_error();
    if result == 0 || error.raw_os_error() == Some(libc::EINPROGRESS) {
        tell(|watcher| watcher.connected(fd), ());
    }
    if result != 0 {
        fail(&error);
    }
    result
}

/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn recv(fd: c_int, to: *mut c_void, size: usize, flags: c_int) -> isize {
    let real = real!(recv: unsafe extern "C" fn(c_int, *mut c_void, usize, c_int) -> isize);
    let waits = flags & libc::MSG_DONTWAIT == 0;
    if let Err(error) = tell(|watcher| watcher.receives(fd, waits), Ok(())) {
        fail(&error);
        return -1;
    }
    // SAFETY: the arguments are passed on unchanged.
    unsafe { real(fd, to, size, flags) }
}

/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn send(fd: c_int, from: *const c_void, size: usize, flags: c_int) -> isize {
    let real = real!(send: unsafe extern "C" fn(c_int, *const c_void, usize, c_int) -> isize);
    let waits = flags & libc::MSG_DONTWAIT == 0;
    let size = match tell(|watcher| watcher.sends(fd, size, waits), Ok(size)) {
        Ok(taken) => taken.min(size),
        Err(error) => {
            fail(&error);
            return -1;
        }
    };
    // SAFETY: the arguments are passed on, perhaps with fewer bytes.
    let sent = unsafe { real(fd, from, size, flags) };
    if let Ok(sent @ 1..) = usize::try_from(sent) {
        tell(|watcher| watcher.sent(fd, sent, waits), ());
    }
    sent
}

/// # Safety
/// As the C library's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    let real = real!(clock_gettime: unsafe extern "C" fn(clockid_t, *mut timespec) -> c_int);
    // SAFETY: the arguments are passed on unchanged.
    let result = unsafe { real(clock, time) };
    let ahead = AHEAD.try_with(Cell::get).unwrap_or_default();
    if result == 0 && clock == libc::CLOCK_MONOTONIC && !ahead.is_zero() {
        // SAFETY: the call above has filled it.
        let time = unsafe { &mut *time };
        time.tv_sec += ahead.as_secs() as libc::time_t;
    }
    result
}
