//! A TCP connection whose reads and writes keep within the limits of a call.

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
        // Fails if the connection is already closed, which wakes the call as well.
        let _ = self.shutdown(Shutdown::Both);
    }
}

pub(super) struct Tcp {
    socket: Arc<Socket>,
    read_timeout: Duration,
    write_timeout: Duration,
    /// The registration with the token of the call that uses this connection.
    watch: Option<Watch>,
    pub carried: Carried,
}

/// The numbers of bytes handed to and received from the system.
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

/// A socket's timeout may differ from the time left for the call by this much. So a call on a kept
/// connection can reuse the timeout of the last one, which saves a system call.
const TIMEOUT_SLACK: Duration = Duration::from_millis(100);

/// The interval at which a call checks its token on systems where a shutdown does not wake it.
const TOKEN_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The time that one system call may block, of the time `left` for the call.
pub(super) fn blocking_time(limits: &Limits, left: Duration, is_woken: bool) -> Duration {
    if is_woken || !limits.has_token() {
        left
    } else {
        left.min(TOKEN_POLL_INTERVAL)
    }
}

impl Tcp {
    /// Takes ownership of a connected socket, for the call with these limits.
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
        // Drops the old watch first, which frees its place in the token's list.
        self.watch = None;
        self.watch = limits.and_then(|limits| limits.watch(&self.socket));
    }

    /// Reads within the limits; without limits, only bytes that have already arrived.
    pub fn read(&mut self, buf: &mut [u8], limits: Option<&Limits>) -> io::Result<usize> {
        let count = match limits {
            None => uninterrupted(|| sys::read_arrived(&self.socket, buf))?,
            Some(limits) => {
                let timeout = &mut self.read_timeout;
                let read = |mut socket: &Socket| socket.read(buf);
                let count = within(limits, &self.socket, Direction::Read, timeout, read)?;
                if count == 0 {
                    // A wake by the token looks like a close by the peer, so the token decides.
                    limits.check_token()?;
                }
                count
            }
        };
        self.carried.received += count as u64;
        Ok(count)
    }

    /// Writes within the limits; without limits, only bytes that the system accepts at once.
    pub fn write(&mut self, buf: &[u8], limits: Option<&Limits>) -> io::Result<usize> {
        let count = match limits {
            None => uninterrupted(|| sys::write_now(&self.socket, buf))?,
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

/// The most repetitions of non-blocking I/O after signals, because no deadline bounds it.
const INTERRUPTIONS: usize = 16;

fn uninterrupted(mut io: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    let is_interrupted = |e: &io::Error| e.kind() == io::ErrorKind::Interrupted;
    let mut done = io();
    for _ in 0..INTERRUPTIONS {
        if !done.as_ref().is_err_and(is_interrupted) {
            break;
        }
        done = io();
    }
    done
}

/// Repeats `io` until it is done or the limits end it. The token is checked before any error is
/// reported, because a cancelled connection looks like a lost one.
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
        if timeout.abs_diff(left) > TIMEOUT_SLACK || *timeout < TIMEOUT_SLACK {
            sys::limit(socket, direction, left).map_err(lost)?;
            *timeout = left;
        }
        match io(socket) {
            Ok(done) => return Ok(done),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                let wait = blocking_time(limits, left, sys::SHUTDOWN_WAKES_IO);
                sys::await_ready(socket, direction, wait).map_err(lost)?;
            }
            Err(e) => {
                limits.check_token()?;
                return Err(lost(e).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;
    use crate::error::Code;
    use crate::net::Cancel;

    #[test]
    fn a_call_blocks_for_all_of_its_time_unless_nothing_wakes_it_for_its_token() {
        let time = Duration::from_secs(5);
        let limits = |cancel| Limits::new(time, time, cancel);
        let cancel = Cancel::new();
        assert_eq!(blocking_time(&limits(None), time, false), time);
        assert_eq!(blocking_time(&limits(Some(&cancel)), time, true), time);
        let polled = blocking_time(&limits(Some(&cancel)), time, false);
        assert_eq!(polled, TOKEN_POLL_INTERVAL);
    }

    #[test]
    fn a_read_waits_only_for_the_time_that_an_earlier_one_has_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut peer = listener.accept().unwrap().0;
        let limits = Limits::new(Duration::from_secs(1), Duration::from_secs(1), None);
        let mut tcp = Tcp::new(Arc::new(socket.into()), &limits).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(600));
                peer.write_all(b"H").unwrap();
            });
            assert_eq!(tcp.read(&mut [0], Some(&limits)).unwrap(), 1);
            assert!(tcp.read(&mut [0], Some(&limits)).is_err());
        });
        assert!(limits.began.elapsed() < Duration::from_millis(1_400));

        // The first read does not block for ever either if little time is left.
        let limits = Limits::new(TIMEOUT_SLACK / 2, TIMEOUT_SLACK / 2, None);
        tcp.read_timeout = Duration::ZERO;
        assert!(tcp.read(&mut [0], Some(&limits)).is_err());
        assert!(limits.began.elapsed() < Duration::from_millis(400));
    }

    #[test]
    fn io_within_limits_is_repeated_after_a_signal_only() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let limits = Limits::new(Duration::from_secs(10), Duration::MAX, None);
        let socket = Socket::from(socket);
        let run = |kind: io::ErrorKind, times: usize| {
            let mut calls = 0;
            let outcome = within(
                &limits,
                &socket,
                Direction::Read,
                &mut Duration::default(),
                |_| {
                    calls += 1;
                    if calls > times {
                        Ok(())
                    } else {
                        Err(kind.into())
                    }
                },
            );
            (outcome.map_err(|e| Failure::from(e).code).err(), calls)
        };
        assert_eq!(run(io::ErrorKind::Interrupted, 2), (None, 3));
        assert_eq!(
            run(io::ErrorKind::ConnectionReset, 2),
            (Some(Code::ConnectionLost), 1)
        );
    }

    #[test]
    fn io_that_signals_interrupt_is_repeated_but_not_for_ever() {
        let interrupted = || io::Error::from(io::ErrorKind::Interrupted);
        for (signals, succeeds) in [(0, true), (INTERRUPTIONS, true), (INTERRUPTIONS + 1, false)] {
            let mut calls = 0;
            let done = uninterrupted(|| {
                calls += 1;
                if calls > signals {
                    Ok(7)
                } else {
                    Err(interrupted())
                }
            });
            assert_eq!(done.ok(), succeeds.then_some(7), "{signals}");
        }
        let mut calls = 0;
        let failed = uninterrupted(|| {
            calls += 1;
            Err(io::ErrorKind::WouldBlock.into())
        });
        assert_eq!(
            (failed.unwrap_err().kind(), calls),
            (io::ErrorKind::WouldBlock, 1)
        );
    }
}
