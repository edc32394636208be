//! The other end of one connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::RawFd;
use std::time::Duration;

use rustls::ServerConnection;
use socket2::SockRef;

use autoshares_test_support::certificates::Config;

pub struct Peer {
    /// The library's end.
    pub fd: RawFd,
    tcp: Option<TcpStream>,
    /// TLS, with a proxy's below the service's.
    layers: Vec<ServerConnection>,
    /// The other side has closed it.
    pub ended: bool,
}

impl Peer {
    pub fn new(fd: RawFd, tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nonblocking(true)?;
        tcp.set_nodelay(true)?;
        Ok(Self {
            fd,
            tcp: Some(tcp),
            layers: Vec::new(),
            ended: false,
        })
    }

    /// Begins TLS. Data that is written `early` is sent behind the server's Finished.
    pub fn begin_tls(&mut self, config: Config, early: &[u8]) {
        let mut tls = ServerConnection::new(config).expect("a good configuration");
        tls.writer().write_all(early).expect("a buffer");
        self.layers.push(tls);
    }

    pub fn is_shaking_hands(&self) -> bool {
        self.layers.last().is_some_and(|tls| tls.is_handshaking())
    }

    /// Reads all data that has arrived, and continues the handshakes with it.
    pub fn receive(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Some(tcp) = &mut self.tcp {
            match tcp.read_to_end(&mut bytes) {
                Ok(_) => self.ended = true,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.ended = true,
            }
        }
        for depth in 0..self.layers.len() {
            bytes = decrypt(&mut self.layers[depth], &bytes);
            self.flush(depth);
        }
        bytes
    }

    pub fn send(&mut self, bytes: &[u8]) {
        match self.layers.len() {
            0 => self.send_past_tls(bytes),
            depth => {
                let _ = self.layers[depth - 1].writer().write_all(bytes);
                self.flush(depth - 1);
            }
        }
    }

    /// Sends this without the end of its last record.
    pub fn send_a_part(&mut self, bytes: &[u8]) {
        match self.layers.last_mut() {
            None => self.send_past_tls(&bytes[..bytes.len() / 2]),
            Some(tls) => {
                let _ = tls.writer().write_all(bytes);
                let record = written(tls);
                self.send_below(self.layers.len() - 1, &record[..record.len() / 2]);
            }
        }
    }

    /// Sends this in place of a record of the innermost TLS.
    pub fn send_past_tls(&mut self, bytes: &[u8]) {
        self.send_below(self.layers.len().saturating_sub(1), bytes);
    }

    /// Asks for new keys, as TLS 1.3 may at any time.
    pub fn rekey(&mut self) {
        if let Some(tls) = self.layers.last_mut() {
            let _ = tls.refresh_traffic_keys();
            self.flush(self.layers.len() - 1);
        }
    }

    /// Closes this end, and sends a close_notify first if `notifies`.
    pub fn close(&mut self, notifies: bool) {
        if notifies {
            for depth in (0..self.layers.len()).rev() {
                self.layers[depth].send_close_notify();
                self.flush(depth);
            }
        }
        if let Some(tcp) = &self.tcp {
            let _ = tcp.shutdown(Shutdown::Write);
        }
    }

    pub fn reset(&mut self) {
        if let Some(tcp) = self.tcp.take() {
            let _ = SockRef::from(&tcp).set_linger(Some(Duration::ZERO));
        }
        self.ended = true;
    }

    fn flush(&mut self, depth: usize) {
        let bytes = written(&mut self.layers[depth]);
        self.send_below(depth, &bytes);
    }

    /// Sends what the TLS at this depth has written.
    fn send_below(&mut self, depth: usize, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if depth > 0 {
            let _ = self.layers[depth - 1].writer().write_all(bytes);
            return self.flush(depth - 1);
        }
        if let Some(tcp) = &mut self.tcp {
            // It fails if the other side has closed, which it may.
            let _ = tcp.write_all(bytes);
        }
    }
}

fn decrypt(tls: &mut ServerConnection, mut bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while !bytes.is_empty() {
        if !matches!(tls.read_tls(&mut bytes), Ok(1..)) || tls.process_new_packets().is_err() {
            break;
        }
        // It ends with an error after the last byte that has arrived.
        let _ = tls.reader().read_to_end(&mut plain);
    }
    plain
}

fn written(tls: &mut ServerConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while tls.wants_write() {
        if tls.write_tls(&mut bytes).is_err() {
            break;
        }
    }
    bytes
}
