//! Malformed, endless and misleading status lines and header fields, and
//! informational responses before the real one.

use autoshares_reset::Code;

use crate::framing::JSON;
use crate::row::{Row, body, done, fails, invalid, late, lost, row, send, wait};
use autoshares_test_support::server::{Step, good_response};

/// A good response with this status line and these header lines.
fn response(status: &str, lines: &str) -> Vec<u8> {
    format!("{status}\r\n{lines}Content-Length: 84\r\n\r\n{JSON}").into_bytes()
}

fn field(line: &str) -> Vec<u8> {
    response("HTTP/1.1 200 OK", &format!("{line}\r\n"))
}

/// A good response whose header has this size.
fn header_of(size: usize) -> Vec<u8> {
    let rest = field("X-Long: ").len() - JSON.len();
    field(&format!("X-Long: {}", "x".repeat(size - rest)))
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let mut rows = status_lines();
    rows.extend(fields());
    rows.extend(informational());
    rows.extend(pointers());
    rows
}

#[rustfmt::skip]
fn status_lines() -> Vec<Row> {
    let good = |name: &str, line: &str| row(name, response(line, ""), done());
    let mut rows = vec![
        good("a status line without a reason", "HTTP/1.1 200"),
        good("a status line with an empty reason", "HTTP/1.1 200 "),
        good("a status line with a reason in other letters", "HTTP/1.1 200 Хорошо"),
        good("a response in HTTP/1.0", "HTTP/1.0 200 OK"),
    ];
    for (name, line) in [
        ("no status", "HTTP/1.1"),
        ("an empty status", "HTTP/1.1 "),
        ("a status in letters", "HTTP/1.1 OK 200"),
        ("a status of two digits", "HTTP/1.1 20 OK"),
        ("a status of four digits", "HTTP/1.1 2000 OK"),
        ("a negative status", "HTTP/1.1 -200 OK"),
        ("a status in hex", "HTTP/1.1 0xC8 OK"),
        ("a version in small letters", "http/1.1 200 OK"),
        ("no version", "HTTP 200 OK"),
        ("version 0.9", "HTTP/0.9 200 OK"),
        ("version 2", "HTTP/2 200 OK"),
        ("version 2.0", "HTTP/2.0 200 OK"),
        ("a radio station's version", "ICY 200 OK"),
        ("a request in place of a response", "GET / HTTP/1.1"),
        ("a NUL in the status line", "HTTP/1.1 200 O\0K"),
        ("a blank before the status line", " HTTP/1.1 200 OK"),
        ("a byte order mark before the status line", "\u{feff}HTTP/1.1 200 OK"),
    ] {
        rows.push(row(name, [Step::Send(response(line, "")), Step::End], invalid(0)));
    }
    for (name, bytes) in [
        ("the service's JSON without a header", JSON.as_bytes()),
        ("a page without a header", b"<html><body>It works!</body></html>\r\n"),
        ("a mail server's greeting", b"220 mail.example ESMTP ready\r\n"),
        ("an SSH server's greeting", b"SSH-2.0-OpenSSH_9.2\r\n"),
        ("a database's greeting", b"\x4a\x00\x00\x00\x0a8.0.36\0\x08\0\0\0mysql_native_password\0"),
        ("settings of HTTP/2", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff"),
        ("a TLS alert in place of a response", b"\x15\x03\x01\x00\x02\x02\x28"),
        ("zeros in place of a response", &[0; 64]),
        ("a response in UTF-16", b"H\0T\0T\0P\0/\x001\0.\x001\0 \x002\x000\x000\0\r\0\n\0\r\0\n\0"),
    ] {
        rows.push(row(name, [send(bytes), Step::End], invalid(0)));
        rows.push(row(format!("{name}, and silence"), [send(bytes), Step::Hold], invalid(0)));
    }
    for status in [600, 700, 999] {
        let line = format!("HTTP/1.1 {status} Odd");
        rows.push(row(format!("a status of {status}"), response(&line, ""), invalid(status)));
    }
    for status in ["000", "099"] {
        let line = format!("HTTP/1.1 {status} Odd");
        let expect = invalid(0).any_status();
        rows.push(row(format!("a status of {status}"), response(&line, ""), expect));
    }
    rows
}

#[rustfmt::skip]
fn fields() -> Vec<Row> {
    let good = |name: &str, line: &str| row(name, field(line), done());
    let mut rows = vec![
        good("a field without a value", "X-Empty:"),
        good("a field in other letters", "X-Name: Žluťoučký kůň"),
        good("a field of 60,000 bytes", &format!("X-Long: {}", "x".repeat(60_000))),
        good("a hundred fields", "X-Filler: some value or other\r\n".repeat(100).trim_end()),
        good("a hundred cookies", "Set-Cookie: a=b; Path=/\r\n".repeat(100).trim_end()),
        row("a header of 64 KiB", header_of(64 * 1024), done()),
        row("a header of 64 KiB and a byte", header_of(64 * 1024 + 1), invalid(0)),
        row("a field of 66,000 bytes", field(&format!("X-Long: {}", "x".repeat(66_000))), invalid(0)),
        row("a reason of 66,000 bytes", response(&format!("HTTP/1.1 200 {}", "x".repeat(66_000)), ""), invalid(0)),
        row("eleven thousand fields", field("a: b\r\n".repeat(11_000).trim_end()), invalid(0)),
    ];
    for (name, line) in [
        ("a line without a colon", "nonsense"),
        ("a field without a name", ": value"),
        ("a field's name with a blank", "X Name: value"),
        ("a field's name with a NUL", "X\0Name: value"),
        ("a field's name in other letters", "Имя: value"),
        ("a field's value with a NUL", "X-Name: val\0ue"),
        ("a field's value with an escape", "X-Name: \u{1b}[2J"),
        ("a field's value with a bare return", "X-Name: val\rue"),
    ] {
        rows.push(row(name, field(line), invalid(0).message_has("HTTP (invalid header ")));
    }
    for (name, start, rest) in [
        ("a header of fields without end", "HTTP/1.1 200 OK\r\n", b"X-Filler: some value or other\r\n".repeat(1000)),
        ("a field's value without end", "HTTP/1.1 200 OK\r\nX-Long: ", vec![b'x'; 10_000]),
        ("a field's name without end", "HTTP/1.1 200 OK\r\n", vec![b'x'; 10_000]),
        ("a reason without end", "HTTP/1.1 200 ", vec![b'x'; 10_000]),
        ("a status without end", "HTTP/1.1 ", vec![b'2'; 10_000]),
        ("garbage without end", "", vec![0xa5; 10_000]),
        ("an H without end", "", vec![b'H'; 10_000]),
    ] {
        rows.push(row(name, [send(start), Step::Endless(rest)], invalid(0)));
    }
    rows
}

#[rustfmt::skip]
fn informational() -> Vec<Row> {
    let next = "HTTP/1.1 100 Continue\r\n\r\n";
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: <http://{elsewhere}/x>; rel=preload\r\n\r\n";
    let then_good = |first: &str| [send(first), Step::Send(good_response())];
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    vec![
        row("a 100 before the response", then_good(next), done()),
        row("a 102 before the response", then_good("HTTP/1.1 102 Processing\r\n\r\n"), done()),
        row("a 103 before the response", then_good(hints), done()),
        row("a 100 with a hundred fields", then_good(&format!("HTTP/1.1 100 Continue\r\n{}\r\n", "A: b\r\n".repeat(100))), done()),
        row("a 199 before the response", then_good("HTTP/1.1 199 Odd\r\nA: b\r\n\r\n"), done()),
        row("twenty before the response", then_good(&next.repeat(20)), done()),
        row("a 100 a moment before the response", [send(next), wait(30), Step::Send(good_response())], done()),
        row("a 100 in two parts", [send(&next[..12]), wait(30), send(&next[12..]), Step::Send(good_response())], done()),
        row("a 100 and an end", [send(next), Step::End], lost(0)),
        row("a 100 and a reset", [send(next), wait(30), Step::Reset], lost(0)),
        row("a 100 and silence", [send(next), Step::Hold], late(0)).hurried(),
        row("a 100 and garbage", [send(next), send("garbage\r\n\r\n"), Step::Hold], invalid(0)),
        row("a 100 now and then", Step::Drip(next.into()), late(0)).hurried(),
        row("a 100 without end", Step::Endless(next.repeat(500).into()), invalid(0)),
        row("a 103 without end", Step::Endless(hints.repeat(500).into()), invalid(0)),
        row("a 103 with a field without end", [
            send("HTTP/1.1 103 Early Hints\r\nLink: "),
            Step::Endless(vec![b'x'; 10_000]),
        ], invalid(0)),
        row("an empty line before the response", then_good("\r\n"), done()),
        row("empty lines before a 100", then_good(&format!("\r\n\r\n{next}")), done()),
        row("an empty line before a response whose body is another", [
            send("\r\n"),
            Step::Send(body(String::from_utf8(good_response()).unwrap())),
        ], invalid(200)),
        row("a 101", [send(upgrade), Step::Hold], invalid(0).any_status()),
        row("a 101 before a response", then_good(upgrade), invalid(0).any_status()),
        row("a 101 after a 100", then_good(&format!("{next}{upgrade}")), invalid(0).any_status()),
    ]
}

/// Header fields that might redirect a client, or make it repeat its request.
#[rustfmt::skip]
fn pointers() -> Vec<Row> {
    let mut rows = Vec::new();
    for line in [
        "Location: http://{elsewhere}/",
        "Content-Location: http://{elsewhere}/",
        "Refresh: 0; url=http://{elsewhere}/",
        "Alt-Svc: http/1.1=\"{elsewhere}\"; ma=3600",
        "Link: <http://{elsewhere}/>; rel=preconnect",
        "Set-Cookie: a=b; Domain=invalid",
        "Proxy-Authenticate: Basic realm=\"x\"",
        "Upgrade: h2c",
        "Strict-Transport-Security: max-age=1",
        "Connection: close",
        "Keep-Alive: timeout=0, max=0",
        "Content-Type: text/plain; charset=utf-16",
    ] {
        rows.push(row(format!("a success with {line}"), field(line), done()));
    }
    let login = "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    rows.push(row("a 401 that asks for a login", login, fails(Code::AppKeyRejected, 401)));
    rows
}
