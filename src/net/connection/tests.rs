//! Drives a connection as ureq does, with a server at its other end.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use super::*;
use crate::net::tcp::Tcp;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
const HEADER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

/// The server's end of a connection.
struct Peer {
    tcp: TcpStream,
    tls: Option<ServerConnection>,
}

impl Peer {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, &mut self.tcp).read(buf),
            None => self.tcp.read(buf),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            Some(tls) => rustls::Stream::new(tls, &mut self.tcp).write_all(bytes),
            None => self.tcp.write_all(bytes),
        }
        .unwrap();
    }

    fn close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            tls.write_tls(&mut self.tcp).unwrap();
        }
    }
}

fn limits() -> Limits {
    let time = Duration::from_secs(10);
    Limits::new(time, time, None)
}

/// A connection to a server that runs this after it has accepted the connection.
fn connected(
    is_tls: bool,
    serve: impl FnOnce(Peer) + Send + 'static,
) -> (Connection, JoinHandle<()>) {
    connected_with(2, is_tls, serve)
}

/// Such a connection, to a server that sends this number of session tickets first.
fn connected_with(
    tickets: usize,
    is_tls: bool,
    serve: impl FnOnce(Peer) + Send + 'static,
) -> (Connection, JoinHandle<()>) {
    let (client, server) = tls_configs(tickets);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut tcp = listener.accept().unwrap().0;
        tcp.set_nodelay(true).unwrap();
        let mut tls = is_tls.then(|| ServerConnection::new(server).unwrap());
        while tls
            .as_ref()
            .is_some_and(|tls| tls.is_handshaking() || tls.wants_write())
        {
            tls.as_mut().unwrap().complete_io(&mut tcp).unwrap();
        }
        serve(Peer { tcp, tls });
    });
    let socket = TcpStream::connect(address).unwrap();
    let mut stream = Stream::Tcp(Tcp::new(Arc::new(socket.into()), &limits()).unwrap());
    if is_tls {
        let session = ClientConnection::new(client, "localhost".try_into().unwrap()).unwrap();
        stream = Stream::secure(stream, session, &limits()).expect("a handshake");
    }
    (Connection::new(stream), server)
}

fn tls_configs(tickets: usize) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(default_provider());
    let client = ClientConfig::builder_with_provider(provider.clone());
    let client = client.with_safe_default_protocol_versions().unwrap();
    let client = client.with_root_certificates(roots).with_no_client_auth();
    let server = ServerConfig::builder_with_provider(provider);
    let server = server.with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let server = server
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    let mut server = server.unwrap();
    server.send_tls13_tickets = tickets;
    (Arc::new(client), Arc::new(server))
}

/// Begins an exchange and writes the request as ureq does, without sending it.
fn write_request(connection: &mut Connection) {
    connection.begin(&limits(), REQUEST.len());
    connection.output()[..REQUEST.len()].copy_from_slice(REQUEST);
    connection.buffer_output(REQUEST.len());
}

/// Such a connection, after ureq has written the request, which is not sent yet.
fn begun(is_tls: bool, serve: impl FnOnce(Peer) + Send + 'static) -> (Connection, JoinHandle<()>) {
    let (mut connection, server) = connected(is_tls, serve);
    write_request(&mut connection);
    (connection, server)
}

/// The server sends the header and then runs `rest`. The client reads all of it except `left`
/// bytes, and ends the exchange.
fn ended(is_tls: bool, left: usize, rest: fn(&mut Peer)) -> (Connection, ExchangeReport) {
    let (mut connection, server) = begun(is_tls, move |mut peer| {
        assert_eq!(peer.read(&mut [0; 100]).unwrap(), REQUEST.len());
        peer.write(HEADER);
        thread::sleep(Duration::from_millis(50));
        rest(&mut peer);
        // The client drops the connection first.
        std::mem::forget(peer.tcp);
    });
    assert!(connection.receive().unwrap());
    assert_eq!(connection.input(), HEADER);
    connection.input_consume(HEADER.len());
    // Waits until all of the rest can be read at once.
    server.join().unwrap();
    assert!(connection.receive().unwrap());
    connection.input_consume(connection.input().len() - left);
    connection.finish();
    let ended = connection.end();
    (connection, ended)
}

type Row = (&'static str, bool, usize, fn(&mut Peer), bool);

#[test]
fn a_connection_is_kept_only_after_a_whole_response_with_nothing_behind_it() {
    let rows: [Row; 5] = [
        ("a whole response", false, 0, |peer| peer.write(b"{}"), true),
        (
            "a whole response over TLS",
            true,
            0,
            |peer| peer.write(b"{}"),
            true,
        ),
        ("an unused byte", false, 1, |peer| peer.write(b"{}"), false),
        (
            "a part of a record",
            true,
            0,
            |peer| {
                peer.write(b"{}");
                peer.tcp.write_all(&[23, 3, 3, 0, 100, 1, 2, 3]).unwrap();
            },
            false,
        ),
        (
            "an end",
            true,
            0,
            |peer| {
                peer.write(b"{}");
                peer.close();
            },
            false,
        ),
    ];
    for (name, is_tls, left, rest, is_idle) in rows {
        let (mut connection, ended) = ended(is_tls, left, rest);
        assert_eq!(ended.is_idle, is_idle, "{name}");
        assert_eq!(connection.is_usable(), is_idle, "{name}");
        assert_eq!((ended.sent, ended.received), (true, true), "{name}");
        assert_eq!(ended.step, "reading the response", "{name}");
        assert_eq!(connection.is_tls(), is_tls, "{name}");
        let state = if is_idle { "Idle" } else { "Spent" };
        assert_eq!(format!("{connection:?}"), state, "{name}");
    }
}

#[test]
fn an_idle_connection_with_something_on_it_is_not_usable() {
    let (mut connection, server) = connected(false, |mut peer| {
        peer.write(b"H");
        std::mem::forget(peer.tcp);
    });
    server.join().unwrap();
    assert!(!connection.is_usable());
}

#[test]
fn an_idle_connection_takes_a_few_session_tickets_but_no_flood_of_them() {
    for (tickets, is_usable) in [(8, true), (400, false)] {
        let (mut connection, server) = connected_with(tickets, true, |peer| {
            std::mem::forget(peer.tcp);
        });
        server.join().unwrap();
        assert_eq!(connection.is_usable(), is_usable, "{tickets}");
    }
}

#[test]
fn an_exchange_reports_the_bytes_that_it_carried_itself() {
    let serve = |mut peer: Peer| {
        for _ in 0..2 {
            assert_eq!(peer.read(&mut [0; 100]).unwrap(), REQUEST.len());
            peer.write(&[HEADER, b"{}"].concat());
        }
        drop(peer.read(&mut [0]));
    };
    let (mut connection, _server) = connected_with(0, true, serve);
    // The header, the type, and the tag of a record.
    let record = (5 + 1 + 16) as u64;
    for _ in 0..2 {
        write_request(&mut connection);
        assert!(connection.receive().unwrap());
        connection.input_consume(connection.input().len());
        connection.finish();
        let report = connection.end();
        assert!(report.tls.is_some());
        let carried = report.carried;
        assert_eq!(carried.written, REQUEST.len() as u64 + record);
        assert_eq!(carried.received, HEADER.len() as u64 + 2 + record);
    }
}

#[test]
fn a_connection_without_a_whole_exchange_is_not_kept() {
    let told = |connection: &mut Connection| {
        let ended = connection.end();
        (ended.is_idle, ended.sent, ended.step)
    };

    // Nothing is written yet.
    let (mut connection, _server) = connected(false, |mut peer| drop(peer.read(&mut [0])));
    connection.begin(&limits(), REQUEST.len());
    assert_eq!(told(&mut connection), (false, false, "sending the request"));

    // The server speaks first.
    let (mut connection, server) = begun(false, |mut peer| {
        peer.write(HEADER);
        std::mem::forget(peer.tcp);
    });
    server.join().unwrap();
    assert!(connection.receive().is_err());
    assert_eq!(told(&mut connection), (false, false, "sending the request"));

    // No time is left to send in.
    let (mut connection, _server) = connected(false, |mut peer| drop(peer.read(&mut [0])));
    connection.begin(&Limits::new(Duration::ZERO, Duration::ZERO, None), 1);
    connection.output().fill(7);
    connection.buffer_output(1);
    assert!(connection.receive().is_err());
    assert_eq!(told(&mut connection), (false, false, "sending the request"));

    // The server closes the connection.
    let (mut connection, _server) = begun(false, |mut peer| drop(peer.read(&mut [0; 100])));
    assert!(!connection.receive().unwrap());
    connection.finish();
    assert_eq!(
        told(&mut connection),
        (false, true, "waiting for the response")
    );

    // A body could follow that belongs to no response.
    let no_body = b"HTTP/1.1 204 No Content\r\n\r\n";
    let (mut connection, _server) = begun(false, |mut peer| {
        peer.read(&mut [0; 100]).unwrap();
        peer.write(no_body);
        drop(peer.read(&mut [0]));
    });
    assert!(connection.receive().unwrap());
    connection.input_consume(no_body.len());
    connection.finish();
    assert_eq!(told(&mut connection), (false, true, "reading the response"));
}

#[test]
fn an_idle_connection_keeps_no_large_buffer_and_no_request() {
    for (room, kept) in [(100, 100), (IDLE_SIZE, IDLE_SIZE), (IDLE_SIZE + 1, 0)] {
        let (mut connection, _server) = connected(false, |mut peer| drop(peer.read(&mut [0])));
        connection.begin(&limits(), room);
        connection.output().fill(7);
        connection.buffer_output(room);
        connection.end();
        assert_eq!(connection.request.buffer, vec![0; kept]);
    }
}

#[test]
fn dropping_an_idle_connection_tells_the_server() {
    let (connection, server) = connected(true, |mut peer| {
        // Without a close_notify this would be an `UnexpectedEof`.
        assert_eq!(peer.read(&mut [0; 100]).unwrap(), 0);
    });
    drop(connection);
    server.join().unwrap();
}
