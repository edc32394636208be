//! A connection and the one state that it is in. ureq drives it through an exchange.
//!
//! - A byte is taken for a response only in `Sent` and later, which is reached only when the whole
//!   request was handed to the system. Whatever arrives before makes the connection `Spent`.
//! - A connection is kept only in `Idle`, which is reached only when a response was used to its
//!   end and nothing is left over, neither unsent nor unread.
//! - A failure at any point leaves it `Spent`. Dropping a connection writes at most a close_notify,
//!   and nothing where anything else is unsent.

use std::fmt;
use std::mem;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::Buffers;

use super::call::Limits;
use super::failure::Failure;
use super::incoming::Incoming;
use super::stream::Stream;
use super::tcp::Carried;
use super::trace::Tls;
use crate::error::Code;

#[cfg(test)]
mod tests;

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    /// No exchange is on it.
    Idle,
    /// ureq composes the request; none of it was handed to the system.
    Composing,
    /// The whole request was handed to the system; no byte of the response has arrived.
    Sent,
    /// Some of the response has arrived.
    Reading,
    /// It must not be used again.
    Spent,
}

pub(super) struct Connection {
    state: State,
    stream: Stream,
    outgoing: Outgoing,
    incoming: Incoming,
    /// Those of the call that the connection is in.
    limits: Option<Limits>,
    /// How long a call waits for the rest of a session ticket that has arrived in part.
    patience: Duration,
    /// What TCP had carried when this exchange began.
    before: Carried,
    first_byte: Option<Instant>,
}

/// The request as ureq writes it, held back until it is whole, so that it leaves in one piece.
#[derive(Default)]
struct Outgoing {
    buffer: Vec<u8>,
    held: usize,
    /// What TCP had carried before the first byte.
    begins_at: Option<u64>,
    /// The length of the header, once the body begins.
    header: Option<usize>,
    /// At least as many bytes as the request has.
    room: usize,
}

/// What a TLS record holds.
const ONE_PIECE: usize = 16_384;

/// How long a session ticket may take on a connection made ahead, which can be replaced.
const TICKET_TIME: Duration = Duration::from_secs(1);

/// The most memory that an idle connection keeps for requests.
const IDLE_SIZE: usize = 16_384;

/// What became of an exchange.
pub(super) struct Ended {
    /// Some of the request was handed to the system.
    pub sent: bool,
    /// Some of a response has arrived.
    pub received: bool,
    /// The connection may serve another call.
    pub is_idle: bool,
    pub carried: Carried,
    pub first_byte: Option<Instant>,
    pub tls: Option<Tls>,
    /// The step of the exchange that was under way last.
    pub step: &'static str,
}

impl Connection {
    /// A connection that belongs to no call yet.
    pub fn new(mut stream: Stream) -> Self {
        stream.tcp().bind(None);
        Self {
            state: State::Idle,
            stream,
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            limits: None,
            patience: Duration::MAX,
            before: Carried::default(),
            first_byte: None,
        }
    }

    /// The call that made the connection leaves it to another one.
    pub fn made_ahead(&mut self) -> Option<Tls> {
        self.patience = TICKET_TIME;
        self.stream.agreed()
    }

    /// Idle -> Composing: the connection is a call's, whose request has at most `room` bytes.
    pub fn begin(&mut self, limits: &Limits, room: usize) {
        debug_assert_eq!(self.state, State::Idle);
        self.state = State::Composing;
        self.stream.tcp().bind(Some(limits));
        self.before = self.stream.tcp().carried;
        self.limits = Some(limits.clone());
        self.outgoing.room = room;
    }

    /// Holds back what ureq has written, until the request is whole.
    pub fn hold(&mut self, amount: usize) {
        self.outgoing.held += amount;
    }

    /// Composing -> Sent.
    fn send(&mut self) -> Result<(), Failure> {
        self.state = State::Spent;
        let limits = self.limits.as_ref().ok_or_else(Failure::internal)?;
        let request = &self.outgoing.buffer[..self.outgoing.held];
        let header = self.outgoing.header.unwrap_or(request.len());
        // The header of a long request leaves alone, so that it is known when it is out.
        let first = if request.len() > ONE_PIECE {
            header
        } else {
            request.len()
        };
        let is_patient = !self.patience.is_zero();
        let waits_for = is_patient.then(|| limits.at_most(self.patience));
        let (mut taken, mut header_is_out) = (0, false);
        loop {
            let is_unsent = self.stream.has_unsent();
            header_is_out |= taken >= header && !is_unsent;
            if !header_is_out {
                let silence = self.stream.expect_silence(waits_for.as_ref());
                silence.or_else(|failure| {
                    // A triggered token shuts the socket down, as if the other side had closed it.
                    limits.time_left()?;
                    let is_late = failure.code == Code::Timeout;
                    Err(if is_late { Failure::unasked() } else { failure })
                })?;
            }
            if taken == request.len() && !is_unsent {
                break;
            }
            if taken == 0 && self.stream.has_unsent() {
                // A reply of TLS's, to new keys that came meanwhile, is no part of the request.
                self.stream.write(&[], Some(limits))?;
                continue;
            }
            let begins_at = &mut self.outgoing.begins_at;
            begins_at.get_or_insert(self.stream.tcp().carried.written);
            let piece = if header_is_out { request.len() } else { first };
            taken += self.stream.write(&request[taken..piece], Some(limits))?;
        }
        self.outgoing.wipe();
        self.state = State::Sent;
        Ok(())
    }

    /// Sent or Reading -> Reading, with something to use; `false` at the end of what the other side
    /// sends.
    pub fn receive(&mut self) -> Result<bool, Failure> {
        match self.state {
            State::Composing => self.send()?,
            State::Sent | State::Reading => {}
            State::Idle | State::Spent => return Err(Failure::internal()),
        }
        let state = mem::replace(&mut self.state, State::Spent);
        let limits = self.limits.as_ref();
        self.incoming.check()?;
        loop {
            let count = self.stream.read(self.incoming.space(), limits)?;
            if count == 0 {
                self.state = state;
                return Ok(false);
            }
            self.first_byte.get_or_insert_with(Instant::now);
            self.incoming.arrived(count)?;
            if !self.incoming.input().is_empty() {
                self.state = State::Reading;
                return Ok(true);
            }
        }
    }

    /// Reading -> Idle: ureq has used the response to its end, and nothing asks to close.
    pub fn finish(&mut self) {
        let is_whole = self.state == State::Reading
            && self.incoming.is_empty()
            && !self.incoming.is_bodiless()
            && self.stream.is_clean()
            && !self.stream.has_unsent();
        self.state = if is_whole { State::Idle } else { State::Spent };
    }

    /// The call leaves the connection, and nothing of the exchange stays in it.
    pub fn end(&mut self) -> Ended {
        let tcp = self.stream.tcp();
        tcp.bind(None);
        let carried = tcp.carried.since(self.before);
        let begins_at = self.outgoing.begins_at.take();
        let sent = begins_at.is_some_and(|before| tcp.carried.written > before);
        let received = self.incoming.has_begun();
        let step = if self.state == State::Composing || self.outgoing.held > 0 {
            "sending the request"
        } else if !received {
            "waiting for the response"
        } else {
            "reading the response"
        };
        self.limits = None;
        self.patience = Duration::ZERO;
        self.outgoing.wipe();
        self.incoming.wipe();
        self.stream.wipe(carried.received as usize);
        Ended {
            sent,
            received,
            is_idle: self.state == State::Idle,
            carried,
            first_byte: self.first_byte.take(),
            tls: self.stream.agreed(),
            step,
        }
    }

    pub fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }

    /// Whether an idle connection can still serve a call.
    pub fn is_usable(&mut self) -> bool {
        self.state == State::Idle && self.stream.expect_silence(None).is_ok()
    }
}

impl Outgoing {
    fn wipe(&mut self) {
        self.buffer[..self.held].fill(0);
        self.held = 0;
        self.header = None;
        if self.buffer.len() > IDLE_SIZE {
            self.buffer = Vec::new();
        }
    }
}

impl Buffers for Connection {
    fn output(&mut self) -> &mut [u8] {
        let Outgoing {
            buffer, held, room, ..
        } = &mut self.outgoing;
        buffer.resize(buffer.len().max(*held + *room), 0);
        &mut buffer[*held..]
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.outgoing.header.get_or_insert(self.outgoing.held);
        // The first is for chunked bodies, which this library never sends.
        (&mut [], self.output())
    }

    fn input(&self) -> &[u8] {
        self.incoming.input()
    }

    // ureq's transports fill their buffers themselves.
    fn input_append_buf(&mut self) -> &mut [u8] {
        &mut []
    }

    fn input_appended(&mut self, _: usize) {}

    fn input_consume(&mut self, amount: usize) {
        self.incoming.consume(amount);
    }

    fn can_use_input(&self) -> bool {
        self.incoming.is_usable()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.state)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stream.close_notify();
    }
}
