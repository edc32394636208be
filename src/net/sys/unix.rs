//! Unix: a connection blocks until its timeout, and a `shutdown` wakes it.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;
use std::{io, ptr};

use socket2::Socket;

use super::{Direction, Progress, builder};

/// True if reads and writes of a connection block.
pub const BLOCKING: bool = true;

/// True if a `shutdown` from another thread ends [`await_connected`]: only Linux allows it on a
/// socket that is not connected.
pub const SHUTDOWN_WAKES_CONNECT: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// True if a `shutdown` from another thread ends a read and a write.
pub const SHUTDOWN_WAKES_IO: bool = true;

/// Flags for every `send`: a broken connection must be an error, not a SIGPIPE in the host.
#[cfg(not(target_vendor = "apple"))]
const SEND_FLAGS: i32 = libc::MSG_NOSIGNAL;
/// socket2 sets SO_NOSIGPIPE on these systems.
#[cfg(target_vendor = "apple")]
const SEND_FLAGS: i32 = 0;

/// Runs `work` in a thread that blocks all signals, so that the host's handlers do not run on it.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: both sets are written before they are read, and the caller's mask is restored. A
    // thread inherits its creator's mask, so the mask is set before the thread starts.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let spawned = builder(name).spawn(work);
    // SAFETY: `before` was filled by the call above, which cannot fail with these arguments.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    spawned.map(drop)
}

/// Moves the socket to a descriptor above those of the standard streams: a host that closed one of
/// them would otherwise print into the connection.
pub fn beside_standard_streams(socket: Socket) -> io::Result<Socket> {
    if socket.as_raw_fd() > libc::STDERR_FILENO {
        return Ok(socket);
    }
    // std uses the next free descriptor from 3 on.
    OwnedFd::from(socket).try_clone().map(Socket::from)
}

/// True if this process has more rights than its parent, by a set-user-ID or set-group-ID
/// bit or by capabilities of its file.
pub fn is_privileged() -> bool {
    // SAFETY: both only read values that the kernel set when the process began.
    unsafe {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return libc::getauxval(libc::AT_SECURE) != 0;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        return libc::issetugid() != 0;
    }
}

/// The system's text for an error number, in English whatever the host's language is.
#[cfg(target_os = "linux")]
pub fn error_text(number: i32) -> Option<String> {
    unsafe extern "C" {
        fn strerror_l(number: libc::c_int, locale: libc::locale_t) -> *const libc::c_char;
    }
    // SAFETY: without a base `newlocale` frees nothing. The text of `strerror_l` is thread-local or
    // constant, and is copied before it can change.
    let text = unsafe {
        let locale = libc::newlocale(libc::LC_MESSAGES_MASK, c"C".as_ptr(), ptr::null_mut());
        if locale.is_null() {
            return None;
        }
        let text = CStr::from_ptr(strerror_l(number, locale)).to_str();
        let text = text.map(str::to_owned);
        libc::freelocale(locale);
        text.ok()?
    };
    // musl returns this for an unknown number.
    Some(text).filter(|text| text != "No error information")
}

/// The system's text for an error number. It is English: these systems have no other.
#[cfg(not(target_os = "linux"))]
pub fn error_text(number: i32) -> Option<String> {
    let mut text = [0; 256];
    // SAFETY: it writes at most the given size.
    let status = unsafe { libc::strerror_r(number, text.as_mut_ptr().cast(), text.len()) };
    let text = CStr::from_bytes_until_nul(&text).ok()?.to_str().ok()?;
    (status == 0).then(|| text.to_owned())
}

/// Limits the time that the next reads or writes may block; after it they fail with `WouldBlock`.
pub fn limit(socket: &Socket, direction: Direction, time: Duration) -> io::Result<()> {
    // The system takes a timeout below a microsecond for none.
    let time = time.max(Duration::from_micros(1));
    match direction {
        Direction::Read => socket.set_read_timeout(Some(time)),
        Direction::Write => socket.set_write_timeout(Some(time)),
    }
}

/// Waits until a read or write that would have blocked can make progress.
pub fn await_ready(_: &Socket, _: Direction, _: Duration) -> io::Result<()> {
    Ok(()) // The read or write itself blocks.
}

pub fn send(socket: &Socket, buf: &[u8]) -> io::Result<usize> {
    socket.send_with_flags(buf, SEND_FLAGS)
}

/// Reads the bytes that have arrived, without waiting.
pub fn read_arrived(socket: &Socket, buf: &mut [u8]) -> io::Result<usize> {
    // SAFETY: u8 and MaybeUninit<u8> have one layout, and `recv` writes only initialised bytes.
    let buf = unsafe { &mut *(ptr::from_mut(buf) as *mut [MaybeUninit<u8>]) };
    socket.recv_with_flags(buf, libc::MSG_DONTWAIT)
}

/// Sends the bytes that the system accepts at once.
pub fn write_now(socket: &Socket, buf: &[u8]) -> io::Result<usize> {
    socket.send_with_flags(buf, libc::MSG_DONTWAIT | SEND_FLAGS)
}

/// True if a connect continues in the background.
pub fn is_connecting(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR))
}

/// Waits until one of the connections is made or fails, at most `wait`. Returns the state of each.
pub fn await_connected<'a>(
    sockets: impl Iterator<Item = &'a Socket> + Clone,
    wait: Duration,
) -> io::Result<Vec<io::Result<Progress>>> {
    let watched = |socket: &Socket| libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLOUT,
        revents: 0,
    };
    let mut polled: Vec<_> = sockets.clone().map(watched).collect();
    // Rounded up, so that the deadline has passed when the wait ends.
    let milliseconds = wait.as_micros().div_ceil(1000).min(i32::MAX as u128) as i32;
    // SAFETY: there are this many valid pollfds, and `sockets` keeps their descriptors open.
    let count = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as _, milliseconds) };
    if count == -1 {
        match io::Error::last_os_error() {
            e if e.kind() == io::ErrorKind::Interrupted => {}
            e => return Err(e),
        }
    }
    let state = |(socket, poll): (&Socket, &libc::pollfd)| {
        if count <= 0 || poll.revents == 0 {
            return Ok(Progress::Waiting);
        }
        match socket.take_error()? {
            Some(error) => Err(error),
            None if poll.revents & (libc::POLLHUP | libc::POLLERR) != 0 => {
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            None => Ok(Progress::Connected),
        }
    };
    Ok(sockets.zip(&polled).map(state).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Type};

    #[test]
    fn a_moment_is_not_taken_for_no_limit() {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        for direction in [Direction::Read, Direction::Write] {
            limit(&socket, direction, Duration::from_nanos(1)).unwrap();
        }
        assert!(socket.read_timeout().unwrap().is_some());
        assert!(socket.write_timeout().unwrap().is_some());
    }
}
