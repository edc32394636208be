//! A web page of another host cannot use the emulator through a browser: DNS rebinding and cross-site requests fail.

use std::io::Write;

use crate::common::*;
use autoshares_emulator::DEFAULT_APP_KEY;

/// Sends a reset request for the user without a question and returns the status of the response.
fn reset_with(url: &str, target: &str, version: &str, headers: &str) -> u16 {
    let body = format!(r#"{{"User":"{NO_QUESTION}"}}"#);
    let length = body.len();
    let mut stream = connect(url);
    write!(
        stream,
        "POST {target} HTTP/{version}\r\n{headers}Connection: close\r\nEt-App-Key: {DEFAULT_APP_KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let response = read_to_end(&mut stream);
    response.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Sends a row to a new emulator, which must mail a code only with status 200.
#[track_caller]
fn assert_status(target: &str, version: &str, headers: &str, status: u16) {
    let emulator = start();
    assert_eq!(
        reset_with(emulator.base_url(), target, version, headers),
        status,
        "{target} {version} {headers:?}"
    );
    assert_eq!(emulator.last_code(NO_QUESTION).is_some(), status == 200);
}

#[test]
fn only_loopback_hosts_are_served() {
    for host in [
        "localhost",
        "LocalHost:8700",
        "localhost:",
        "localhost.:8700",
        "127.0.0.1",
        "127.0.0.1:8700",
        "127.255.3.4:1",
        "[::1]",
        "[::1]:8700",
        "[0:0:0:0:0:0:0:1]",
    ] {
        assert_status(RESET, "1.1", &format!("Host: {host}\r\n"), 200);
    }
    for host in [
        "attacker.example",
        "attacker.example:8700",
        "localhost.attacker.example",
        "127.0.0.1.attacker.example",
        "attacker.example:localhost",
        "localhost@attacker.example",
        "attacker.example@localhost",
        "sub.localhost",
        "localhost..",
        "128.0.0.1",
        "10.0.0.1",
        "0.0.0.0",
        "127.1",
        "[::2]",
        "[::ffff:127.0.0.1]",
        "::1",
        "localhost, attacker.example",
        "",
        "\u{1f436}",
    ] {
        assert_status(RESET, "1.1", &format!("Host: {host}\r\n"), 421);
    }
}

#[test]
fn an_absolute_target_has_to_be_loopback_too() {
    for (target, host, status) in [
        ("http://127.0.0.1:8700", "localhost", 200),
        ("http://attacker.example", "localhost", 421),
        ("http://localhost", "attacker.example", 421),
    ] {
        let target = format!("{target}{RESET}");
        assert_status(&target, "1.1", &format!("Host: {host}\r\n"), status);
    }
}

#[test]
fn exactly_one_host_is_required_from_http_1_1_on() {
    assert_status(RESET, "1.1", "", 400);
    assert_status(RESET, "1.1", "Host: localhost\r\nHost: localhost\r\n", 400);
    assert_status(RESET, "1.0", "", 200);
    assert_status(RESET, "1.0", "Host: attacker.example\r\n", 421);
}

#[test]
fn a_page_of_another_host_is_refused() {
    for (origin, status) in [
        ("http://localhost", 200),
        ("http://127.0.0.1:3000", 200),
        ("https://[::1]:8443", 200),
        ("https://attacker.example", 403),
        ("http://localhost.attacker.example", 403),
        ("http://localhost@attacker.example", 403),
        ("ftp://localhost", 403),
        ("localhost", 403),
        ("null", 403),
        ("", 403),
        ("http://localhost\r\nOrigin: https://attacker.example", 403),
    ] {
        let headers = format!("Host: localhost\r\nOrigin: {origin}\r\n");
        assert_status(RESET, "1.1", &headers, status);
    }
}

#[test]
fn the_mailbox_is_closed_to_other_hosts_too() {
    let emulator = start();
    Client::of(&emulator).fresh_code(&emulator);
    for (headers, status) in [
        ("Host: localhost\r\n", 200),
        ("Host: attacker.example\r\n", 421),
        (
            "Host: localhost\r\nOrigin: https://attacker.example\r\n",
            403,
        ),
    ] {
        let mut stream = connect(emulator.base_url());
        write!(
            stream,
            "GET /emulator/mail?user={NO_QUESTION} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n"
        )
        .unwrap();
        let response = read_to_end(&mut stream);
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{response}"
        );
        assert_eq!(response.contains("\"code\""), status == 200, "{response}");
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    let emulator = start();
    for (headers, words) in [
        ("", "without a Host"),
        (
            "Host: attacker.example\r\n",
            "localhost, 127.0.0.1 or [::1]",
        ),
        ("Host: localhost\r\nOrigin: null\r\n", "another host"),
    ] {
        let mut stream = connect(emulator.base_url());
        write!(stream, "GET {QUESTION} HTTP/1.1\r\n{headers}\r\n").unwrap();
        let response = read_to_end(&mut stream);
        assert!(response.contains(words), "{response}");
        assert!(!response.contains("attacker"), "{response}");
    }
}
