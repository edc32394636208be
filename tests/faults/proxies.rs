//! Faulty proxies, and faults behind good ones. None of them may
//! see more than the name of the host.

use autoshares_reset::Code;

use crate::row::{
    BOTH, Expect, HTTPS, Place, REFUSED, Row, Steps, body, done, handshake, invalid, late, lost,
    no, place, raw, row, send, wait,
};
use autoshares_test_support::certificates;
use autoshares_test_support::server::{Opening, Script, Step, good_response, http_response};

/// A proxy that reads the CONNECT and then takes these steps.
fn proxy(name: impl Into<String>, steps: impl Into<Steps>, expect: Expect) -> Row {
    let Row { script, .. } = row("", steps, done());
    Row {
        script: Script {
            opening: Opening::Raw,
            ..script
        },
        ..place(name, Place::Proxy, expect)
    }
}

fn failed() -> Expect {
    no(Code::ConnectFailed)
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let silent = || late(0).unsent();
    let mut rows = vec![
        place("a proxy that is well", Place::Proxy, done()),
        place("a proxy that refuses connections", Place::RefusingProxy, failed().os_error(REFUSED)),
        place("a proxy that does not react", Place::FullProxy, silent()).hurried_to_connect(),
        place("a proxy that does not react for the whole call", Place::FullProxy, silent()).hurried(),
        raw("a proxy that closes at once", Step::End, failed()).at(Place::Proxy),
        raw("a proxy that resets at once", Step::Reset, failed()).at(Place::Proxy),
        raw("a proxy that never sends anything", Step::Hold, silent())
            .at(Place::Proxy)
            .hurried_to_connect(),
        proxy("a proxy that closes on CONNECT", Step::End, failed()),
        proxy("a proxy that resets on CONNECT", Step::Reset, failed()),
        proxy("a proxy that closes in its status", [send("HTTP/1.1 2"), Step::End], failed()),
        proxy("a proxy that closes in its header", [
            send("HTTP/1.1 200 OK\r\nVia: 1."),
            Step::End,
        ], failed()),
        proxy("a proxy that resets in its header", [
            send("HTTP/1.1 200 OK\r\nVia: 1."),
            wait(200),
            Step::Reset,
        ], failed()),
        proxy("a proxy that is silent after CONNECT", Step::Hold, silent().details_has("tunnel: failed after")).hurried_to_connect(),
        proxy("a proxy that stalls in its header", [send("HTTP/1.1 200 OK\r\nVia"), Step::Hold], silent())
            .hurried_to_connect(),
        proxy("a proxy that drips its header", Step::Drip(b"HTTP/1.1 200 OK\r\n".into()), silent())
            .hurried_to_connect(),
        proxy("a proxy that sends a header without end", [
            send("HTTP/1.1 200 OK\r\n"),
            Step::Endless(b"Via: 1.1 proxy\r\n".repeat(1000)),
        ], failed()),
        proxy("a proxy that sends garbage without end", Step::Endless(vec![0xa5; 10_000]), failed()),
        proxy("a proxy that hints at first", [
            send("HTTP/1.1 103 Early Hints\r\nLink: <http://{elsewhere}/>\r\n\r\n"),
            wait(200),
            send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
        ], failed().message_has("502")),
        proxy("a proxy that hints at first and then stalls in its header", [
            send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nVia"),
            Step::Hold,
        ], silent()).hurried_to_connect(),
        proxy("a proxy that hints at first and then pauses in its header", [
            send("HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 502 Bad"),
            wait(100),
            send(" Gateway\r\nContent-Length: 0\r\n\r\n"),
        ], failed().message_has("502")),
        proxy("a proxy that switches protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n", failed()),
        proxy("a proxy with a status beyond all", http_response("999 Odd", ""), failed()),
        proxy("a proxy in HTTP/1.0", "HTTP/1.0 502 Bad Gateway\r\n\r\n", failed().message_has("502")),
        proxy("a proxy that redirects", "HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\n\r\n", failed().message_has("302")),
        proxy("a proxy with a page", http_response("503 Busy", "<html>busy</html>"), failed().message_has("503")),
        proxy("a proxy with the service's words", http_response("400 No", r#"{"Message":"No."}"#), failed().message_has("400")),
        proxy("a proxy that refuses and closes", [send("HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\n"), Step::End], failed().message_has("403")),
        proxy("a proxy that wants a login", "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", failed().message_has("407").details_has("tunnel: failed after")),
    ];
    for (name, offers, words) in [
        ("NTLM", "Proxy-Authenticate: NTLM\r\n", "by NTLM (HTTP 407)"),
        ("Negotiate or NTLM", "Proxy-Authenticate: negotiate\r\nProxy-Authenticate: NTLM\r\n", "by Negotiate or NTLM (HTTP 407)"),
        ("Digest in a list", "Proxy-Authenticate: Digest realm=\"x\", nonce=\"y\", Foo\r\n", "by Digest (HTTP 407)"),
        ("NTLM or Basic", "Proxy-Authenticate: NTLM, Basic realm=\"x\"\r\n", "refused the user name and the password (HTTP 407)"),
        ("something unheard of", "Proxy-Authenticate: Foo\r\n", "refused the user name and the password (HTTP 407)"),
        ("it does not say what", "", "refused the user name and the password (HTTP 407)"),
    ] {
        let steps = [send(format!("HTTP/1.1 407 Who\r\n{offers}Content-Length: 0\r\n\r\n"))];
        rows.push(proxy(format!("a proxy that wants {name}"), steps, failed().message_has(words)));
    }
    for (name, garbage) in [
        ("SSH", "SSH-2.0-OpenSSH_9.2\r\n"),
        ("a page", "<html><body>no</body></html>\r\n\r\n"),
        ("SOCKS", "\x05\x00\r\n\r\n"),
        ("a TLS alert", "\x15\x03\x01\x00\x02\x02\x28"),
        ("a status in letters", "HTTP/1.1 OK Fine\r\n\r\n"),
    ] {
        let steps = [send(garbage), Step::End];
        rows.push(proxy(format!("a proxy that talks {name}"), steps, failed()));
    }
    // The largest response that is read: its fields, its size, and the bytes behind it.
    let fields = |count: usize| send(format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(count)));
    let sized = |size: usize| send(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(size - 24)));
    let behind = |bytes: &[u8]| Step::Send([b"HTTP/1.1 200 OK\r\n\r\n", bytes].concat());
    let well = |name: &str, response| {
        let Step::Send(response) = response else { unreachable!() };
        let script = Script { opening: Opening::Connect(response), steps: [].into() };
        Row { script, ..place(name, Place::Proxy, done()) }
    };
    rows.extend([
        well("a proxy that sends 25 fields", fields(25)),
        well("a proxy that sends 128 fields", fields(128)),
        proxy("a proxy that sends 129 fields", fields(129), failed()),
        well("a proxy that sends 16 KiB of header", sized(16 * 1024)),
        proxy("a proxy that sends 16 KiB of header and a byte", sized(16 * 1024 + 1), failed()),
        proxy("a proxy that sends 100 KB of header", sized(100_000), failed()),
        proxy("a proxy that sends 100 KB of header and no end", [sized(100_000), Step::Hold], failed()),
        proxy("a byte behind a proxy's response", behind(b"H"), failed()),
        proxy("a line's end behind a proxy's response", behind(b"\r\n"), failed()),
        proxy("a whole response behind a proxy's response", behind(&good_response()), failed()),
        proxy("a body behind a proxy's response", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", failed()),
    ]);
    // The next rows have a good proxy, and the fault is behind it.
    rows.extend([
        handshake("an expired certificate behind a proxy", certificates::expired(), no(Code::TlsFailed)),
        handshake("another host's certificate behind a proxy", certificates::of(&["other.invalid"]), no(Code::TlsFailed)),
        proxy("a cut handshake behind a proxy", [
            send("HTTP/1.1 200 OK\r\n\r\n"),
            Step::End,
        ], no(Code::TlsFailed)).over(HTTPS),
        proxy("a stalled handshake behind a proxy", [
            send("HTTP/1.1 200 OK\r\n\r\n"),
            Step::Hold,
        ], silent().details_has("TLS with target.invalid: failed after")).over(HTTPS).hurried_to_connect(),
        row("a hang-up behind a proxy", Step::End, lost(0)),
        row("a reset behind a proxy", Step::Reset, lost(0)),
        row("a stall behind a proxy", Step::Hold, late(0).details_has("waiting for the response: failed")).hurried(),
        row("garbage behind a proxy", [send("garbage\r\n\r\n"), Step::End], invalid(0)),
        row("a body cut behind a proxy", [
            send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
            Step::End,
        ], lost(200)),
        row("a redirect behind a proxy", "HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n", invalid(302).message_has("302")),
        row("a 100 behind a proxy", [send("HTTP/1.1 100 Continue\r\n\r\n"), wait(200), Step::Send(good_response())], done()),
        row("a 103 behind a proxy", [send("HTTP/1.1 103 Hints\r\nA: b\r\n\r\n"), wait(200), Step::Send(good_response())], done()),
        row("bytes that nobody asked for behind a proxy", [
            Step::Send([good_response(), body(r#"{"IsSucceed":true,"Model":"smuggled"}"#)].concat()),
        ], done()),
    ].map(|row| row.at(Place::Proxy)));
    // A proxy over TLS.
    let secure = |row: Row| row.at(Place::SecureProxy).over(BOTH);
    rows.extend([
        secure(place("a proxy over TLS that is well", Place::SecureProxy, done())),
        secure(handshake("a proxy with an expired certificate", certificates::expired(), no(Code::TlsFailed))),
        secure(handshake("a proxy of an unknown authority", certificates::of_a_stranger(), no(Code::TlsFailed))),
        secure(handshake("a proxy with another's certificate", certificates::of(&["other.invalid"]), no(Code::TlsFailed))),
        secure(raw("a proxy that stalls its handshake", Step::Hold, silent())).hurried_to_connect(),
        secure(row("a hang-up behind a proxy over TLS", Step::End, lost(0))),
        secure(row("a cut behind a proxy over TLS", Step::Cut, lost(0))),
        secure(row("a reset behind a proxy over TLS", Step::Reset, lost(0))),
        secure(row("a stall behind a proxy over TLS", Step::Hold, late(0))).hurried(),
        secure(row("a body cut behind a proxy over TLS", [
            send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
            Step::End,
        ], lost(200))),
        secure(row("a second response behind a proxy over TLS", Step::Send([good_response(), good_response()].concat()), done())),
    ]);
    rows
}
