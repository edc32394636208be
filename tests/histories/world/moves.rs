//! The possible moves of a peer at each point of an exchange.

use std::io;
use std::time::Duration;

use super::{Stage, World};
use autoshares_test_support::server::Via;
use autoshares_test_support::tagged::{self, smuggled};
use autoshares_test_system_calls::let_time_pass;

/// More than a call may take.
const AGES: Duration = Duration::from_secs(31);

const CONNECTED: &[u8] = b"HTTP/1.1 200 Connected\r\nVia: 1.1 proxy\r\n\r\n";
const HINTS: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

/// The move of a peer when the library next waits for it.
#[derive(Clone, Debug)]
pub enum Move {
    Send(Vec<u8>),
    /// Both at once.
    SendAndClose(Vec<u8>),
    Close,
    /// Without a close_notify.
    Cut,
    Reset,
    /// Sends nothing until the call is cancelled.
    Cancel,
    /// Sends nothing until the call's time is over.
    Late,
}

impl World {
    /// Possible events on a connection or in the call before a request is sent.
    pub(super) fn choose_event(&mut self, index: usize, is_new: bool) -> io::Result<()> {
        let is_https = self.connections[index].stage == Stage::Serving && self.kind.https;
        let speaks_plain = self.connections[index].stage == Stage::Serving && !self.kind.https;
        let count = if is_https {
            13
        } else if speaks_plain {
            9
        } else {
            5
        };
        let chosen = self.choose(count, true);
        if chosen > 0 {
            self.log(format_args!("  event {chosen}, new: {is_new}"));
        }
        let connection = &mut self.connections[index];
        let peer = &mut connection.peer;
        match chosen {
            0 => return Ok(()),
            1 => peer.close(true),
            2 => peer.reset(),
            3 => return self.make(index, Move::Cancel),
            4 => return self.make(index, Move::Late),
            5 => peer.send(&smuggled()),
            6 => peer.send_a_part(&smuggled()),
            7 => peer.send(&[smuggled(), smuggled()].concat()),
            8 => {
                peer.send(b"HTTP/1.1 408 Late\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                peer.close(true);
            }
            9 => peer.close(false),
            10 => peer.send_past_tls(&smuggled()),
            11 => peer.send_past_tls(b"\x15\x03\x03\x00\x02\x02\x50"),
            _ => {
                peer.rekey();
                return Ok(());
            }
        }
        connection.is_closed = matches!(chosen, 1 | 2 | 8 | 9);
        // The library need not check whether a new connection has been closed already.
        connection.is_spent |= !is_new || !matches!(chosen, 1 | 2 | 9);
        // Data that does not decrypt is a failure of TLS, after which the call gets no other connection.
        let is_garbage = matches!(chosen, 10 | 11);
        // Data behind a proxy's response to CONNECT fails the call, too.
        let is_a_proxys = self.kind.proxy.is_some() && !self.kind.https;
        let has_tls = is_https || self.kind.proxy == Some(Via::Tls);
        connection.has_part = is_new && has_tls && chosen == 6;
        if is_new && (connection.is_closed || is_garbage || is_a_proxys || connection.has_part) {
            self.expect_failure();
        } else if is_new {
            self.early_data();
        }
        Ok(())
    }

    /// Chooses a response to CONNECT.
    pub(super) fn respond_to_connect(&mut self, index: usize) {
        let (part, rest) = CONNECTED.split_at(20);
        let with = |more: &[u8]| Move::Send([CONNECTED, more].concat());
        let refusal = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
        let chosen = self.choose(14, true);
        let moves = match chosen {
            0 => vec![with(b"")],
            1 => vec![Move::Send(part.into()), Move::Send(rest.into())],
            2 => vec![Move::Send([HINTS, CONNECTED].concat())],
            3 => vec![with(&smuggled())],
            4 => vec![with(b"H")],
            5 => vec![with(b"")],
            6 => vec![Move::Send(part.into()), Move::Close],
            7 => vec![Move::Send(part.into()), Move::Cancel],
            8 => vec![Move::Close],
            9 => vec![Move::Reset],
            10 => vec![Move::Cancel],
            11 => vec![Move::Late],
            12 => vec![Move::Send(refusal.into())],
            _ => vec![Move::Cut],
        };
        if chosen == 5 {
            self.connections[index].behind = Some(smuggled());
        }
        if chosen > 2 {
            self.expect_failure();
        }
        self.log(format_args!("  connect {chosen}"));
        let connection = &mut self.connections[index];
        connection.inbox.clear();
        connection.moves = moves.into();
        connection.is_spent |= chosen > 2;
        connection.has_response = true;
    }

    /// Chooses a response to the request that has come.
    pub(super) fn respond(&mut self, index: usize, request: &[u8]) {
        let response = tagged::response(request);
        let (part, rest) = response.split_at(response.len() / 2);
        let with = |more: &[u8]| Move::Send([&response, more].concat());
        let send = |bytes: &[u8]| Move::Send(bytes.into());
        let header = response.windows(4).position(|part| part == b"\r\n\r\n");
        let (head, body) = response.split_at(header.expect("a header") + 4);
        let connection = head
            .windows(2)
            .position(|part| part == b"\r\n")
            .unwrap_or_default();
        let chunked = format!(
            "{}\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
            String::from_utf8_lossy(&head[..connection]),
            body.len(),
            String::from_utf8_lossy(body),
        );
        let chunked = chunked.as_bytes();
        let closing = format!(
            "{}\r\nConnection: close{}",
            String::from_utf8_lossy(&head[..connection]),
            String::from_utf8_lossy(&response[connection..]),
        );
        let chosen = self.choose(22, true);
        let moves = match chosen {
            0 => vec![with(b"")],
            1 => vec![send(part), send(rest)],
            2 => vec![send(head), send(body)],
            3 => vec![with(&smuggled())],
            4 => vec![with(&smuggled()[..30])],
            5 => vec![send(HINTS), with(b"")],
            6 => vec![Move::Send([HINTS, &response].concat())],
            7 => vec![send(closing.as_bytes())],
            8 => vec![Move::SendAndClose(response.clone())],
            9 => vec![send(chunked)],
            10 => vec![Move::Send([chunked, &smuggled()].concat())],
            11 => vec![send(part), Move::Close],
            12 => vec![send(part), Move::Cut],
            13 => vec![send(part), Move::Reset],
            14 => vec![send(part), Move::Cancel],
            15 => vec![send(part), Move::Late],
            16 => vec![Move::Cancel],
            17 => vec![Move::Late],
            18 => vec![Move::Close],
            19 => vec![Move::Reset],
            20 => vec![send(head), Move::Cancel],
            _ => vec![send(HINTS), Move::Cancel],
        };
        if chosen > 0 {
            self.log(format_args!("  response {chosen}"));
        }
        if chosen > 10 {
            self.expect_failure();
        }
        // The data behind it is never a response.
        self.connections[index].is_spent |= matches!(chosen, 3 | 4 | 7 | 8 | 10 | 11..);
        self.connections[index].moves = moves.into();
    }

    pub(super) fn make(&mut self, index: usize, next: Move) -> io::Result<()> {
        let connection = &mut self.connections[index];
        let peer = &mut connection.peer;
        connection.is_closed |= matches!(
            next,
            Move::SendAndClose(_) | Move::Close | Move::Cut | Move::Reset
        );
        match next {
            Move::Send(bytes) => peer.send(&bytes),
            Move::SendAndClose(bytes) => {
                peer.send(&bytes);
                peer.close(true);
            }
            Move::Close => peer.close(true),
            Move::Cut => peer.close(false),
            Move::Reset => peer.reset(),
            Move::Cancel => {
                if let Some(call) = &mut self.call {
                    call.was_cancelled = true;
                    call.must_fail = true;
                    call.cancel.trigger();
                }
            }
            Move::Late => {
                let_time_pass(AGES);
                if let Some(call) = &mut self.call {
                    call.was_late = true;
                    call.must_fail = true;
                }
                // As the system reports a timeout.
                return Err(io::Error::from_raw_os_error(libc::EAGAIN));
            }
        }
        Ok(())
    }
}
