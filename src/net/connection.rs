//! A connection and its state. ureq drives it through an exchange.
//!
//! - A byte is read as part of a response only in `Sent` and `Reading`, that is, after the whole
//!   request was handed to the system. A byte that arrives before the request's whole header was
//!   handed over makes the connection `Spent`.
//! - A connection is kept only in `Idle`, that is, after a response was read to its end and nothing
//!   is left unsent or unread.
//! - A failure at any point makes it `Spent`. Dropping a connection writes at most a close_notify,
//!   and nothing if other data is unsent.

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
    /// No exchange uses it.
    Idle,
    /// ureq composes the request; none of it was handed to the system.
    Composing,
    /// The whole request was handed to the system; no byte of the response has arrived.
    Sent,
    /// Part of the response has arrived.
    Reading,
    /// It must not be used again.
    Spent,
}

pub(super) struct Connection {
    state: State,
    stream: Stream,
    request: RequestBuffer,
    incoming: Incoming,
    /// The limits of the call that uses the connection.
    limits: Option<Limits>,
    /// The time that a call waits for the rest of a partly received session ticket.
    ticket_timeout: Duration,
    /// The TCP byte counts when this exchange began.
    before: Carried,
    first_byte: Option<Instant>,
}

/// The request as ureq writes it, buffered until it is complete, so that it is sent in one piece.
#[derive(Default)]
struct RequestBuffer {
    buffer: Vec<u8>,
    buffered: usize,
    /// The number of bytes that TCP had written before the first byte of the request.
    begins_at: Option<u64>,
    /// The length of the header, once the body begins.
    header: Option<usize>,
    /// An upper bound for the size of the request.
    room: usize,
}

/// The most plaintext that a TLS record holds.
const MAX_RECORD_SIZE: usize = 16_384;

/// The timeout for a session ticket on a connection made ahead, which can be replaced.
const TICKET_TIMEOUT: Duration = Duration::from_secs(1);

/// The most memory that an idle connection keeps for requests.
const IDLE_SIZE: usize = 16_384;

/// The report on a finished exchange.
pub(super) struct ExchangeReport {
    /// At least part of the request was handed to the system.
    pub sent: bool,
    /// Part of a response has arrived.
    pub received: bool,
    /// The connection may serve another call.
    pub is_idle: bool,
    pub carried: Carried,
    pub first_byte: Option<Instant>,
    pub tls: Option<Tls>,
    /// The last step of the exchange.
    pub step: &'static str,
}

impl Connection {
    /// A connection that no call uses yet.
    pub fn new(mut stream: Stream) -> Self {
        stream.tcp().bind(None);
        Self {
            state: State::Idle,
            stream,
            request: RequestBuffer::default(),
            incoming: Incoming::default(),
            limits: None,
            ticket_timeout: Duration::MAX,
            before: Carried::default(),
            first_byte: None,
        }
    }

    /// Called when the connection was made ahead, for a later call to use.
    pub fn made_ahead(&mut self) -> Option<Tls> {
        self.ticket_timeout = TICKET_TIMEOUT;
        self.stream.agreed()
    }

    /// Idle -> Composing: a call takes the connection for a request of at most `room` bytes.
    pub fn begin(&mut self, limits: &Limits, room: usize) {
        debug_assert_eq!(self.state, State::Idle);
        self.state = State::Composing;
        self.stream.tcp().bind(Some(limits));
        self.before = self.stream.tcp().carried;
        self.limits = Some(limits.clone());
        self.request.room = room;
    }

    /// Keeps the `amount` bytes that ureq has written until the request is complete.
    pub fn buffer_output(&mut self, amount: usize) {
        self.request.buffered += amount;
    }

    /// Composing -> Sent.
    fn send(&mut self) -> Result<(), Failure> {
        self.state = State::Spent;
        let limits = self.limits.as_ref().ok_or_else(Failure::internal)?;
        let request = &self.request.buffer[..self.request.buffered];
        let header = self.request.header.unwrap_or(request.len());
        // The header of a long request is sent alone, so that it is known when all of it was sent.
        let first = if request.len() > MAX_RECORD_SIZE {
            header
        } else {
            request.len()
        };
        let may_wait = !self.ticket_timeout.is_zero();
        let ticket_limits = may_wait.then(|| limits.at_most(self.ticket_timeout));
        let (mut taken, mut header_is_out) = (0, false);
        loop {
            let is_unsent = self.stream.has_unsent();
            header_is_out |= taken >= header && !is_unsent;
            if !header_is_out {
                let silence = self.stream.expect_no_data(ticket_limits.as_ref());
                silence.or_else(|failure| {
                    // After a trigger of the token the socket looks as if the peer had closed it.
                    limits.time_left()?;
                    let is_late = failure.code == Code::Timeout;
                    Err(if is_late {
                        Failure::unsolicited()
                    } else {
                        failure
                    })
                })?;
            }
            if taken == request.len() && !is_unsent {
                break;
            }
            if taken == 0 && self.stream.has_unsent() {
                // The TLS layer's reply to a key update is not part of the request.
                self.stream.write(&[], Some(limits))?;
                continue;
            }
            let begins_at = &mut self.request.begins_at;
            begins_at.get_or_insert(self.stream.tcp().carried.written);
            let piece = if header_is_out { request.len() } else { first };
            taken += self.stream.write(&request[taken..piece], Some(limits))?;
        }
        self.request.wipe();
        self.state = State::Sent;
        Ok(())
    }

    /// Sent or Reading -> Reading, with input for ureq; `false` at the end of the peer's data.
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
            let read = self.stream.read(self.incoming.space(), limits);
            let count = read.map_err(Failure::from).or_else(|failure| {
                let is_cut = failure.code == Code::ConnectionLost;
                let is_whole = is_cut && self.incoming.is_whole();
                is_whole.then_some(0).ok_or(failure)
            })?;
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

    /// Reading -> Idle: ureq has read the response to its end, and neither side asked to close.
    pub fn finish(&mut self) {
        let is_whole = self.state == State::Reading
            && self.incoming.is_empty()
            && !self.incoming.is_bodiless()
            && self.stream.is_clean()
            && !self.stream.has_unsent();
        self.state = if is_whole { State::Idle } else { State::Spent };
    }

    /// Ends the exchange: unbinds the call, and wipes the buffers.
    pub fn end(&mut self) -> ExchangeReport {
        let tcp = self.stream.tcp();
        tcp.bind(None);
        let carried = tcp.carried.since(self.before);
        let begins_at = self.request.begins_at.take();
        let sent = begins_at.is_some_and(|before| tcp.carried.written > before);
        let received = self.incoming.has_begun();
        let step = if self.state == State::Composing || self.request.buffered > 0 {
            "sending the request"
        } else if !received {
            "waiting for the response"
        } else {
            "reading the response"
        };
        self.limits = None;
        self.ticket_timeout = Duration::ZERO;
        self.request.wipe();
        self.incoming.wipe();
        self.stream.wipe(carried.received as usize);
        ExchangeReport {
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

    /// True if an idle connection can still serve a call.
    pub fn is_usable(&mut self) -> bool {
        self.state == State::Idle && self.stream.expect_no_data(None).is_ok()
    }
}

impl RequestBuffer {
    fn wipe(&mut self) {
        self.buffer[..self.buffered].fill(0);
        self.buffered = 0;
        self.header = None;
        if self.buffer.len() > IDLE_SIZE {
            self.buffer = Vec::new();
        }
    }
}

impl Buffers for Connection {
    fn output(&mut self) -> &mut [u8] {
        let RequestBuffer {
            buffer,
            buffered,
            room,
            ..
        } = &mut self.request;
        buffer.resize(buffer.len().max(*buffered + *room), 0);
        &mut buffer[*buffered..]
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.request.header.get_or_insert(self.request.buffered);
        // The first buffer is for chunked bodies, which this library never sends.
        (&mut [], self.output())
    }

    fn input(&self) -> &[u8] {
        self.incoming.input()
    }

    // Only the transports of ureq itself fill the buffer through these.
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
