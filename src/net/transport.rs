//! A connection as ureq uses it: one write and one read for a small exchange, both bounded by the
//! call's deadline and ended by its cancel token.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::{ClientConnection, Stream};
use socket2::Socket;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport, TransportAdapter};

use super::agent::MAX_HEADER;
use super::buffers::Held;
use super::call;
use super::failure::Failure;
use super::records::Records;
use super::sys;
use super::tcp::Tcp;
use crate::error::Code;

/// What carries the bytes: a connection of our own, or a proxy's tunnel.
pub(super) enum Link {
    Tcp(Tcp),
    Tunnel {
        adapter: TransportAdapter,
        /// The connection to the proxy, where it is not encrypted.
        plain: Option<Arc<Socket>>,
    },
}

impl Read for Link {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.read(buf),
            Self::Tunnel { adapter, .. } => adapter.read(buf),
        }
    }
}

impl Write for Link {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.write(buf),
            Self::Tunnel { adapter, .. } => adapter.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What lies between ureq's buffers and the link.
enum Layer {
    Plain,
    Tls(Box<Tls>),
}

struct Tls {
    session: ClientConnection,
    records: Records,
}

/// The most that may lie here unused. ureq bounds a header, but not the line before a chunk.
const MAX_UNUSED: usize = 128 * 1024;

/// The most that an answer may take in all. ureq bounds its header and this library its body, but
/// nobody bounds the lines around chunks: in chunks of one byte, the largest body takes 6 MiB.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// A connection that ureq keeps in its pool.
pub(super) struct Connection {
    link: Link,
    layer: Layer,
    buffers: Held,
    /// It leads through a proxy, so that what follows the CONNECT is another connection's.
    is_tunnel: bool,
    /// The last answer was read to its end, and no request was sent since.
    resting: bool,
    /// No header of an answer has come yet but informational ones.
    expects_header: bool,
    /// How much has come since the last request.
    taken: usize,
    /// The answer has no body by its status. Should one follow all the same, it must not be taken
    /// for the next answer.
    bodiless: bool,
}

impl Connection {
    pub fn plain(link: Link) -> Self {
        Self::new(link, Layer::Plain)
    }

    /// Shakes hands. What goes wrong in it, time apart, is a failure of TLS.
    pub fn tls(mut link: Link, session: ClientConnection) -> Result<Self, Failure> {
        let mut tls = Tls {
            session,
            records: Records::default(),
        };
        while tls.session.is_handshaking() || tls.session.wants_write() {
            let mut link = tls.records.follow(&mut link);
            tls.session.complete_io(&mut link).map_err(|e| {
                let failure = Failure::from(e);
                match failure.code {
                    Code::ConnectionLost => failure.in_handshake(),
                    _ => failure,
                }
            })?;
        }
        Ok(Self::new(link, Layer::Tls(Box::new(tls))))
    }

    fn new(link: Link, layer: Layer) -> Self {
        Self {
            link,
            layer,
            buffers: Held::default(),
            is_tunnel: false,
            resting: false,
            expects_header: true,
            taken: 0,
            bodiless: false,
        }
    }

    /// The same connection, as a proxy's, and what arrives on it where that is not encrypted.
    pub fn tunnel(mut self) -> (Self, Option<Arc<Socket>>) {
        self.is_tunnel = true;
        let plain = match (&self.link, &self.layer) {
            (Link::Tcp(tcp), Layer::Plain) => Some(Arc::clone(&tcp.socket)),
            _ => None,
        };
        (self, plain)
    }

    /// Sends what ureq has written. It was held back until now so that a header and its body
    /// leave in one write.
    fn flush(&mut self) -> Result<(), Failure> {
        self.resting = false;
        self.expects_header = !self.is_tunnel || call::is_connecting();
        self.taken = 0;
        let mut unsent = self.buffers.unsent();
        while !unsent.is_empty() {
            let taken = match &mut self.layer {
                Layer::Plain => self.link.write(unsent)?,
                Layer::Tls(tls) => {
                    let taken = tls.session.writer().write(unsent)?;
                    while tls.session.wants_write() {
                        tls.session.write_tls(&mut self.link)?;
                    }
                    taken
                }
            };
            unsent = &unsent[taken..];
        }
        self.buffers.wipe_unsent();
        Ok(())
    }

    fn receive(&mut self) -> Result<usize, Failure> {
        let free = self.buffers.input_append_buf();
        Ok(match &mut self.layer {
            Layer::Plain => self.link.read(free)?,
            // Its reader says `UnexpectedEof` where the end came without a close_notify.
            Layer::Tls(tls) => {
                let mut link = tls.records.follow(&mut self.link);
                Stream::new(&mut tls.session, &mut link).read(free)?
            }
        })
    }

    /// Drops a `100 Continue` and its like before ureq sees it: ureq skips them too, but refuses
    /// one that has header fields.
    fn skip_informational(&mut self) {
        while self.expects_header {
            match informational(self.buffers.input()) {
                Some(httparse::Status::Complete(size)) => {
                    self.buffers.input_consume(size);
                    // What ureq has not seen is no progress of its own: with a part of a header
                    // left here, it would look again and again instead of reading on.
                    self.buffers.input_consume(0);
                }
                Some(httparse::Status::Partial) => return,
                None => {
                    self.expects_header = false;
                    let status = status_digits(self.buffers.input());
                    self.bodiless = matches!(status, Some(b"204" | b"304"));
                }
            }
        }
    }

    /// Whether nothing has arrived that could be taken for the next answer.
    fn is_silent(&mut self) -> bool {
        let socket = match &mut self.link {
            Link::Tcp(_) if self.is_tunnel && matches!(self.layer, Layer::Plain) => return true,
            Link::Tcp(tcp) => &tcp.socket,
            Link::Tunnel { adapter, plain } => {
                let proxy = adapter.get_mut();
                match plain {
                    // What arrives there is for this end of the tunnel to judge.
                    Some(socket) if proxy.is_open() => socket,
                    Some(_) => return false,
                    // The proxy's own connection rests from the first look on, and is probed by
                    // the next.
                    None => return proxy.is_open() && proxy.is_open(),
                }
            }
        };
        match &mut self.layer {
            Layer::Plain => would_block(sys::peek(socket)),
            Layer::Tls(tls) => tls.is_silent(socket),
        }
    }
}

impl Tls {
    /// Session tickets are welcome at any time, if there are not too many; data and an end are not.
    fn is_silent(&mut self, socket: &Socket) -> bool {
        for _ in 0..MAX_PROBES {
            let mut arrived = self.records.follow(Arrived(socket));
            match self.session.read_tls(&mut arrived) {
                Err(e) => return e.kind() == io::ErrorKind::WouldBlock && self.rests(),
                Ok(0) => return false,
                Ok(_) if self.session.process_new_packets().is_err() => return false,
                Ok(_) => {}
            }
        }
        false
    }

    /// Nothing is left that could be taken for an answer, not even a part of a record, and the end
    /// was not announced: a session wants to read only then.
    fn rests(&self) -> bool {
        self.session.wants_read() && self.records.is_between_two()
    }
}

/// How often a resting connection is read from, at the most, before it is used: servers send a few
/// session tickets, and a flood of them must not hold the call.
const MAX_PROBES: usize = 8;

/// As many fields as ureq takes.
const MAX_FIELDS: usize = 128;

/// How long the informational answer is that begins here; `None` where another one does.
fn informational(input: &[u8]) -> Option<httparse::Status<usize>> {
    match status_digits(input) {
        None => Some(httparse::Status::Partial),
        Some([b'1', ..]) => {
            let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
            let mut header = httparse::Response::new(&mut fields);
            // What is broken is ureq's to name.
            let status = header.parse(input).ok();
            status.filter(|status| match header.code {
                Some(code) => matches!(code, 100 | 102..=199),
                None => status.is_partial(),
            })
        }
        Some(_) => None,
    }
}

/// The digits of the status, if this is an answer and if they are in; empty lines may stand before.
fn status_digits(input: &[u8]) -> Option<&[u8]> {
    let start = "HTTP/1.1 ".len();
    input.trim_ascii_start().get(start..start + 3)
}

fn would_block(result: io::Result<usize>) -> bool {
    result.is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock)
}

/// Reads what is there already.
struct Arrived<'a>(&'a Socket);

impl Read for Arrived<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        sys::read_arrived(self.0, buf)
    }
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        self.buffers.hold(amount);
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        if !self.buffers.unsent().is_empty() {
            self.flush()?;
        }
        if self.buffers.input().len() > MAX_UNUSED {
            let detail = "its answer makes no sense up to a length that nothing needs";
            return Err(Failure::new(Code::InvalidResponse, detail).into());
        }
        let count = self.receive()?;
        self.buffers.input_appended(count);
        // What comes from a proxy may be the service's goodbye, and no answer.
        if count > 0 && !self.is_tunnel {
            call::with(|call| call.received = true);
        }
        self.skip_informational();
        self.taken += count;
        let limit = if self.expects_header {
            MAX_HEADER
        } else {
            MAX_ANSWER
        };
        if self.taken > limit {
            let detail = "its answer does not come to an end";
            return Err(Failure::new(Code::InvalidResponse, detail).into());
        }
        Ok(count > 0)
    }

    /// ureq asks twice: when an answer was read, and before it uses a kept connection.
    fn is_open(&mut self) -> bool {
        // ureq has looked, but not into a tunnel.
        if !self.buffers.input().is_empty() {
            return false;
        }
        if self.resting {
            return !call::with(|call| call.fresh) && self.is_silent();
        }
        self.resting = true;
        self.buffers.rest();
        // From here on another call may have this socket.
        call::unwatch();
        if self.bodiless {
            return false;
        }
        match &mut self.layer {
            Layer::Plain => true,
            Layer::Tls(tls) => tls.rests(),
        }
    }

    fn is_tls(&self) -> bool {
        matches!(self.layer, Layer::Tls(_))
    }
}

impl Drop for Connection {
    /// Says goodbye, as TLS asks, if that is possible without waiting.
    fn drop(&mut self) {
        if let (Layer::Tls(tls), Link::Tcp(tcp)) = (&mut self.layer, &self.link) {
            struct Now<'a>(&'a Socket);
            impl Write for Now<'_> {
                fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                    sys::write_now(self.0, buf)
                }
                fn flush(&mut self) -> io::Result<()> {
                    Ok(())
                }
            }
            tls.session.send_close_notify();
            let _ = tls.session.write_tls(&mut Now(&tcp.socket));
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = f.debug_struct("Connection");
        output.field("tls", &self.is_tls()).finish_non_exhaustive()
    }
}
