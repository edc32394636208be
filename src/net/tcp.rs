//! A TCP connection: made, read and written within the call's deadline, ended by its cancel token.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::call;
use super::cancel::Wake;
use super::failure::Failure;
use super::sys::{self, Direction, Progress};
use crate::error::Code;

impl Wake for Socket {
    fn wake(&self) {
        // Fails where the connection is already gone, which wakes the call as well.
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// A TCP connection that waits no longer than its call may.
pub(super) struct Tcp {
    pub socket: Arc<Socket>,
    read_timeout: Duration,
    write_timeout: Duration,
}

/// How far a socket's timeout may be from what is left of the call before it is set again. A call
/// on a kept connection starts with the timeout of the last one, and so costs no system call.
const NEAR: Duration = Duration::from_millis(100);

/// How often a call with a token looks at it where nothing wakes it.
const LOOK: Duration = Duration::from_millis(20);

/// How long a call with `left` to go may wait at once.
fn at_once(left: Duration, is_woken: bool) -> Duration {
    if is_woken || !call::has_token() {
        left
    } else {
        left.min(LOOK)
    }
}

impl Tcp {
    /// Connects within `limit` and within what the call has left.
    pub fn connect(address: SocketAddr, limit: Duration) -> Result<Self, Failure> {
        let failed = |e| Failure::io(Code::ConnectFailed, &e);
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )
        .map_err(failed)?;
        socket.set_tcp_nodelay(true).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        let socket = Arc::new(socket);
        let started = socket.connect(&address.into());
        // Only now: a shutdown before the connect began would be without effect.
        call::watch(&socket);
        if let Err(e) = started.or_else(|e| if is_under_way(&e) { Ok(()) } else { Err(e) }) {
            call::check_token()?;
            return Err(failed(e));
        }
        let end = Instant::now() + limit;
        loop {
            let left = call::time_left()?;
            let own = end.saturating_duration_since(Instant::now());
            if own.is_zero() {
                return Err(Failure::io(
                    Code::ConnectFailed,
                    &io::ErrorKind::TimedOut.into(),
                ));
            }
            let wait = at_once(own.min(left), sys::SHUTDOWN_WAKES_CONNECT);
            match sys::await_connected(&socket, wait) {
                Ok(Progress::Connected) => break,
                Ok(Progress::Waiting) => {}
                Err(e) => {
                    call::check_token()?;
                    return Err(failed(e));
                }
            }
        }
        socket.set_nonblocking(!sys::BLOCKING).map_err(failed)?;
        Ok(Self {
            socket,
            read_timeout: Duration::ZERO,
            write_timeout: Duration::ZERO,
        })
    }
}

fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    let in_progress = error.raw_os_error() == Some(libc::EINPROGRESS);
    #[cfg(not(unix))]
    let in_progress = false;
    in_progress
        || matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
        )
}

/// Repeats `io` until it is done or the call's time is up. Whatever ended it, the token is asked
/// first: a cancelled connection looks like a lost one.
fn within_the_call<T>(
    socket: &Socket,
    direction: Direction,
    limit: &mut Duration,
    mut io: impl FnMut(&Socket) -> io::Result<T>,
) -> io::Result<T> {
    let lost = |e| Failure::lost(&e);
    loop {
        let left = call::time_left()?;
        if limit.abs_diff(left) > NEAR || *limit < NEAR {
            sys::limit(socket, direction, left).map_err(lost)?;
            *limit = left;
        }
        match io(socket) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) =>
            {
                let wait = at_once(left, sys::SHUTDOWN_WAKES_IO);
                sys::await_ready(socket, direction, wait).map_err(lost)?;
            }
            Err(e) => {
                call::check_token()?;
                return Err(lost(e).into());
            }
            Ok(done) => return Ok(done),
        }
    }
}

impl Read for Tcp {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        call::watch(&self.socket);
        let limit = &mut self.read_timeout;
        let count = within_the_call(&self.socket, Direction::Read, limit, |mut socket| {
            socket.read(buf)
        })?;
        if count == 0 {
            call::check_token()?;
        }
        Ok(count)
    }
}

impl Write for Tcp {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        call::watch(&self.socket);
        let limit = &mut self.write_timeout;
        let count = within_the_call(&self.socket, Direction::Write, limit, |socket| {
            sys::send(socket, buf)
        })?;
        call::mark_sent();
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
