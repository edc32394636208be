//! Races a host's addresses as RFC 8305 describes: the next attempt starts 250 ms after the last or
//! as soon as one fails, and the first to connect wins.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::call::Limits;
use super::cancel::Wake;
use super::failure::Failure;
use super::sys::{self, Progress};
use super::tcp::blocking_time;
use super::trace::Milliseconds;
use crate::error::Code;

/// RFC 8305's Connection Attempt Delay.
const HEAD_START: Duration = Duration::from_millis(250);

/// The most simultaneous attempts, because Windows waits for at most 64 sockets.
const MAX_ATTEMPTS: usize = 64;

#[derive(Clone)]
struct Attempt {
    /// The index of its address.
    place: usize,
    socket: Arc<Socket>,
    began: Instant,
}

/// The running attempts. The call's token wakes all of them.
#[derive(Default)]
struct Attempts(Mutex<Vec<Attempt>>);

impl Attempts {
    fn list(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Attempts {
    fn wake(&self) {
        for attempt in &*self.list() {
            attempt.socket.wake();
        }
    }
}

/// Returns the first socket that connects and the place of its address, and closes the others. Adds
/// the end of each attempt to `steps`.
pub(super) fn connect(
    addresses: &[SocketAddr],
    limits: &Limits,
    steps: &mut Vec<String>,
) -> Result<(usize, Arc<Socket>), Failure> {
    let attempts = Arc::new(Attempts::default());
    let mut note = |place: usize, began: Instant, ended: Result<&str, &Failure>| {
        let (address, took) = (addresses[place], Milliseconds(began.elapsed()));
        steps.push(match ended {
            Ok(ended) => format!("{address}: {ended} after {took}"),
            Err(failure) => format!("{address}: failed after {took}: {}", failure.in_short()),
        });
    };
    let outcome = run(addresses, limits, &attempts, &mut note);
    for attempt in &*attempts.list() {
        note(attempt.place, attempt.began, Ok("no response"));
    }
    outcome
}

fn run(
    addresses: &[SocketAddr],
    limits: &Limits,
    attempts: &Arc<Attempts>,
    note: &mut impl FnMut(usize, Instant, Result<&str, &Failure>),
) -> Result<(usize, Arc<Socket>), Failure> {
    let _watch = limits.watch(attempts);
    let mut untried = addresses.iter().enumerate().peekable();
    let mut next_start = Instant::now();
    let mut failure = Failure::new(Code::ResolveFailed, "the name has no address");
    loop {
        let left = limits.time_left()?;
        let now = Instant::now();
        let racing = attempts.list().clone();
        let may_start = racing.len() < MAX_ATTEMPTS && untried.peek().is_some();
        let is_due = may_start && (racing.is_empty() || now >= next_start);
        if let Some((place, address)) = is_due.then(|| untried.next()).flatten() {
            match start(*address) {
                Ok(socket) => {
                    attempts.list().push(Attempt {
                        place,
                        socket,
                        began: now,
                    });
                    next_start = now + HEAD_START;
                }
                Err(e) => {
                    failure = Failure::io(Code::ConnectFailed, &e);
                    note(place, now, Err(&failure));
                }
            }
            // Checks the token again: its trigger wakes only the sockets that were in the list.
            continue;
        }
        if racing.is_empty() {
            return Err(failure);
        }
        let mut wait = blocking_time(limits, left, sys::SHUTDOWN_WAKES_CONNECT);
        if may_start {
            wait = wait.min(next_start - now);
        }
        let states = sys::await_connected(racing.iter().map(|attempt| &*attempt.socket), wait)
            .map_err(|e| Failure::io(Code::ConnectFailed, &e))?;
        for (attempt, state) in racing.into_iter().zip(states) {
            let Attempt { place, began, .. } = attempt;
            if matches!(state, Ok(Progress::Waiting)) {
                continue;
            }
            limits.check_token()?;
            attempts.list().retain(|other| other.place != place);
            match state {
                Err(e) => failure = Failure::io(Code::ConnectFailed, &e),
                Ok(_) => {
                    note(place, began, Ok("connected"));
                    return Ok((place, attempt.socket));
                }
            }
            note(place, began, Err(&failure));
            next_start = now;
        }
    }
}

fn start(address: SocketAddr) -> io::Result<Arc<Socket>> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    let socket = sys::beside_standard_streams(socket)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Err(e) if !sys::is_connecting(&e) => Err(e),
        _ => Ok(Arc::new(socket)),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[test]
    fn every_address_is_tried() {
        // Bound but not listening, so it refuses connections.
        let closed = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        closed.bind(&anywhere.into()).unwrap();
        let closed = closed.local_addr().unwrap().as_socket().unwrap();
        let open = TcpListener::bind(anywhere).unwrap();
        let mut addresses = vec![closed; 2 * MAX_ATTEMPTS];
        addresses.push(open.local_addr().unwrap());
        let patience = Duration::from_secs(60);
        let limits = Limits::new(patience, patience, None);
        let connected = connect(&addresses, &limits.connecting(), &mut Vec::new());
        assert_eq!(
            connected.ok().map(|(place, _)| place),
            Some(2 * MAX_ATTEMPTS)
        );
    }
}
