//! A TCP connection that waits no longer than its call may.

use std::io::{self, Read};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use socket2::Socket;

use super::call::Limits;
use super::cancel::{Wake, Watch};
use super::failure::Failure;
use super::sys::{self, Direction};

impl Wake for Socket {
    fn wake(&self) {
        // Fails where the connection is already gone, which wakes the call as well.
        let _ = self.shutdown(Shutdown::Both);
    }
}

pub(super) struct Tcp {
    socket: Arc<Socket>,
    read_timeout: Duration,
    write_timeout: Duration,
    /// Lets the token of the call that uses this connection wake it.
    watch: Option<Watch>,
    pub carried: Carried,
}

/// The bytes that were handed to the system, and those that came from it.
#[derive(Clone, Copy, Default)]
pub(super) struct Carried {
    pub written: u64,
    pub received: u64,
}

impl Carried {
    pub fn since(self, before: Self) -> Self {
        Self {
            written: self.written - before.written,
            received: self.received - before.received,
        }
    }
}

/// How far a socket's timeout may be from what is left of the call before it is set again. A call
/// on a kept connection starts with the timeout of the last one, and so costs no system call.
const NEAR: Duration = Duration::from_millis(100);

/// How often a call with a token looks at it where nothing wakes it.
const LOOK: Duration = Duration::from_millis(20);

/// How long a call with `left` to go may block at once.
pub(super) fn at_once(limits: &Limits, left: Duration, is_woken: bool) -> Duration {
    if is_woken || !limits.has_token() {
        left
    } else {
        left.min(LOOK)
    }
}

impl Tcp {
    /// Takes a connected socket over, for the call with these limits.
    pub fn new(socket: Arc<Socket>, limits: &Limits) -> io::Result<Self> {
        socket.set_nonblocking(!sys::BLOCKING)?;
        Ok(Self {
            watch: limits.watch(&socket),
            socket,
            read_timeout: Duration::ZERO,
            write_timeout: Duration::ZERO,
            carried: Carried::default(),
        })
    }

    /// Binds the connection to a call, whose token can then wake it; `None` unbinds it.
    pub fn bind(&mut self, limits: Option<&Limits>) {
        // The old watch first: its place in the token's list is free then.
        self.watch = None;
        self.watch = limits.and_then(|limits| limits.watch(&self.socket));
    }

    /// Reads what arrives within the limits; without any, only what has arrived.
    pub fn read(&mut self, buf: &mut [u8], limits: Option<&Limits>) -> io::Result<usize> {
        let count = match limits {
            None => sys::read_arrived(&self.socket, buf)?,
            Some(limits) => {
                let timeout = &mut self.read_timeout;
                let read = |mut socket: &Socket| socket.read(buf);
                let count = within(limits, &self.socket, Direction::Read, timeout, read)?;
                if count == 0 {
                    // A wake of the token looks like the other side's end.
                    limits.check_token()?;
                }
                count
            }
        };
        self.carried.received += count as u64;
        Ok(count)
    }

    /// Writes some bytes within the limits; without any, only what the system takes at once.
    pub fn write(&mut self, buf: &[u8], limits: Option<&Limits>) -> io::Result<usize> {
        let count = match limits {
            None => sys::write_now(&self.socket, buf)?,
            Some(limits) => {
                let timeout = &mut self.write_timeout;
                let write = |socket: &Socket| sys::send(socket, buf);
                within(limits, &self.socket, Direction::Write, timeout, write)?
            }
        };
        self.carried.written += count as u64;
        Ok(count)
    }
}

/// Repeats `io` until it is done or the limits end it. The token is asked before anything else is
/// blamed, because a cancelled connection looks like a lost one.
fn within<T>(
    limits: &Limits,
    socket: &Socket,
    direction: Direction,
    timeout: &mut Duration,
    mut io: impl FnMut(&Socket) -> io::Result<T>,
) -> io::Result<T> {
    let lost = |e| Failure::lost(&e);
    loop {
        let left = limits.time_left()?;
        if timeout.abs_diff(left) > NEAR || *timeout < NEAR {
            sys::limit(socket, direction, left).map_err(lost)?;
            *timeout = left;
        }
        match io(socket) {
            Ok(done) => return Ok(done),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                let wait = at_once(limits, left, sys::SHUTDOWN_WAKES_IO);
                sys::await_ready(socket, direction, wait).map_err(lost)?;
            }
            Err(e) => {
                limits.check_token()?;
                return Err(lost(e).into());
            }
        }
    }
}
