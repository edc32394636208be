//! Bodies that are not the JSON of the service, at sizes and depths that overload a reader without limits.

use crate::framing::JSON;
use crate::row::{Call, Expect, Row, body, done, invalid, no_question, row, send};
use autoshares_test_support::server::{QUESTION, Step};

const ALONE: &[Call] = &[Call::Question];
const READERS: &[Call] = &[Call::Question, Call::Code];

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let mut rows = sizes();
    rows.extend(texts());
    rows.extend(names_and_types());
    rows.extend(compressed());
    rows
}

/// A row whose response is 200 with this body.
fn of(name: impl Into<String>, text: impl AsRef<str>, expect: Expect) -> Row {
    row(name, body(text), expect)
}

/// A successful envelope with one more field.
fn envelope(field: &str) -> String {
    format!(r#"{{{field},"Model":"{QUESTION}","IsSucceed":true}}"#)
}

#[rustfmt::skip]
fn sizes() -> Vec<Row> {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let lists = deep("[", "]");
    let objects = format!("{}0{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let in_model = |value: &str| format!(r#"{{"IsSucceed":true,"Model":{value}}}"#);
    let chunks = format!("{:x}\r\n{}\r\n", 10_000, "x".repeat(10_000));
    let as_one_string = [
        send("HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n{\"IsSucceed\":true,\"Model\":\""),
        Step::Endless(vec![b'x'; 100_000]),
    ];
    let in_chunks = [
        send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n{\"IsSucceed\":true,\"Model\":\"\r\n"),
        Step::Endless(chunks.into()),
    ];
    let until_the_end = [
        send("HTTP/1.1 200 OK\r\n\r\n{\"IsSucceed\":true,\"Model\":\""),
        Step::Endless(vec![b'x'; 100_000]),
    ];
    vec![
        of("lists 100,000 deep", &lists, invalid(200)),
        of("lists 100,000 deep that do not end", "[".repeat(100_000), invalid(200)),
        of("objects 100,000 deep", &objects, invalid(200)),
        of("a question 100,000 lists deep", in_model(&lists), invalid(200)).only(READERS),
        of("a question 100,000 objects deep", in_model(&objects), invalid(200)).only(READERS),
        of("100,000 lists in an unknown field", envelope(&format!(r#""X":{lists}"#)), done()),
        of("100,000 lists in the errors", envelope(&format!(r#""Errors":{lists}"#)), done()),
        of("100,000 objects in the model state", envelope(&format!(r#""ModelState":{objects}"#)), done()),
        of("100,000 unknown fields", envelope(&vec![r#""x":0"#; 100_000].join(",")), done()),
        of("300,000 errors", envelope(&format!(r#""Errors":[{}]"#, vec!["\"\""; 300_000].join(","))), done()),
        of("a number of 500,000 digits", envelope(&format!(r#""X":{}"#, "9".repeat(500_000))), done()),
        of("white space of 1 MB", " ".repeat(1_000_000), invalid(200)),
        row("JSON of 50 MB, of known length", as_one_string, invalid(200)),
        row("JSON of 50 MB, in chunks", in_chunks, invalid(200)),
        row("JSON of 50 MB, until the end", until_the_end, invalid(200)),
    ]
}

#[rustfmt::skip]
fn texts() -> Vec<Row> {
    let model = |text: &str| format!(r#"{{"IsSucceed":true,"Model":"{text}"}}"#);
    let mut rows = vec![
        of("a byte order mark", format!("\u{feff}{JSON}"), done()),
        of("two byte order marks", format!("\u{feff}\u{feff}{JSON}"), invalid(200)),
        of("a byte order mark alone", "\u{feff}", invalid(200)),
        of("white space around", format!("\r\n\t {JSON} \n"), done()),
        of("nothing", "", invalid(200)),
        of("white space", " \r\n", invalid(200)),
        of("more behind the JSON", format!("{JSON}x"), invalid(200)),
        of("two envelopes", format!("{JSON}\n{JSON}"), invalid(200)),
        of("a NUL behind the JSON", format!("{JSON}\0"), invalid(200)),
        of("a NUL in a string", model("a\0b"), invalid(200)),
        of("an escaped NUL", model(r"a\u0000b"), invalid(200)).only(READERS),
        of("an escaped NUL elsewhere", envelope(r#""X":"\u0000""#), done()),
        of("a high surrogate alone", model(r"a\ud83d"), invalid(200)).only(READERS),
        of("a low surrogate alone", model(r"\ude00b"), invalid(200)).only(READERS),
        of("surrogates the wrong way round", model(r"\ude00\ud83d"), invalid(200)).only(READERS),
        of("a lone surrogate elsewhere", envelope(r#""X":"\ud83d""#), done()),
        of("a bad escape", model(r"\x41"), invalid(200)),
        of("a comment", format!("/* */{JSON}"), invalid(200)),
        of("a script around", format!("callback({JSON})"), invalid(200)),
        of("a guard against scripts", format!(")]}}',\n{JSON}"), invalid(200)),
        of("JSON in a string", format!("{JSON:?}"), invalid(200)),
        of("an envelope in a list", format!("[{JSON}]"), invalid(200)),
        of("a page", "<!DOCTYPE html><html><body>Welcome</body></html>", invalid(200)),
        of("XML", "<?xml version=\"1.0\"?><Model>x</Model>", invalid(200)),
        of("null", "null", invalid(200)),
        of("NaN", r#"{"IsSucceed":true,"Model":NaN}"#, invalid(200)),
        raw_body("bad UTF-8", b"{\"IsSucceed\":true,\"Model\":\"\xff\xfe\"}", invalid(200)),
        raw_body("overlong UTF-8", b"{\"IsSucceed\":true,\"Model\":\"\xc0\xaf\"}", invalid(200)),
        raw_body("Latin-1", b"{\"IsSucceed\":true,\"Model\":\"caf\xe9\"}", invalid(200)),
        raw_body("UTF-16", &JSON.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), invalid(200)),
    ];
    for cut in [1, 9, 20, 60, 70, 83] {
        rows.push(of(format!("JSON cut after {cut} bytes"), &JSON[..cut], invalid(200)));
    }
    rows
}

fn raw_body(name: &str, bytes: &[u8], expect: Expect) -> Row {
    let header = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len());
    row(name, [header.as_bytes(), bytes].concat(), expect)
}

#[rustfmt::skip]
fn names_and_types() -> Vec<Row> {
    let mut rows = Vec::new();
    let values = ["1", "true", "[]", "{}", "null", "\"x\"", "[1]", "{\"a\":1}"];
    for value in values {
        let is_text = value == "\"x\"";
        if !is_text && value != "null" {
            let body = format!(r#"{{"IsSucceed":true,"Model":{value}}}"#);
            rows.push(of(format!("a Model that is {value}"), body, invalid(200)).only(READERS));
        }
        for name in ["Errors", "ErrorsCode", "ModelState", "StatusCode", "Message", "Error"] {
            let body = envelope(&format!(r#""{name}":{value}"#));
            rows.push(of(format!("a success with {name} that is {value}"), body, done()));
        }
        if value != "true" {
            let body = format!(r#"{{"IsSucceed":{value},"Model":"{QUESTION}"}}"#);
            rows.push(of(format!("an IsSucceed that is {value}"), body, invalid(200)));
        }
    }
    let both = |first: &str, second: &str| format!("{{{first},{second}}}");
    let (yes, question) = (r#""IsSucceed":true"#, format!(r#""Model":"{QUESTION}""#));
    rows.extend([
        of("names in camel case", both(r#""isSucceed":true"#, &question.replace('M', "m")), done()),
        of("names in small letters", both(r#""issucceed":true"#, &question), invalid(200)),
        of("names in capitals", both(r#""ISSUCCEED":true"#, &question), invalid(200)),
        of("names with underscores", both(r#""is_succeed":true"#, &question), invalid(200)),
        of("a question under another name", both(yes, r#""MODEL":"x""#), no_question()).only(ALONE),
        of("success twice", envelope(yes), invalid(200)),
        of("success in both spellings", envelope(r#""isSucceed":true"#), invalid(200)),
        of("a question twice", envelope(r#""Model":"x""#), invalid(200)),
        of("a question in both spellings", envelope(r#""model":"x""#), invalid(200)),
        of("errors twice", envelope(r#""Errors":[],"Errors":[]"#), invalid(200)),
        of("an unknown name twice", envelope(r#""X":1,"X":2"#), done()),
        of("a name written in escapes", both(r#""\u0049sSucceed":true"#, &question), done()),
        of("a name twice, once in escapes", envelope(r#""\u0049sSucceed":true"#), invalid(200)),
        of("no name", envelope(r#""":1"#), done()),
        of("another shape", r#"{"question":"x"}"#, invalid(200)),
        of("an empty object", "{}", invalid(200)),
    ]);
    rows
}

#[rustfmt::skip]
fn compressed() -> Vec<Row> {
    // Each by `gzip -9n`, of the fixture and of a MiB of blanks. The bomb is a GiB in a MB.
    let json = include_bytes!("../fixtures/gzip/question.json.gz").as_slice();
    let bomb = include_bytes!("../fixtures/gzip/blanks.gz").repeat(950);
    let deflated = &json[10..json.len() - 8];
    let coded = |name: &str, coding: &str, bytes: &[u8]| {
        let length = bytes.len();
        let header = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {length}\r\n\r\n");
        row(name, [header.as_bytes(), bytes].concat(), invalid(200))
    };
    vec![
        coded("gzip that nobody asked for", "gzip", json),
        coded("gzip cut short", "gzip", &json[..json.len() / 2]),
        coded("gzip that is none", "gzip", b"not gzip at all"),
        coded("deflate that nobody asked for", "deflate", deflated),
        coded("a coding that nobody knows", "x-odd", deflated),
        coded("a gzip bomb", "gzip", &bomb),
        raw_body("gzip that does not say so", json, invalid(200)),
        row("gzip in the transfer", [
            Step::Send([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", json].concat()),
            Step::End,
        ], invalid(0).any_status()),
    ]
}
