//! A connection as ureq uses it: one write and one read for a small exchange, both bounded by the
//! call's deadline and ended by its cancel token.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, mem};

use rustls::{ClientConnection, Stream};
use socket2::{Domain, Protocol, Socket, Type};
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport, TransportAdapter};

use super::agent::MAX_HEADER;
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
    socket: Arc<Socket>,
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
        let end = std::time::Instant::now() + limit;
        loop {
            let left = call::time_left()?;
            let own = end.saturating_duration_since(std::time::Instant::now());
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
        within_the_call(&self.socket, Direction::Write, limit, |socket| {
            sys::send(socket, buf)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What carries the bytes: a connection of our own, or a proxy's tunnel.
pub(super) enum Link {
    Tcp(Tcp),
    Tunnel(TransportAdapter),
}

impl Read for Link {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.read(buf),
            Self::Tunnel(tunnel) => tunnel.read(buf),
        }
    }
}

impl Write for Link {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.write(buf),
            Self::Tunnel(tunnel) => tunnel.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What lies between ureq's buffers and the link.
enum Layer {
    Plain,
    Tls(Box<ClientConnection>),
}

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
}

impl Connection {
    pub fn plain(link: Link) -> Self {
        Self::new(link, Layer::Plain)
    }

    /// Shakes hands. What goes wrong in it, time apart, is a failure of TLS.
    pub fn tls(mut link: Link, mut tls: ClientConnection) -> Result<Self, Failure> {
        while tls.is_handshaking() || tls.wants_write() {
            tls.complete_io(&mut link).map_err(|e| {
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
        }
    }

    /// The same connection, as a proxy's.
    pub fn tunnel(mut self) -> Self {
        self.is_tunnel = true;
        self
    }

    /// Sends what ureq has written. It was held back until now so that a header and its body
    /// leave in one write.
    fn flush(&mut self) -> Result<(), Failure> {
        self.resting = false;
        self.expects_header = !self.is_tunnel || call::is_connecting();
        self.taken = 0;
        let held = mem::take(&mut self.buffers.held);
        let mut unsent = &self.buffers.output[..held];
        while !unsent.is_empty() {
            let taken = match &mut self.layer {
                Layer::Plain => self.link.write(unsent)?,
                Layer::Tls(tls) => {
                    let taken = tls.writer().write(unsent)?;
                    while tls.wants_write() {
                        tls.write_tls(&mut self.link)?;
                        call::mark_sent();
                    }
                    taken
                }
            };
            call::mark_sent();
            unsent = &unsent[taken..];
        }
        self.buffers.wipe_output(held);
        Ok(())
    }

    fn receive(&mut self) -> Result<usize, Failure> {
        let free = self.buffers.free_input();
        Ok(match &mut self.layer {
            Layer::Plain => self.link.read(free)?,
            // Its reader says `UnexpectedEof` where the end came without a close_notify.
            Layer::Tls(tls) => Stream::new(&mut **tls, &mut self.link).read(free)?,
        })
    }

    /// Drops a `100 Continue` and its like before ureq sees it: ureq skips them too, but refuses
    /// one that has header fields.
    fn skip_informational(&mut self) {
        while self.expects_header {
            match informational(self.buffers.input()) {
                Some(httparse::Status::Complete(size)) => self.buffers.start += size,
                Some(httparse::Status::Partial) => return,
                None => self.expects_header = false,
            }
        }
    }

    /// Whether nothing has arrived that could be taken for the next answer.
    fn is_silent(&mut self) -> bool {
        let (Link::Tcp(tcp), layer) = (&mut self.link, &mut self.layer) else {
            let Link::Tunnel(tunnel) = &mut self.link else {
                return false;
            };
            // The tunnel's own connection rests from the first look on, and is probed by the next.
            let inner = tunnel.get_mut();
            return inner.is_open() && inner.is_open();
        };
        match layer {
            Layer::Plain => would_block(sys::peek(&tcp.socket)),
            Layer::Tls(tls) => loop {
                // Session tickets are welcome at any time; data and an end are not.
                match tls.read_tls(&mut Arrived(&tcp.socket)) {
                    Err(e) => break e.kind() == io::ErrorKind::WouldBlock,
                    Ok(0) => break false,
                    Ok(_) if has_nothing_for_us(tls) => {}
                    Ok(_) => break false,
                }
            },
        }
    }
}

/// How long the informational answer is that begins here; `None` where another one does.
fn informational(input: &[u8]) -> Option<httparse::Status<usize>> {
    match input.get("HTTP/1.1 ".len()) {
        None => Some(httparse::Status::Partial),
        Some(b'1') => {
            let mut fields = [httparse::EMPTY_HEADER; 64];
            let mut header = httparse::Response::new(&mut fields);
            // What is broken is ureq's to name.
            let status = header.parse(input).ok();
            status.filter(|_| header.code != Some(101))
        }
        Some(_) => None,
    }
}

fn would_block(result: io::Result<usize>) -> bool {
    result.is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock)
}

fn has_nothing_for_us(tls: &mut ClientConnection) -> bool {
    let state = tls.process_new_packets();
    state.is_ok_and(|s| s.plaintext_bytes_to_read() == 0 && !s.peer_has_closed())
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
        self.buffers.held += amount;
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        if self.buffers.held > 0 {
            self.flush()?;
        }
        if self.buffers.input().len() > MAX_UNUSED {
            let detail = "its answer makes no sense up to a length that nothing needs";
            return Err(Failure::new(Code::InvalidResponse, detail).into());
        }
        let count = self.receive()?;
        self.buffers.input_appended(count);
        if count > 0 {
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
        match &mut self.layer {
            Layer::Plain => true,
            Layer::Tls(tls) => has_nothing_for_us(tls),
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
            tls.send_close_notify();
            let _ = tls.write_tls(&mut Now(&tcp.socket));
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = f.debug_struct("Connection");
        output.field("tls", &self.is_tls()).finish_non_exhaustive()
    }
}

/// ureq's buffers. They start small, because most exchanges are, and grow where one is not.
#[derive(Default)]
struct Held {
    output: Vec<u8>,
    /// How much of `output` waits to be sent.
    held: usize,
    input: Vec<u8>,
    start: usize,
    end: usize,
    /// How far `input` was ever filled in this exchange.
    high: usize,
    /// The last look at the input used some of it.
    progress: bool,
}

/// What is read at once, at the least.
const READ_SIZE: usize = 4 * 1024;

/// The most that may lie here unused. ureq bounds a header, but not the line before a chunk.
const MAX_UNUSED: usize = 128 * 1024;

/// The most that an answer may take in all. ureq bounds its header and this library its body, but
/// nobody bounds the lines around chunks: in chunks of one byte, the largest body takes 6 MiB.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// What a resting connection may hold on to.
const REST_SIZE: usize = 16 * 1024;

impl Held {
    fn wipe_output(&mut self, used: usize) {
        self.output[..used].fill(0);
    }

    fn free_input(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.input.len() - self.end < READ_SIZE {
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            let wanted = (self.end * 2).max(2 * READ_SIZE);
            self.input.resize(wanted, 0);
        }
        &mut self.input[self.end..]
    }

    /// Leaves nothing of an exchange behind in a kept connection.
    fn rest(&mut self) {
        self.input[..self.high].fill(0);
        self.high = 0;
        (self.start, self.end) = (0, 0);
        for buffer in [&mut self.input, &mut self.output] {
            if buffer.len() > REST_SIZE {
                *buffer = Vec::new();
            }
        }
    }
}

impl Buffers for Held {
    fn output(&mut self) -> &mut [u8] {
        let wanted = self.held + call::with(|call| call.request_size);
        if self.output.len() < wanted {
            self.output.resize(wanted, 0);
        }
        &mut self.output[self.held..]
    }

    fn input(&self) -> &[u8] {
        &self.input[self.start..self.end]
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.free_input()
    }

    fn input_appended(&mut self, amount: usize) {
        self.end += amount;
        self.high = self.high.max(self.end);
    }

    fn input_consume(&mut self, amount: usize) {
        self.progress = amount > 0;
        self.start += amount;
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        // The first is for chunked bodies, which this library never sends.
        self.output();
        (&mut [], &mut self.output[self.held..])
    }

    fn can_use_input(&self) -> bool {
        self.start < self.end && self.progress
    }
}
