//! The layers that carry a connection's bytes: TCP, and any number of TLS sessions above it.

use std::io::{self, Read, Write};

use rustls::ClientConnection;

use super::call::Limits;
use super::failure::Failure;
use super::records::Records;
use super::tcp::Tcp;
use super::trace;
use crate::error::Code;

pub(super) enum Stream {
    Tcp(Tcp),
    Tls(Box<Tls>),
}

pub(super) struct Tls {
    session: ClientConnection,
    records: Records,
    below: Stream,
}

/// The most bytes that are read from an idle session before a call uses it: servers send a few
/// session tickets, and a flood of them must not delay the call.
const MAX_IDLE_BYTES: usize = 16_384;

impl Stream {
    /// Performs the TLS handshake; a connection lost here becomes `TlsFailed`.
    pub fn secure(
        below: Stream,
        session: ClientConnection,
        limits: &Limits,
    ) -> Result<Self, Failure> {
        let records = Records::default();
        let mut tls = Tls {
            session,
            records,
            below,
        };
        let done = tls.handshake(limits).map_err(Failure::from);
        done.map_err(|failure| match failure.code {
            Code::ConnectionLost => failure.in_handshake(),
            _ => failure,
        })?;
        Ok(Self::Tls(Box::new(tls)))
    }

    pub fn tcp(&mut self) -> &mut Tcp {
        match self {
            Self::Tcp(tcp) => tcp,
            Self::Tls(tls) => tls.below.tcp(),
        }
    }

    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Reads within the limits; without any, only what has arrived.
    pub fn read(&mut self, buf: &mut [u8], limits: Option<&Limits>) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.read(buf, limits),
            Self::Tls(tls) => tls.read(buf, limits),
        }
    }

    /// Takes some of `buf`, and hands some of the buffered bytes to the system. It may do only one
    /// of the two, so callers repeat it until all of `buf` is taken and
    /// [`has_unsent`](Self::has_unsent) is false.
    pub fn write(&mut self, buf: &[u8], limits: Option<&Limits>) -> io::Result<usize> {
        match self {
            Self::Tcp(_) if buf.is_empty() => Ok(0),
            Self::Tcp(tcp) => tcp.write(buf, limits),
            Self::Tls(tls) => tls.write(buf, limits),
        }
    }

    pub fn has_unsent(&self) -> bool {
        match self {
            Self::Tcp(_) => false,
            Self::Tls(tls) => tls.session.wants_write() || tls.below.has_unsent(),
        }
    }

    /// The result of the topmost handshake.
    pub fn agreed(&self) -> Option<trace::Tls> {
        match self {
            Self::Tcp(_) => None,
            Self::Tls(tls) => Some(trace::Tls {
                version: tls.session.protocol_version(),
                suite: tls.session.negotiated_cipher_suite().map(|s| s.suite()),
                kind: tls.session.handshake_kind(),
            }),
        }
    }

    /// True if no received data is left here, not even part of a record.
    pub fn is_clean(&self) -> bool {
        match self {
            Self::Tcp(_) => true,
            // A session wants to read only while it has no plaintext to be read, and received no
            // close_notify.
            Self::Tls(tls) => {
                tls.session.wants_read() && tls.records.is_between_two() && tls.below.is_clean()
            }
        }
    }

    /// Fails if the peer has sent data or closed the connection. Session tickets are accepted; with
    /// limits, it waits for the rest of a partial one.
    pub fn expect_no_data(&mut self, limits: Option<&Limits>) -> Result<(), Failure> {
        loop {
            match self.read(&mut [0], None) {
                Err(e) if e.kind() != io::ErrorKind::WouldBlock => return Err(e.into()),
                Err(_) if self.is_clean() => return Ok(()),
                Ok(0) => return Err(Failure::closed()),
                Ok(_) => return Err(Failure::unsolicited()),
                Err(_) => self.finish_record(limits.ok_or_else(Failure::unsolicited)?)?,
            }
        }
    }

    /// Waits for the rest of a partial record, because only a whole one shows whether it is a
    /// session ticket.
    fn finish_record(&mut self, limits: &Limits) -> Result<(), Failure> {
        if let Self::Tls(tls) = self {
            tls.below.finish_record(limits)?;
            while !tls.records.is_between_two() {
                if tls.receive(Some(limits))? == 0 {
                    return Err(Failure::closed());
                }
            }
        }
        Ok(())
    }

    /// Wipes rustls' buffers after an exchange in which this many bytes arrived.
    pub fn wipe(&mut self, arrived: usize) {
        struct Zeros(usize);
        impl Read for Zeros {
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                let used = buf.len().min(self.0);
                buf[..used].fill(0);
                Err(io::ErrorKind::WouldBlock.into())
            }
        }
        if let Self::Tls(tls) = self {
            // rustls passes the buffer in which it decrypts to `read`.
            let _ = tls.session.read_tls(&mut Zeros(arrived));
            tls.below.wipe(arrived);
        }
    }

    /// Sends a close_notify, if that does not block. Does nothing if other data is unsent, because
    /// that would be sent too.
    pub fn close_notify(&mut self) {
        if self.has_unsent() {
            return;
        }
        if let Self::Tls(tls) = self {
            tls.session.send_close_notify();
            let _ = tls.write(&[], None);
        }
    }
}

impl Tls {
    fn handshake(&mut self, limits: &Limits) -> io::Result<()> {
        while self.session.is_handshaking() || self.session.wants_write() {
            let (session, mut below) = self.layers(Some(limits));
            #[cfg(any(windows, target_vendor = "apple"))]
            super::off_thread::within(limits, || session.complete_io(&mut below))?;
            #[cfg(not(any(windows, target_vendor = "apple")))]
            session.complete_io(&mut below)?;
        }
        while self.below.has_unsent() {
            self.below.write(&[], Some(limits))?;
        }
        Ok(())
    }

    fn read(&mut self, buf: &mut [u8], limits: Option<&Limits>) -> io::Result<usize> {
        let (mut bytes, mut has_ended) = (0, false);
        while self.session.wants_read() && !has_ended {
            if limits.is_none() && bytes > MAX_IDLE_BYTES {
                return Err(Failure::unsolicited().into());
            }
            let count = self.receive(limits)?;
            bytes += count;
            has_ended = count == 0;
        }
        // This fails with `UnexpectedEof` if the end came without a close_notify.
        self.session.reader().read(buf)
    }

    /// Reads the bytes that the session needs next, 0 at the end. The session may then have data to
    /// send.
    fn receive(&mut self, limits: Option<&Limits>) -> io::Result<usize> {
        while limits.is_some() && (self.session.wants_write() || self.below.has_unsent()) {
            self.write(&[], limits)?;
        }
        let (session, mut below) = self.layers(limits);
        let count = session.read_tls(&mut below)?;
        match session.process_new_packets() {
            Ok(_) => Ok(count),
            Err(e) => Err(Failure::tls(&e).into()),
        }
    }

    fn write(&mut self, buf: &[u8], limits: Option<&Limits>) -> io::Result<usize> {
        let (session, mut below) = self.layers(limits);
        let taken = if session.wants_write() {
            0
        } else {
            session.writer().write(buf)?
        };
        if session.wants_write() {
            session.write_tls(&mut below)?;
        } else {
            self.below.write(&[], limits)?;
        }
        Ok(taken)
    }

    /// The session, and the layer below as rustls uses it.
    fn layers<'a>(
        &'a mut self,
        limits: Option<&'a Limits>,
    ) -> (&'a mut ClientConnection, Below<'a>) {
        let below = Below {
            stream: &mut self.below,
            records: &mut self.records,
            limits,
        };
        (&mut self.session, below)
    }
}

struct Below<'a> {
    stream: &'a mut Stream,
    records: &'a mut Records,
    limits: Option<&'a Limits>,
}

impl Read for Below<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buf, self.limits)?;
        self.records.count(&buf[..count]);
        Ok(count)
    }
}

impl Write for Below<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stream.write(buf, self.limits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
