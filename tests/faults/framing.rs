//! Responses with a wrong length, and connections that end or stall in the middle of one.

use crate::row::{Expect, Row, done, invalid, late, lost, row, send, wait};
use autoshares_test_support::server::{QUESTION, Step};

pub const JSON: &str = concat!(
    r#"{"Model":"What street did you live on in third grade?","#,
    r#""Errors":[],"IsSucceed":true}"#
);

/// A response with this header line before the usual body.
fn with(line: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n{JSON}")
}

fn chunked(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    assert!(JSON.contains(QUESTION) && JSON.len() == 84);
    let mut rows = lengths();
    rows.extend(chunks());
    rows.extend(stages());
    rows
}

#[rustfmt::skip]
fn lengths() -> Vec<Row> {
    let mib = 1024 * 1024;
    let padded = |size: usize| format!("{JSON}{}", " ".repeat(size - JSON.len()));
    let announced = |size: usize| send(format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n"));
    let smuggled = r#"{"IsSucceed":true,"Model":"smuggled"}"#;
    let smuggled = || format!("HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\n{smuggled}");
    let mut rows = vec![
        row("a length that is one too short", &*with("Content-Length: 83"), invalid(200)),
        row("a length of nothing before a body", &*with("Content-Length: 0"), invalid(200)),
        row("a length that is one too long, and an end", [send(with("Content-Length: 85")), Step::End], lost(200)),
        row("a length that is one too long, and a reset", [send(with("Content-Length: 85")), wait(200), Step::Reset], lost(200)),
        row("a length that is one too long, and silence", [send(with("Content-Length: 85")), Step::Hold], late(200)).hurried(),
        row("a length of 1 MiB", &*format!("HTTP/1.1 200 OK\r\nContent-Length: {mib}\r\n\r\n{}", padded(mib)), done()),
        row("a length of 1 MiB and a byte", [announced(mib + 1), Step::Hold], invalid(200)),
        row("a length of 50 MB, sent", [announced(50_000_000), Step::Endless(vec![b' '; 100_000])], invalid(200)),
        row("a length of 2^64 - 1", &*with("Content-Length: 18446744073709551615"), invalid(200)),
        row("no length, and an end", [send(format!("HTTP/1.1 200 OK\r\n\r\n{JSON}")), Step::End], done()),
        row("no length, in HTTP/1.0", [send(format!("HTTP/1.0 200 OK\r\n\r\n{JSON}")), Step::End], done()),
        row("no length but a coding that is none, and a body cut short", [
            send("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n{\"IsSucceed\":tr"),
            wait(200),
            Step::Reset,
        ], invalid(0)),
        row("no length in HTTP/1.0, chunks nevertheless, and a body cut short", [
            send("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n54\r\n{\"IsSucceed\":tr"),
            wait(200),
            Step::Reset,
        ], invalid(200)),
        row("no length, and a body cut short", [send("HTTP/1.1 200 OK\r\n\r\n{\"IsSucceed\":tr"), Step::End], invalid(200)),
        row("no length, and silence", [send(format!("HTTP/1.1 200 OK\r\n\r\n{JSON}")), Step::Hold], late(200)).hurried(),
        row("no length, and a body that drips", [send("HTTP/1.1 200 OK\r\n\r\n"), Step::Drip(JSON.into())], late(200)).hurried(),
        row("no length, and a body without end", [send("HTTP/1.1 200 OK\r\n\r\n"), Step::Endless(vec![b'x'; 100_000])], invalid(200)),
        row("no length, and white space without end", [send("HTTP/1.1 200 OK\r\n\r\n"), Step::Endless(vec![b' '; 100_000])], invalid(200)),
        row("a second response at once", [send(format!("{}{}", with("Content-Length: 84"), smuggled()))], done()),
        row("a second response and an end", [send(format!("{}{}", with("Content-Length: 84"), smuggled())), Step::End], done()),
        row("garbage after the response", &*format!("{}\r\n\0\0garbage", with("Content-Length: 84")), done()),
    ];
    for (name, value) in [
        ("negative", "-1"),
        ("minus nothing", "-0"),
        ("in letters", "all"),
        ("in hex", "0x54"),
        ("with a sign", "+84"),
        ("with a fraction", "84.0"),
        ("with an exponent", "84e0"),
        ("with a blank in it", "8 4"),
        ("with a unit", "84 bytes"),
        ("empty", ""),
        ("in foreign digits", "٨٤"),
        ("a list of two", "84, 85"),
        ("too great for any number", "99999999999999999999999999"),
        ("too great by one", "18446744073709551616"),
    ] {
        let response = with(&format!("Content-Length: {value}"));
        rows.push(row(format!("a length that is {name}"), &*response, invalid(0).any_status()));
    }
    let whole = format!("54\r\n{JSON}\r\n0\r\n\r\n");
    for fields in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 98",
        "Transfer-Encoding: identity\r\nContent-Length: 84",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding:",
    ] {
        let response = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{whole}");
        let steps = [send(response), wait(100), Step::End];
        rows.push(row(format!("a body of doubtful length: {fields:?}"), steps, invalid(0)));
    }
    let twice = with("Content-Length: 84\r\nContent-Length: 85");
    rows.push(row("two lengths", &*twice, invalid(0).any_status()));
    let twice = with("Content-Length: 10\r\nContent-Length: 84");
    rows.push(row("two lengths, the second one right", &*twice, invalid(0).any_status()));
    rows
}

#[rustfmt::skip]
fn chunks() -> Vec<Row> {
    let whole = |body: &str| format!("54\r\n{body}\r\n0\r\n\r\n");
    let by_byte: String = JSON.chars().map(|c| format!("1\r\n{c}\r\n")).collect();
    let good = |name: &str, body: &str| row(name, &*chunked(body), done());
    let mut rows = vec![
        good("chunks", &whole(JSON)),
        good("chunks of one byte", &format!("{by_byte}0\r\n\r\n")),
        good("chunks with zeros before", &format!("000000000054\r\n{JSON}\r\n000\r\n\r\n")),
        good("chunks of sizes of 16 digits", &format!("{:016x}\r\n{JSON}\r\n{:016x}\r\n\r\n", 84, 0)),
        good("chunks with extensions of 30 characters", &format!("54;{0}\r\n{JSON}\r\n0;{0}\r\n\r\n", "x".repeat(30))),
        good("chunks with extensions of 5000 characters", &format!("54;{0}\r\n{JSON}\r\n0;{0}\r\n\r\n", "x".repeat(5000))),
        good("chunks with extensions", &format!("54;a=b;c=\"d;e\"\r\n{JSON}\r\n0;f\r\n\r\n")),
        good("chunks with an empty extension", &format!("54;\r\n{JSON}\r\n0\r\n\r\n")),
        good("chunks with a blank behind their size", &format!("54 \r\n{JSON}\r\n0\r\n\r\n")),
        good("chunks with trailers", &format!("54\r\n{JSON}\r\n0\r\nA: b\r\nContent-Length: 3\r\n\r\n")),
    ];
    for (name, body) in [
        ("of a size in letters", "zz\r\n{}\r\n0\r\n\r\n".to_owned()),
        ("of a negative size", format!("-54\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size with a sign", format!("+54\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size behind a blank", format!(" 54\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size behind a tab", format!("\t54\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size behind a no-break space", format!("\u{a0}54\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size in foreign digits", format!("٥٤\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size with a blank in it", format!("5 4\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size with an underscore", format!("5_4\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size of 17 digits", format!("{:017x}\r\n{JSON}\r\n0\r\n\r\n", 84)),
        ("of which the last has a sign", format!("54\r\n{JSON}\r\n-0\r\n\r\n")),
        ("of a size with 0x", format!("0x54\r\n{JSON}\r\n0\r\n\r\n")),
        ("of no size", format!("\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size with more behind", format!("54zz\r\n{JSON}\r\n0\r\n\r\n")),
        ("of 2^64", format!("10000000000000000\r\n{JSON}\r\n0\r\n\r\n")),
        ("of a size of many digits", format!("{}\r\n", "f".repeat(1000))),
        ("that are longer than they say", format!("50\r\n{JSON}\r\n0\r\n\r\n")),
        ("without a line's end behind", format!("54\r\n{JSON}0\r\n\r\n")),
        ("where none should be", format!("{JSON}\r\n")),
    ] {
        let steps = [send(chunked(&body)), Step::End];
        rows.push(row(format!("chunks {name}"), steps, invalid(200)));
    }
    for (place, body) in [
        ("before the first", String::new()),
        ("in a size", "5".to_owned()),
        ("behind a size", "54\r\n".to_owned()),
        ("in a chunk", format!("54\r\n{}", &JSON[..40])),
        ("behind a chunk", format!("54\r\n{JSON}")),
        ("between two", format!("54\r\n{JSON}\r\n")),
    ] {
        let start = || send(chunked(&body));
        let name = |what| format!("chunks {what} {place}");
        rows.push(row(name("cut"), [start(), Step::End], lost(200)));
        rows.push(row(name("reset"), [start(), wait(200), Step::Reset], lost(200)));
        rows.push(row(name("stalled"), [start(), Step::Hold], late(200)).hurried());
    }
    // A header in two parts makes the buffer larger than the chunks.
    let start = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(5000));
    let rest = format!("{}\r\nTransfer-Encoding: chunked\r\n\r\n{}", "x".repeat(4900), whole(JSON));
    let body = rest.find("54\r\n").expect("the first chunk");
    for cut in [body, body + 1, body + 3, body + 40, body + 88, rest.len() - 5, rest.len() - 4, rest.len() - 1] {
        let (first, last) = rest.split_at(cut);
        let steps = [send(&start), wait(50), send(first), wait(50), send(last)];
        rows.push(row(format!("chunks behind a header in parts, split at {}", cut - body), steps, done()));
    }
    let endless = |name: &str, start: &str, rest: Vec<u8>| {
        row(name, [send(chunked(start)), Step::Endless(rest)], invalid(200))
    };
    rows.extend([
        endless("chunks without end", "", format!("54\r\n{JSON}\r\n").repeat(100).into()),
        endless("small chunks without end", "", b"8\r\nxxxxxxxx\r\n".repeat(1000)),
        endless("a chunk of 50 MB", "2faf080\r\n", vec![b'x'; 100_000]),
        endless("a chunk's size without end", "", vec![b'0'; 10_000]),
        endless("a chunk's extension without end", "54;", vec![b'x'; 10_000]),
        endless("trailers without end", &format!("54\r\n{JSON}\r\n0\r\n"), b"A: b\r\n".repeat(1000)),
        endless("a trailer without end", &format!("54\r\n{JSON}\r\n0\r\nA: "), vec![b'x'; 10_000]),
        row("a chunk of 2^64 - 1, cut", [send(chunked(&format!("ffffffffffffffff\r\n{JSON}"))), Step::End], lost(200)),
        // The last chunk completes the body, even if the trailers are cut off.
        row("chunks cut behind the last one", [send(chunked(&format!("54\r\n{JSON}\r\n0\r\n"))), Step::End], done()),
        row("chunks cut behind the last one, and no close_notify", [send(chunked(&format!("54\r\n{JSON}\r\n0\r\n"))), Step::Cut], done()),
        row("chunks and a reset behind the last one", [send(chunked(&format!("54\r\n{JSON}\r\n0\r\nA:"))), wait(200), Step::Reset], done()),
        row("chunks whose end is late", [send(chunked(&format!("54\r\n{JSON}\r\n0\r\n"))), wait(100), send("\r\n")], done()),
        row("chunks whose trailers are late", [send(chunked(&format!("54\r\n{JSON}\r\n0\r\n"))), wait(100), send("A: b\r\n\r\n")], done()),
        row("a trailer that is none", &*chunked(&format!("54\r\n{JSON}\r\n0\r\nno colon\r\n\r\n")), done()),
        row("chunks that drip", [send(chunked("54\r\n")), Step::Drip(JSON.into())], late(200)).hurried(),
        row("chunk sizes that drip", [send(chunked("")), Step::Drip(vec![b'0'])], late(200)).hurried(),
    ]);
    rows
}

/// Every way in which a connection can end or stall, at every stage of a response.
#[rustfmt::skip]
fn stages() -> Vec<Row> {
    let header = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 84\r\n\r\n";
    let stages = [
        ("before the response", 0, 0),
        ("behind its first byte", 1, 0),
        ("in its version", 7, 0),
        ("in its status", 11, 0),
        ("behind its status line", 17, 0),
        ("in a field's name", 25, 0),
        ("in a field's value", 40, 0),
        ("before the header's last byte", header.len() - 1, 0),
        ("behind the header", header.len(), 200),
        ("in the body", header.len() + 40, 200),
        ("before the body's last byte", header.len() + 83, 200),
    ];
    let response = format!("{header}{JSON}");
    let mut rows = Vec::new();
    for (stage, size, http_status) in stages {
        let mut add = |what: &str, end: &[Step], expect: fn(u16) -> Expect| {
            let steps: Vec<Step> = [&[send(&response[..size])], end].concat();
            let row = row(format!("{what} {stage}"), steps, expect(http_status));
            let stalls = matches!(end.last(), Some(Step::Hold | Step::Drip(_)));
            rows.push(if stalls { row.hurried() } else { row });
        };
        add("an end", &[Step::End], lost);
        add("a reset", &[wait(200), Step::Reset], lost);
        add("a stall", &[Step::Hold], late);
        let rest = &response.as_bytes()[size..];
        // The stage must not be over by the deadline.
        let is_long = size + 5 < header.len() || (header.len()..response.len() - 5).contains(&size);
        if is_long {
            add("a byte now and then", &[Step::Drip(rest.to_vec())], late);
        }
    }
    rows
}
