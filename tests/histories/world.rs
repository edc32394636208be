//! The network of a client in a history: peers that make the chosen move at each point of an
//! exchange, and a check of the calls' outcomes. All of it runs in the calling thread, between two
//! of the library's system calls, so that a history is the same in every run.

mod judge;
mod moves;

use std::collections::VecDeque;
use std::io;
use std::net::TcpListener;
use std::os::fd::RawFd;
use std::thread;
use std::time::Duration;

use autoshares_reset::Cancel;
use judge::judge;
use moves::Move;
use rustls::version::{TLS12, TLS13};

use crate::choices::Choices;
use crate::peer::Peer;
use autoshares_test_support::call::{Call, Outcome};
use autoshares_test_support::certificates;
use autoshares_test_support::server::{Kind, Via};
use autoshares_test_support::tagged::{self, smuggled};
use autoshares_test_system_calls::Watcher;

/// More system calls than any call makes.
const ENDLESS: usize = 2000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// TLS with a proxy, CONNECT, TLS with the service.
    ProxyTls,
    Connect,
    Tls,
    Serving,
}

struct Connection {
    peer: Peer,
    stage: Stage,
    inbox: Vec<u8>,
    moves: VecDeque<Move>,
    /// Unsolicited data, which is sent when the library is about to peek or send, so that it arrives first.
    behind: Option<Vec<u8>>,
    /// The request that has no response yet.
    pending: Option<Vec<u8>>,
    /// The last call that peeked at it.
    peeked_in: u32,
    /// The last call whose request it carried.
    used_in: u32,
    /// The response to CONNECT was chosen.
    has_response: bool,
    /// The end of a handshake can be read.
    has_handshake_end: bool,
    /// It was closed from this end.
    is_closed: bool,
    /// Nothing may be sent on it any more.
    is_spent: bool,
    /// A part of a TLS record has arrived, and its rest never will: it could be a session ticket's.
    has_part: bool,
}

/// The call that is being made.
pub struct CurrentCall {
    pub number: u32,
    pub which: Call,
    pub cancel: Cancel,
    /// An event has happened after which it must fail.
    must_fail: bool,
    /// A new connection had unsolicited data before the request, after which another one may be tried.
    connection_had_data: bool,
    was_cancelled: bool,
    was_late: bool,
    /// The bytes of its request that were handed to the system, and those that have arrived.
    bytes_sent: usize,
    bytes_arrived: usize,
    connections: usize,
    system_calls: usize,
}

pub struct World {
    kind: Kind,
    listener: TcpListener,
    pub choices: Choices,
    /// True if sends may fail, or send only a part.
    pub sends_fail: bool,
    /// True once no further event may make a call fail.
    pub nothing_fails: bool,
    connections: Vec<Connection>,
    call: Option<CurrentCall>,
    /// The number of calls in all histories.
    pub calls: u64,
    /// The events of this history, in words.
    pub events: Vec<String>,
    pub failures: Vec<String>,
}

impl World {
    pub fn new(kind: Kind, listener: TcpListener, choices: Choices) -> Self {
        Self {
            kind,
            listener,
            choices,
            sends_fail: true,
            nothing_fails: false,
            connections: Vec::new(),
            call: None,
            calls: 0,
            events: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Prepares the next history.
    pub fn restart(&mut self) {
        self.nothing_fails = false;
        self.connections.clear();
        self.events.clear();
    }

    pub fn choose(&mut self, count: usize, usual: bool) -> usize {
        if self.nothing_fails {
            return 0;
        }
        self.choices.choose(count, usual)
    }

    pub fn begin_call(&mut self, number: u32, which: Call) -> Cancel {
        let cancel = Cancel::new();
        self.calls += 1;
        self.log(format_args!("call {number}: {which:?}"));
        self.call = Some(CurrentCall {
            number,
            which,
            cancel: cancel.clone(),
            must_fail: false,
            connection_had_data: false,
            was_cancelled: false,
            was_late: false,
            bytes_sent: 0,
            bytes_arrived: 0,
            connections: 0,
            system_calls: 0,
        });
        cancel
    }

    pub fn end_call(&mut self, outcome: Outcome) {
        for index in 0..self.connections.len() {
            self.receive(index);
            let connection = &mut self.connections[index];
            // Anything that is not at its end spoils a connection.
            connection.is_spent |= !connection.inbox.is_empty()
                || connection.pending.is_some()
                || !connection.moves.is_empty()
                || connection.stage != Stage::Serving;
        }
        let call = self.call.take().expect("a call");
        match &outcome {
            Ok(text) => self.log(format_args!("  {text:?}")),
            Err(e) => {
                let sent = if e.request_sent() { "sent" } else { "not sent" };
                self.log(format_args!("  {:?}, {sent}: {e}", e.code()));
            }
        }
        for failure in judge(&call, outcome) {
            self.fail(format!("call {}: {failure}", call.number));
        }
        let carried = self
            .connections
            .iter()
            .filter(|connection| connection.used_in == call.number);
        let at_most = if call.which == Call::Question { 2 } else { 1 };
        if carried.count() > at_most {
            self.fail(format!("call {} was sent too often", call.number));
        }
        if call.connections > 2 {
            self.fail(format!(
                "call {} made {} connections",
                call.number, call.connections
            ));
        }
    }

    /// Checks that the dropped client sends nothing and leaves nothing open.
    pub fn close(&mut self) {
        for index in 0..self.connections.len() {
            self.receive(index);
            // A busy system may deliver the end a moment later.
            for _ in 0..1000 {
                if !self.connections[index].peer.ended {
                    thread::sleep(Duration::from_millis(1));
                    self.receive(index);
                }
            }
            if !self.connections[index].peer.ended {
                self.fail(format!("connection {index} was left open"));
            }
        }
    }

    fn log(&mut self, what: std::fmt::Arguments) {
        self.events.push(what.to_string());
    }

    fn fail(&mut self, what: String) {
        self.log(format_args!("  !!! {what}"));
        self.failures.push(what);
    }

    fn expect_failure(&mut self) {
        if let Some(call) = &mut self.call {
            call.must_fail = true;
        }
    }

    fn connection(&self, fd: RawFd) -> Option<usize> {
        // The system reuses numbers, so the latest connection counts.
        self.connections
            .iter()
            .rposition(|connection| connection.peer.fd == fd)
    }

    /// Reads the data that has arrived, and checks that it may arrive.
    fn receive(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        let bytes = connection.peer.receive();
        let count = bytes.len();
        connection.inbox.extend(bytes);
        if connection.stage == Stage::ProxyTls && !connection.peer.is_shaking_hands() {
            connection.stage = Stage::Connect;
        }
        if connection.stage == Stage::Tls && !connection.peer.is_shaking_hands() {
            connection.stage = Stage::Serving;
            connection.has_handshake_end = true;
        }
        if connection.stage != Stage::Serving || count == 0 {
            return;
        }
        let is_spent = connection.is_spent;
        let Some(call) = &mut self.call else {
            return self.fail("something was sent between the calls".into());
        };
        call.bytes_arrived += count;
        connection.used_in = call.number;
        let number = call.number;
        if is_spent {
            self.fail(format!("call {number} was sent on a spent connection"));
        }
        self.take_request(index, number);
    }

    fn take_request(&mut self, index: usize, number: u32) {
        let connection = &mut self.connections[index];
        let Some(end) = tagged::end_of(&connection.inbox) else {
            return;
        };
        let rest = connection.inbox.split_off(end);
        let request = std::mem::replace(&mut connection.inbox, rest);
        let tag = tagged::tag_of(&request);
        let is_second = connection.pending.replace(request).is_some();
        if tag != Some(number) {
            self.fail(format!(
                "the request of {tag:?} came in the call of {number}"
            ));
        }
        if is_second {
            self.fail("a request came before the response to the last one".into());
        }
    }

    /// An event just before the library sends a request, which a peek would see.
    fn before_send(&mut self, index: usize) -> io::Result<()> {
        let number = self.call.as_ref().map_or(0, |call| call.number);
        let connection = &mut self.connections[index];
        if let Some(bytes) = connection.behind.take() {
            match connection.stage {
                Stage::Serving => connection.peer.send(&bytes),
                _ => connection.peer.send_past_tls(&bytes),
            }
        }
        let is_at_rest = connection.stage == Stage::Serving
            && connection.pending.is_none()
            && connection.inbox.is_empty()
            && connection.moves.is_empty();
        if !is_at_rest || connection.peeked_in == number {
            return Ok(());
        }
        connection.peeked_in = number;
        let is_new = connection.used_in == 0;
        self.choose_event(index, is_new)
    }

    /// Begins the protocol behind the proxy, if there is one.
    fn begin(&mut self, index: usize) {
        if !self.kind.https {
            self.connections[index].stage = Stage::Serving;
            return;
        }
        let early = self.choose(4, true);
        let version = [&TLS13, &TLS12][self.choose(2, false)];
        if early > 0 {
            self.log(format_args!("  early {early} in {version:?}"));
        }
        let bytes = match early {
            1 => smuggled(),
            2 => smuggled()[..30].into(),
            3 => [smuggled(), smuggled()].concat(),
            _ => Vec::new(),
        };
        let connection = &mut self.connections[index];
        connection.stage = Stage::Tls;
        connection.is_spent |= early > 0;
        connection
            .peer
            .begin_tls(certificates::early(version), &bytes);
        if early > 0 {
            self.early_data();
        }
    }

    /// A new connection had unsolicited data before the request: another one may be tried, once.
    fn early_data(&mut self) {
        let Some(call) = &mut self.call else { return };
        call.must_fail |= call.connection_had_data || call.which != Call::Question;
        call.connection_had_data = true;
    }

    /// The library waits for this connection.
    fn on_wait(&mut self, index: usize) -> io::Result<()> {
        self.receive(index);
        let connection = &mut self.connections[index];
        if connection.moves.is_empty() {
            if connection.stage == Stage::Connect
                && !connection.has_response
                && tagged::end_of(&connection.inbox).is_some()
            {
                self.respond_to_connect(index);
            } else if let Some(request) = connection.pending.take() {
                self.respond(index, &request);
            }
        }
        let connection = &mut self.connections[index];
        let Some(next) = connection.moves.pop_front() else {
            return self.on_endless_wait(index);
        };
        let made = self.make(index, next);
        let connection = &mut self.connections[index];
        if connection.stage == Stage::Connect && connection.moves.is_empty() {
            self.begin(index);
        }
        made
    }

    /// No more data will arrive: a request was not sent as a whole, or a response has ended.
    fn on_endless_wait(&mut self, index: usize) -> io::Result<()> {
        let connection = &mut self.connections[index];
        let has_handshake_end = std::mem::take(&mut connection.has_handshake_end);
        let Some(call) = &self.call else {
            return Ok(());
        };
        if connection.has_part {
            return self.make(index, Move::Late);
        }
        let is_over =
            has_handshake_end || call.was_cancelled || call.was_late || connection.is_closed;
        if connection.stage == Stage::Serving && !is_over {
            self.fail("the call waits for a response to what it has not sent".into());
            return self.make(index, Move::Cancel);
        }
        Ok(())
    }

    /// Ends a call that does not end by itself.
    fn count(&mut self) {
        let Some(call) = &mut self.call else { return };
        call.system_calls += 1;
        if call.system_calls == ENDLESS {
            call.cancel.trigger();
            self.fail("a call without end".into());
        }
    }
}

impl Watcher for World {
    fn connected(&mut self, fd: RawFd) {
        self.count();
        let tcp = loop {
            match self.listener.accept() {
                Ok((tcp, _)) => break tcp,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => std::thread::yield_now(),
                Err(e) => panic!("{e}"),
            }
        };
        let mut peer = Peer::new(fd, tcp).expect("a socket");
        let stage = match self.kind.proxy {
            None => Stage::Serving,
            Some(Via::Plain) => Stage::Connect,
            Some(Via::Tls) => {
                peer.begin_tls(certificates::good(), b"");
                Stage::ProxyTls
            }
        };
        let index = self.connections.len();
        self.connections.push(Connection {
            peer,
            stage,
            inbox: Vec::new(),
            moves: VecDeque::new(),
            behind: None,
            pending: None,
            peeked_in: 0,
            used_in: 0,
            has_response: false,
            has_handshake_end: false,
            is_closed: false,
            is_spent: false,
            has_part: false,
        });
        if self.kind.proxy.is_none() {
            self.begin(index);
        }
        if let Some(call) = &mut self.call {
            call.connections += 1;
            self.connections[index].peeked_in = match self.connections[index].stage {
                Stage::Serving => call.number,
                _ => 0,
            };
        }
        // A connect cannot fail any more: the next operation sees the end of the call.
        let _ = self.choose_event(index, true);
    }

    fn receives(&mut self, fd: RawFd, waits: bool) -> io::Result<()> {
        self.count();
        let Some(index) = self.connection(fd) else {
            return Ok(());
        };
        if waits {
            self.on_wait(index)
        } else {
            self.before_send(index)
        }
    }

    fn sends(&mut self, fd: RawFd, bytes: usize, waits: bool) -> io::Result<usize> {
        self.count();
        let Some(index) = self.connection(fd).filter(|_| waits) else {
            return Ok(bytes);
        };
        // A send that has begun does not check the time.
        let _ = self.before_send(index);
        let chosen = if self.sends_fail {
            self.choose(10, true)
        } else {
            0
        };
        let taken = match chosen {
            7 => bytes.div_ceil(2),
            8 => 1,
            9 => {
                self.expect_failure();
                self.log(format_args!("  a send of {bytes} fails"));
                return Err(io::Error::from_raw_os_error(libc::ENOBUFS));
            }
            _ => bytes,
        };
        if taken < bytes {
            self.log(format_args!("  {taken} of {bytes} are sent"));
        }
        Ok(taken)
    }

    fn sent(&mut self, fd: RawFd, bytes: usize, waits: bool) {
        let Some(index) = self.connection(fd) else {
            return;
        };
        let is_of_a_request = waits && self.connections[index].stage == Stage::Serving;
        if let Some(call) = self.call.as_mut().filter(|_| is_of_a_request) {
            call.bytes_sent += bytes;
        }
        self.receive(index);
    }
}
