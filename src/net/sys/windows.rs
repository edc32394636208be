//! Windows: a connection never blocks; a call waits for it with `select`, in short intervals if it
//! has a token. Winsock guarantees neither that a `shutdown` wakes a blocked call, nor that a
//! socket is usable after a read that timed out.

use std::os::windows::io::AsRawSocket;
use std::time::Duration;
use std::{io, ptr};

use socket2::Socket;
use windows_sys::Win32::Networking::WinSock::{self, FD_SET, SOCKET, SOCKET_ERROR, TIMEVAL};
use windows_sys::Win32::System::Diagnostics::Debug::{
    FORMAT_MESSAGE_FROM_SYSTEM, FORMAT_MESSAGE_IGNORE_INSERTS, FormatMessageW,
};

use super::{Direction, Progress, builder};

pub const BLOCKING: bool = false;
pub const SHUTDOWN_WAKES_CONNECT: bool = false;
pub const SHUTDOWN_WAKES_IO: bool = false;

pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    builder(name).spawn(work).map(drop)
}

pub fn beside_standard_streams(socket: Socket) -> io::Result<Socket> {
    Ok(socket) // No socket is a standard stream.
}

pub fn is_privileged() -> bool {
    false // Windows has no set-user-ID programs.
}

pub fn error_text(number: i32) -> Option<String> {
    const ENGLISH: u32 = 0x0409;
    let mut text = [0; 512];
    // SAFETY: it writes at most the given size; there are no arguments to insert.
    let length = unsafe {
        FormatMessageW(
            FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
            ptr::null(),
            number as u32,
            ENGLISH,
            text.as_mut_ptr(),
            text.len() as u32,
            ptr::null(),
        )
    };
    let text = String::from_utf16(text.get(..length as usize)?).ok()?;
    let text = text.trim_end().trim_end_matches('.').replace("\r\n", " ");
    Some(text).filter(|text| !text.is_empty())
}

pub fn limit(_: &Socket, _: Direction, _: Duration) -> io::Result<()> {
    Ok(()) // `await_ready` enforces the limit.
}

pub fn await_ready(socket: &Socket, direction: Direction, wait: Duration) -> io::Result<()> {
    let mut ready = all([socket].into_iter());
    match direction {
        Direction::Read => select([Some(&mut ready), None, None], wait),
        Direction::Write => select([None, Some(&mut ready), None], wait),
    }
}

pub fn send(socket: &Socket, buf: &[u8]) -> io::Result<usize> {
    socket.send(buf)
}

pub fn read_arrived(mut socket: &Socket, buf: &mut [u8]) -> io::Result<usize> {
    io::Read::read(&mut socket, buf)
}

pub fn write_now(socket: &Socket, buf: &[u8]) -> io::Result<usize> {
    socket.send(buf)
}

pub fn is_connecting(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

// With `select`: `WSAPoll` did not report failed connects before Windows 10 2004.
pub fn await_connected<'a>(
    sockets: impl Iterator<Item = &'a Socket> + Clone,
    wait: Duration,
) -> io::Result<Vec<io::Result<Progress>>> {
    let (mut connected, mut failed) = (all(sockets.clone()), all(sockets.clone()));
    select([None, Some(&mut connected), Some(&mut failed)], wait)?;
    let holds = |set: &FD_SET, socket: &Socket| {
        set.fd_array[..set.fd_count as usize].contains(&(socket.as_raw_socket() as SOCKET))
    };
    let state = |socket: &Socket| match socket.take_error()? {
        Some(error) => Err(error),
        None if holds(&failed, socket) => Err(io::ErrorKind::ConnectionAborted.into()),
        None if holds(&connected, socket) => Ok(Progress::Connected),
        None => Ok(Progress::Waiting),
    };
    Ok(sockets.map(state).collect())
}

/// A set of the sockets; it has room for 64.
fn all<'a>(sockets: impl Iterator<Item = &'a Socket>) -> FD_SET {
    let mut set = FD_SET::default();
    for (place, socket) in set.fd_array.iter_mut().zip(sockets) {
        *place = socket.as_raw_socket() as SOCKET;
        set.fd_count += 1;
    }
    set
}

/// Waits at most `wait`; leaves in the sets the sockets that are readable, are writable, or have
/// failed.
fn select(sets: [Option<&mut FD_SET>; 3], wait: Duration) -> io::Result<()> {
    // Rounded up, so that the deadline has passed when the wait ends.
    let wait = wait + Duration::from_micros(1);
    let time = TIMEVAL {
        tv_sec: wait.as_secs().min(i32::MAX as u64) as i32,
        tv_usec: wait.subsec_micros() as i32,
    };
    let [read, write, failed] = sets.map(|set| set.map_or(ptr::null_mut(), ptr::from_mut));
    // SAFETY: each pointer is NULL or points to a set that is borrowed until the call is over and
    // holds as many sockets as its count. Windows ignores the first argument.
    match unsafe { WinSock::select(0, read, write, failed, &time) } {
        SOCKET_ERROR => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
