//! Statuses other than a plain success: redirects, refusals, failures, and `Retry-After`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use autoshares_reset::Code;

use crate::framing::JSON;
use crate::row::Seconds::{Exactly, Until};
use crate::row::{Expect, HTTPS, Row, fails, invalid, late, lost, row, send, wait};
use autoshares_test_support::server::{Step, http_response};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let mut rows = without_bodies();
    rows.extend(redirects());
    rows.extend(refusals());
    rows.extend(retry_after());
    rows
}

#[rustfmt::skip]
fn without_bodies() -> Vec<Row> {
    let bare = |status: &str| format!("HTTP/1.1 {status}\r\n\r\n");
    let misleading = r#"{"IsSucceed":true,"Model":"another response"}"#;
    let hints = format!("HTTP/1.1 103 Hints\r\n{}\r\n", "Link: x\r\n".repeat(100));
    let late_body = |start: &str| [send(start), wait(100), Step::Send(http_response("200 OK", misleading))];
    vec![
        row("a 204", &*bare("204 No Content"), invalid(204)),
        row("a 204 with a length", "HTTP/1.1 204 No\r\nContent-Length: 84\r\n\r\n", invalid(204)),
        row("a 204 with a body", [Step::Send(http_response("204 No", JSON)), Step::End], invalid(204)),
        row("a 204 whose body comes late", late_body("HTTP/1.1 204 No\r\nContent-Length: 84\r\n\r\n"), invalid(204)),
        row("a 204 behind an empty line, whose body comes late", late_body("\r\nHTTP/1.1 204 No\r\n\r\n"), invalid(204)),
        row("a 204 behind many hints, whose body comes late", late_body(&format!("{hints}HTTP/1.1 204 No\r\n\r\n")), invalid(204)),
        row("a 304 whose body comes late", late_body("HTTP/1.1 304 No\r\nContent-Length: 84\r\n\r\n"), invalid(304)),
        row("a 205", http_response("205 Reset Content", ""), invalid(205)),
        row("a 304", &*bare("304 Not Modified"), invalid(304).message_has("304")),
        row("a 304 with a length", "HTTP/1.1 304 No\r\nContent-Length: 84\r\n\r\n", invalid(304)),
        row("an empty 200", http_response("200 OK", ""), invalid(200)),
        row("an empty 200 until the end", [send(bare("200 OK")), Step::End], invalid(200)),
        row("an empty 200 in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", invalid(200)),
        row("an empty 201", http_response("201 Created", ""), invalid(201)),
        row("an empty 202", http_response("202 Accepted", ""), invalid(202)),
        row("a page at 203", http_response("203 Odd", "<html></html>"), invalid(203)),
    ]
}

#[rustfmt::skip]
fn redirects() -> Vec<Row> {
    let to = |status: u16, location: &str| {
        format!("HTTP/1.1 {status} Gone\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
    };
    let refused = |status: u16| invalid(status).message_has(status.to_string());
    let mut rows = Vec::new();
    for status in [300, 301, 302, 303, 305, 306, 307, 308, 399] {
        let elsewhere = to(status, "http://{elsewhere}/login?next=x");
        rows.push(row(format!("a {status} to another host"), &*elsewhere, refused(status).message_has("to 127.0.0.2")));
        let here = to(status, "/v1.0/users/password/secret-question?username=other");
        rows.push(row(format!("a {status} within the host"), &*here, refused(status).message_has("to 127.0.0.1")));
        let bare = format!("HTTP/1.1 {status} Gone\r\nContent-Length: 0\r\n\r\n");
        rows.push(row(format!("a {status} to nowhere"), &*bare, refused(status)));
    }
    rows.extend([
        row("a redirect to plain http", &*to(302, "http://{here}/"), refused(302).message_has("127.0.0.1")).over(HTTPS),
        row("a redirect to https", &*to(302, "https://{elsewhere}/"), refused(302)),
        row("a redirect to itself", &*to(302, ""), refused(302)),
        row("a redirect to the same address", &*to(302, "http://{here}/v1.0/users/password/reset"), refused(302)),
        row("a redirect without a scheme", &*to(302, "//{elsewhere}/"), refused(302).message_has("127.0.0.2")),
        row("a redirect to a host with a login", &*to(302, "http://u:p@{elsewhere}/"), refused(302)),
        row("a redirect to a named host", &*to(302, "https://login.invalid/x"), refused(302).message_has("login.invalid")),
        row("a redirect to a file", &*to(302, "file:///etc/passwd"), refused(302)),
        row("a redirect to data", &*to(302, "data:application/json,{}"), refused(302)),
        row("a redirect to a bare word", &*to(302, "login.invalid"), refused(302).message_has("to 127.0.0.1")),
        row("a redirect to nonsense", &*to(302, "ht!tp://:::/ %%"), refused(302)),
        row("a redirect to other letters", &*to(302, "https://příklad.invalid/"), refused(302).message_has("příklad.invalid,")),
        row("a redirect to a path with a blank", &*to(302, "https://u@login.invalid:1/a b"), refused(302).message_has("login.invalid,")),
        row("a redirect to very far away", &*to(302, &"x".repeat(50_000)), refused(302)),
        row("a redirect to two places", &*to(302, "http://{elsewhere}/\r\nLocation: /"), refused(302)),
        row("a redirect with a good body", http_response("302 Found\r\nLocation: http://{elsewhere}/", JSON), refused(302)),
        row("a redirect with a body cut short", [
            send("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 99\r\n\r\n<"),
            Step::End,
        ], refused(302)),
        row("a redirect with a body that stalls", [
            send("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 99\r\n\r\n<"),
            Step::Hold,
        ], refused(302)),
        row("a redirect with a body without end", [
            send("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\n\r\n"),
            Step::Endless(vec![b'x'; 100_000]),
        ], refused(302)),
    ]);
    rows
}

/// A status's codes for an empty body, a JSON object without an envelope, and a page.
fn codes(status: u16) -> [Code; 3] {
    use Code::*;
    match status {
        401 | 403 => [AppKeyRejected, AppKeyRejected, InvalidResponse],
        407 => [ConnectFailed; 3],
        408 => [Timeout; 3],
        429 => [RateLimited; 3],
        511 => [InvalidResponse; 3],
        400..=499 => [Rejected, Rejected, InvalidResponse],
        _ => [ServerError; 3],
    }
}

#[rustfmt::skip]
fn refusals() -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [
        400, 401, 402, 403, 404, 405, 407, 408, 409, 410, 413, 415, 418, 421, 422, 425, 426, 428,
        429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 508, 511, 520, 599,
    ] {
        let [empty, json, page] = codes(status);
        let line = format!("{status} Odd");
        let mut add = |what: &str, body: &str, expect: Expect| {
            rows.push(row(format!("{what} at {status}"), http_response(&line, body), expect));
        };
        add("nothing", "", fails(empty, status));
        add("words", r#"{"Message":"The service's own words."}"#, fails(json, status).message_has("The service's own words."));
        add("a page", "<html><body>Oops</body></html>", fails(page, status));
        if [400, 401, 403, 404, 429, 500, 503].contains(&status) {
            let refusal = r#"{"IsSucceed":false,"Errors":["Not so."]}"#;
            let code = if matches!(status, 401 | 403) { Code::Rejected } else { json };
            add("a refusal", refusal, fails(code, status).message_has("Not so."));
        }
    }
    let page = "HTTP/1.1 500 Odd\r\nContent-Length: 99\r\n\r\n<html>";
    rows.extend([
        row("a failure's page cut short", [send(page), Step::End], lost(500)),
        row("a failure's page that stalls", [send(page), Step::Hold], late(500)).hurried(),
        row("a failure's page and a reset", [send(page), wait(200), Step::Reset], lost(500)),
        row("a failure's page without end", [
            send("HTTP/1.1 500 Odd\r\n\r\n<html>"),
            Step::Endless(vec![b'x'; 100_000]),
        ], invalid(500)),
        row("a 408 that nobody waited for", [
            send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
            Step::End,
        ], fails(Code::Timeout, 408)),
    ]);
    rows
}

#[rustfmt::skip]
fn retry_after() -> Vec<Row> {
    let soon = SystemTime::now() + Duration::from_secs(3600);
    let second = soon.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let soon = httpdate::fmt_http_date(soon);
    let forms = [
        ("120", Some(Exactly(120))),
        ("0", Some(Exactly(0))),
        ("007", Some(Exactly(7))),
        ("4294967295", Some(Exactly(u32::MAX))),
        ("4294967296", Some(Exactly(u32::MAX))),
        ("99999999999999999999999999", Some(Exactly(u32::MAX))),
        (&*soon, Some(Until(second))),
        ("Sun, 06 Nov 2050 08:49:37 GMT", Some(Until(2_551_337_377))),
        ("Sunday, 06-Nov-50 08:49:37 GMT", Some(Until(2_551_337_377))),
        ("Sun Nov  6 08:49:37 2050", Some(Until(2_551_337_377))),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(Exactly(0))),
        ("Sunday, 06-Nov-94 08:49:37 GMT", Some(Exactly(0))),
        ("Sun Nov  6 08:49:37 1994", Some(Exactly(0))),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("1s", None),
        ("0x10", None),
        ("1, 2", None),
        ("", None),
        ("soon", None),
        ("2050-11-06T08:49:37Z", None),
        ("Sun, 99 Nov 2050 99:49:37 GMT", None),
        ("١٢", None),
    ];
    let mut rows = Vec::new();
    for (value, expected) in forms {
        for (status, code) in [(429, Code::RateLimited), (503, Code::ServerError)] {
            let head = format!("{status} Later\r\nRetry-After: {value}");
            let expect = Expect { retry_after: expected, ..fails(code, status) };
            rows.push(row(format!("a {status} with Retry-After {value:?}"), http_response(&head, ""), expect));
        }
    }
    for (status, code) in [(400, Code::Rejected), (408, Code::Timeout), (500, Code::ServerError), (302, Code::InvalidResponse)] {
        let head = format!("{status} Odd\r\nRetry-After: 120");
        rows.push(row(format!("a {status} with Retry-After"), http_response(&head, ""), fails(code, status)));
    }
    let cut = "Retry-After: 7\r\nContent-Length: 99\r\n\r\n{";
    for status in [429, 503] {
        let start = format!("HTTP/1.1 {status} Later\r\n{cut}");
        rows.push(row(format!("a {status} with Retry-After, cut"), [send(&start), Step::End], lost(status).retry_after(Exactly(7))));
        rows.push(row(format!("a {status} with Retry-After that stalls"), [send(&start), Step::Hold], late(status).retry_after(Exactly(7))).hurried());
    }
    let twice = http_response("429 Later\r\nRetry-After: 5\r\nRetry-After: 9", "");
    rows.push(row("Retry-After twice", twice, fails(Code::RateLimited, 429).retry_after(Exactly(5))));
    rows
}
