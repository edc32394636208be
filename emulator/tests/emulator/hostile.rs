//! Many, slow and endless clients: the emulator must stay small, responsive and on this machine.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::*;
use autoshares_emulator::{DEFAULT_APP_KEY, Options};

/// Sends until the emulator closes the connection or until `end`; true if it closed.
fn pester(
    mut stream: impl Write,
    start: &[u8],
    rest: &[u8],
    pause: Duration,
    end: Instant,
) -> bool {
    let mut sent = stream.write_all(start);
    while sent.is_ok() && Instant::now() < end {
        thread::sleep(pause);
        sent = stream.write_all(rest);
    }
    sent.is_err()
}

fn post(headers: &str) -> Vec<u8> {
    format!("POST {RESET} HTTP/1.1\r\nHost: localhost\r\nEt-App-Key: {DEFAULT_APP_KEY}\r\nContent-Type: application/json\r\n{headers}\r\n").into()
}

/// The beginnings of requests, each with the bytes that follow it again and again.
fn endless() -> Vec<(Vec<u8>, Vec<u8>)> {
    let lengthy = post("Content-Length: 60000\r\n");
    let chunked = post("Transfer-Encoding: chunked\r\n");
    let header = b"GET / HTTP/1.1\r\nHost: localhost\r\n".to_vec();
    vec![
        (b"GET /".to_vec(), b"x".repeat(1000)),
        (header.clone(), b"A: b\r\n".repeat(100)),
        ([header.as_slice(), b"A: "].concat(), b"x".repeat(1000)),
        (lengthy, b"x".repeat(1000)),
        (
            chunked.clone(),
            b"64\r\n"
                .iter()
                .chain(&[b'x'; 100])
                .chain(b"\r\n")
                .copied()
                .collect(),
        ),
        (chunked.clone(), b"1\r\nx\r\n".repeat(100)),
        ([chunked.as_slice(), b"1;"].concat(), b"x".repeat(1000)),
        (
            [chunked.as_slice(), b"0\r\n"].concat(),
            b"A: b\r\n".repeat(100),
        ),
        (b"".to_vec(), b"\r\n".repeat(500)),
        // Endless requests whose responses nobody reads.
        (b"".to_vec(), raw_question("keep-alive").repeat(10).into()),
    ]
}

#[cfg(target_os = "linux")]
fn peak_memory_kib(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn two_hundred_endless_clients_do_not_use_up_memory_or_block_others() {
    // The clients' threads are in another process than the emulator.
    let mut program = crate::program::Program::start(&[]);
    let url = program.ready();
    ask(&mut connect(&url));
    let before = peak_memory_kib(program.id());
    let end = Instant::now() + Duration::from_secs(4);
    thread::scope(|scope| {
        for (start, rest) in endless().into_iter().cycle().take(200) {
            let stream = connect(&url);
            stream
                .set_write_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            scope.spawn(move || pester(stream, &start, &rest, Duration::ZERO, end));
        }
        while Instant::now() < end {
            ask(&mut connect(&url));
            thread::sleep(Duration::from_millis(50));
        }
    });
    let grown = peak_memory_kib(program.id()) - before;
    assert!(grown < 32 * 1024, "memory grew by {grown} KiB");
}

#[test]
fn a_byte_now_and_then_does_not_keep_a_connection() {
    let emulator = start_with(Options {
        https_port: Some(0),
        read_timeout: Duration::from_secs(1),
        ..Options::default()
    });
    let end = Instant::now() + Duration::from_secs(8);
    let pause = Duration::from_millis(200);
    let beginnings: [(&str, Vec<u8>); 6] = [
        (emulator.base_url(), Vec::new()),
        (emulator.base_url(), b"GET / HTTP/1.1\r\nHost: ".to_vec()),
        (emulator.base_url(), post("Content-Length: 5000\r\n")),
        (
            emulator.base_url(),
            [post("Transfer-Encoding: chunked\r\n"), b"1388\r\n".to_vec()].concat(),
        ),
        (emulator.https_url().unwrap(), Vec::new()),
        (
            emulator.https_url().unwrap(),
            b"\x16\x03\x01\x10\x00\x01\x00\x0f\xfc".to_vec(),
        ),
    ];
    thread::scope(|scope| {
        for (url, start) in &beginnings {
            scope.spawn(move || {
                let rest = if url.starts_with("https") {
                    b"\x16"
                } else {
                    b"x"
                };
                let is_over = pester(connect(url), start, rest, pause, end);
                assert!(is_over, "{url} {:?}", String::from_utf8_lossy(start));
            });
        }
    });
    ask(&mut connect(emulator.base_url()));
}

#[test]
fn a_client_that_never_reads_loses_the_connection() {
    let emulator = start_with(Options {
        read_timeout: Duration::from_secs(1),
        ..Options::default()
    });
    let stream = connect(emulator.base_url());
    let (started, most) = (Instant::now(), Duration::from_secs(60));
    stream.set_write_timeout(Some(most)).unwrap();
    let requests = raw_question("keep-alive").repeat(100);
    assert!(pester(
        stream,
        b"",
        requests.as_bytes(),
        Duration::ZERO,
        started + most
    ));
    // Before the client's own time limit, which would look the same.
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn the_record_of_a_request_is_short() {
    let emulator = start();
    let long = "X".repeat(10_000);
    let mut stream = connect(emulator.base_url());
    write!(
        stream,
        "{long} /{long} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    let kept = emulator.requests();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].method.len() <= 20 && kept[0].path.len() <= 200);
}

#[test]
fn it_listens_on_loopback_alone() {
    let emulator = start_with(with_https());
    let ports = [emulator.base_url(), emulator.https_url().unwrap()].map(port_of);
    for port in ports {
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        for other in other_addresses() {
            assert!(
                TcpStream::connect((other.as_str(), port)).is_err(),
                "{other}"
            );
        }
    }
    #[cfg(target_os = "linux")]
    for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let mut table = String::new();
        std::fs::File::open(file)
            .unwrap()
            .read_to_string(&mut table)
            .unwrap();
        let listening = table
            .lines()
            .filter(|line| line.split_whitespace().nth(3) == Some("0A"));
        for local in listening.filter_map(|line| line.split_whitespace().nth(1)) {
            let (address, port) = local.split_once(':').unwrap();
            let port = u16::from_str_radix(port, 16).unwrap();
            assert!(!ports.contains(&port) || address == "0100007F", "{local}");
        }
    }
}

/// Further addresses of this machine: others of loopback, and the one towards the network if there is one. Connecting a
/// UDP socket sends nothing; it only chooses the address.
fn other_addresses() -> Vec<String> {
    let mut list = vec!["127.0.0.2".to_owned(), "::1".to_owned()];
    let outward = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    list.extend(outward.map(|address| address.ip().to_string()));
    list
}
