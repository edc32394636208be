//! The limits: garbage, requests that are too large or too slow, too many connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::common::*;
use autoshares_emulator::{DEFAULT_APP_KEY, Options};
use serde_json::json;
use tokio_rustls::rustls::version;

/// Long enough for a complete request on a busy machine.
const SHORT: Duration = Duration::from_secs(1);

/// Requests that no client should send, by name.
fn garbage() -> Vec<(&'static str, Vec<u8>)> {
    let post = |headers: &str, body: &str| {
        format!("POST {RESET} HTTP/1.1\r\nHost: localhost\r\nEt-App-Key: {DEFAULT_APP_KEY}\r\nContent-Type: application/json\r\n{headers}\r\n{body}").into_bytes()
    };
    let get = |rest: &str| format!("GET {QUESTION}{rest}").into_bytes();
    vec![
        ("nothing", Vec::new()),
        ("line ends", b"\r\n\r\n\r\n\r\n".to_vec()),
        ("zeros", vec![0; 4096]),
        ("every byte", (0..=255).cycle().take(8192).collect()),
        (
            "TLS hello",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        ),
        (
            "HTTP/2 preface",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        ),
        ("no version", get("\r\n\r\n")),
        ("old version", get(" HTTP/0.9\r\n\r\n")),
        ("new version", get(" HTTP/3.0\r\n\r\n")),
        ("no path", b"GET  HTTP/1.1\r\n\r\n".to_vec()),
        ("invalid path", b"GET nowhere HTTP/1.1\r\n\r\n".to_vec()),
        (
            "asterisk",
            b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        ),
        (
            "a proxy's request",
            b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n".to_vec(),
        ),
        (
            "blank in a header's name",
            get(" HTTP/1.1\r\nHo st: x\r\n\r\n"),
        ),
        ("NUL in a header", get(" HTTP/1.1\r\nHost: \0\r\n\r\n")),
        ("header without a colon", get(" HTTP/1.1\r\nHost\r\n\r\n")),
        (
            "bytes in the key",
            [
                get(" HTTP/1.1\r\nHost: localhost\r\nEt-App-Key: ").as_slice(),
                b"\xff\xfe\r\n\r\n",
            ]
            .concat(),
        ),
        (
            "101 headers",
            get(&format!(" HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(101))),
        ),
        (
            "header beyond the limit",
            get(&format!(" HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(200_000))),
        ),
        (
            "path beyond the limit",
            get(&format!(
                "?username={} HTTP/1.1\r\n\r\n",
                "b".repeat(200_000)
            )),
        ),
        (
            "header that does not end",
            get(&format!(" HTTP/1.1\r\nA: {}", "b".repeat(5_000_000))),
        ),
        (
            "two lengths",
            post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
        ),
        (
            "length and chunks",
            post(
                "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\n",
            ),
        ),
        ("negative length", post("Content-Length: -1\r\n", "{}")),
        (
            "endless length",
            post("Content-Length: 99999999999999999999999\r\n", "{}"),
        ),
        (
            "body cut short",
            post("Content-Length: 500\r\n", "{\"User\":\"x\""),
        ),
        (
            "chunk of no size",
            post("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n"),
        ),
        (
            "chunk of endless size",
            post(
                "Transfer-Encoding: chunked\r\n",
                "ffffffffffffffffff\r\n{}\r\n",
            ),
        ),
        ("unknown coding", post("Transfer-Encoding: rot13\r\n", "{}")),
        (
            "upgrade",
            get(
                " HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            ),
        ),
    ]
}

#[test]
fn garbage_is_refused_or_ignored_and_the_next_client_is_served() {
    let emulator = start_with(with_https());
    let rows = garbage();
    for (name, bytes) in &rows {
        for url in [emulator.base_url(), emulator.https_url().unwrap()] {
            let mut stream = connect(url);
            send(&mut stream, bytes);
            // It may have closed the connection already.
            let _ = stream.shutdown(Shutdown::Write);
            let response = read_to_end(&mut stream);
            assert!(!response.contains(" 200 "), "{name}: {response}");
            assert!(!response.contains(" 500 "), "{name}: {response}");
        }
        let ca = emulator.ca_pem().unwrap();
        let mut stream = connect_tls(&emulator, ca, "localhost", &version::TLS13);
        stream.conn.complete_io(&mut stream.sock).unwrap();
        send(&mut stream, bytes);
        stream.conn.send_close_notify();
        let _ = stream.flush();
        let _ = stream.sock.shutdown(Shutdown::Write);
        let response = read_to_end(&mut stream);
        assert!(!response.contains(" 200 "), "{name} over TLS: {response}");
        assert!(!response.contains(" 500 "), "{name} over TLS: {response}");
        ask(&mut connect(emulator.base_url()));
    }
    assert_eq!(emulator.connection_count(), rows.len() as u64 * 4);
}

#[test]
fn a_slow_header_ends_its_connection_and_delays_no_other() {
    let emulator = start_with(Options {
        read_timeout: SHORT,
        ..Options::default()
    });
    let beginnings = [
        "",
        "G",
        "GET /v1.0/users",
        "GET / HTTP/1.1\r\nHost: localhost\r\nEt-App-",
    ];
    let mut slow: Vec<TcpStream> = beginnings.map(|_| connect(emulator.base_url())).into();
    for (stream, bytes) in slow.iter_mut().zip(beginnings) {
        stream.write_all(bytes.as_bytes()).unwrap();
    }
    ask(&mut connect(emulator.base_url()));
    for mut stream in slow {
        assert!(!read_to_end(&mut stream).contains(" 200 "));
    }
}

#[test]
fn a_slow_body_gets_a_response() {
    let emulator = start_with(Options {
        read_timeout: SHORT,
        ..Options::default()
    });
    let mut stream = connect(emulator.base_url());
    write!(
        stream,
        "POST {RESET} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{{"
    )
    .unwrap();
    assert!(read_to_end(&mut stream).starts_with("HTTP/1.1 408 "));
}

#[test]
fn a_slow_handshake_ends_the_connection() {
    let options = Options {
        https_port: Some(0),
        read_timeout: SHORT,
        ..Options::default()
    };
    let emulator = start_with(options);
    for bytes in [b"".as_slice(), b"\x16\x03\x01"] {
        let mut stream = connect(emulator.https_url().unwrap());
        stream.write_all(bytes).unwrap();
        read_to_end(&mut stream);
    }
}

#[test]
fn an_idle_connection_ends_after_a_while() {
    let emulator = start_with(Options {
        read_timeout: SHORT,
        ..Options::default()
    });
    let mut stream = connect(emulator.base_url());
    ask(&mut stream);
    assert_eq!(read_to_end(&mut stream), "");
}

#[test]
fn one_connection_too_many_is_turned_away_until_another_ends() {
    let options = Options {
        max_connections: 2,
        https_port: Some(0),
        ..Options::default()
    };
    let emulator = start_with(options);
    let mut first = connect(emulator.base_url());
    let mut second = connect(emulator.base_url());
    ask(&mut first);
    ask(&mut second);

    for url in [emulator.base_url(), emulator.https_url().unwrap()] {
        let mut third = connect(url);
        send(&mut third, raw_question("close").as_bytes());
        assert_eq!(read_to_end(&mut third), "");
    }
    ask(&mut second);

    first.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_to_end(&mut first), "");
    ask(&mut connect(emulator.base_url()));
    assert_eq!(emulator.connection_count(), 5);
}

#[test]
fn a_body_may_have_64_kib_and_not_a_byte_more() {
    let emulator = start();
    let client = Client::of(&emulator);
    let empty = json!({"User": NO_QUESTION, "X": ""}).to_string();
    for (length, status) in [(65_536, 200), (65_537, 413), (5_000_000, 413)] {
        let filler = "x".repeat(length - empty.len());
        let body = json!({"User": NO_QUESTION, "X": filler}).to_string();
        assert_eq!(body.len(), length);

        let mut stream = connect(emulator.base_url());
        let head = format!(
            "POST {RESET} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nEt-App-Key: {DEFAULT_APP_KEY}\r\nContent-Type: application/json\r\n"
        );
        send(
            &mut stream,
            format!("{head}Content-Length: {length}\r\n\r\n").as_bytes(),
        );
        // If the length alone decides, the response comes before the body was sent.
        if status == 200 {
            send(&mut stream, body.as_bytes());
        }
        assert!(
            read_to_end(&mut stream).starts_with(&format!("HTTP/1.1 {status} ")),
            "{length} bytes"
        );

        let mut stream = connect(emulator.base_url());
        let chunked =
            format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
        let (mut reading, _writing) = (stream.try_clone().unwrap(), &stream);
        let reader = std::thread::spawn(move || {
            let mut line = [0; 12];
            reading
                .read_exact(&mut line)
                .map(|()| String::from_utf8_lossy(&line).into_owned())
        });
        send(&mut stream, chunked.as_bytes());
        // A reset may overtake the response while the client is still sending.
        if let Ok(line) = reader.join().unwrap() {
            assert_eq!(
                line,
                format!("HTTP/1.1 {status}"),
                "{length} bytes in chunks"
            );
        } else {
            assert_eq!(status, 413);
        }
    }
    client.question(HELLO).assert_is(200, "question.json");
}

#[test]
fn a_username_as_long_as_any_client_may_send_gets_a_response() {
    let emulator = start();
    // 16 KiB, each byte of which takes three when encoded.
    Client::of(&emulator)
        .question(&"ñ".repeat(8 * 1024))
        .assert_refused();
}

#[test]
fn requests_share_a_connection_in_their_order() {
    let emulator = start();
    let mut stream = connect(emulator.base_url());
    let pipelined = format!(
        "{}{}",
        raw_question("keep-alive").repeat(99),
        raw_question("close")
    );
    stream.write_all(pipelined.as_bytes()).unwrap();
    assert_eq!(
        read_to_end(&mut stream)
            .matches("mother's maiden name")
            .count(),
        100
    );
    assert_eq!(
        (emulator.connection_count(), emulator.request_count()),
        (1, 100)
    );
}

#[test]
fn the_log_holds_no_query_and_does_not_grow_without_end() {
    let emulator = start();
    let client = Client::of(&emulator);
    client.question("robert.zak");
    client.reset(HELLO, Some("wrong"));
    client.get(&format!("/{}", "x".repeat(10_000)));
    let lines: Vec<String> = emulator
        .requests()
        .iter()
        .map(ToString::to_string)
        .collect();
    let cut = format!("GET /{} 404", "x".repeat(199));
    assert_eq!(
        lines,
        [
            format!("GET {QUESTION} 200"),
            format!("POST {RESET} 200"),
            cut
        ]
    );

    for _ in 0..1000 {
        client.get("/emulator/mail?user=robert.zak");
    }
    let records = emulator.requests();
    assert_eq!(records.len(), 1000);
    assert!(
        records
            .iter()
            .all(|record| record.path == "/emulator/mail" && record.status == 404)
    );
    assert_eq!(emulator.request_count(), 1003);
}

#[test]
fn dropping_it_ends_its_connections_and_frees_its_port() {
    let emulator = start();
    let url = emulator.base_url().to_owned();
    let (mut idle, mut silent, mut busy) = (connect(&url), connect(&url), connect(&url));
    ask(&mut idle);
    send(
        &mut busy,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
    );
    drop(emulator);
    assert_eq!(read_to_end(&mut idle), "");
    assert_eq!(read_to_end(&mut silent), "");
    assert_eq!(read_to_end(&mut busy), "");
    assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).is_err());

    let again = start_with(Options {
        port: port_of(&url),
        ..Options::default()
    });
    ask(&mut connect(again.base_url()));
}

#[test]
fn a_hook_that_panics_harms_that_connection_alone() {
    let on_mail = |_: &autoshares_emulator::Mail| panic!("on purpose");
    let emulator = start_with(Options {
        on_mail: Some(Box::new(on_mail)),
        ..Options::default()
    });
    let mut stream = connect(emulator.base_url());
    let body = json!({"User": NO_QUESTION}).to_string();
    let head = format!(
        "POST {RESET} HTTP/1.1\r\nHost: localhost\r\nEt-App-Key: {DEFAULT_APP_KEY}\r\nContent-Type: application/json\r\n"
    );
    send(
        &mut stream,
        format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    );
    assert_eq!(read_to_end(&mut stream), "");
    ask(&mut connect(emulator.base_url()));
}
