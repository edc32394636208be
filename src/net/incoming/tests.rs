//! Feeds responses in pieces of every size, and uses them as ureq does.

use super::*;

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Feeds all of it in pieces, and consumes the valid bytes. Returns the consumed bytes.
fn feed(incoming: &mut Incoming, bytes: &[u8], piece: usize) -> Result<Vec<u8>, Failure> {
    let mut used = Vec::new();
    for piece in bytes.chunks(piece) {
        incoming.check()?;
        incoming.space()[..piece.len()].copy_from_slice(piece);
        incoming.arrived(piece.len())?;
        used.extend_from_slice(incoming.input());
        incoming.consume(incoming.input().len());
    }
    incoming.check()?;
    Ok(used)
}

#[test]
fn a_response_is_passed_on_in_its_plain_form() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let sized = format!("{OK}Content-Length: 2\r\n\r\n{{}}");
    let no_body = "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n";
    let unchanged = "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = "x".repeat(40);
    let rows = [
        ("a body of a length", sized.clone(), sized.clone(), false),
        (
            "two informational responses",
            [hints, "HTTP/1.1 100 Continue\r\n\r\n", &sized].concat(),
            sized.clone(),
            false,
        ),
        ("no content", no_body.to_owned(), no_body.to_owned(), true),
        (
            "an unchanged resource",
            unchanged.to_owned(),
            unchanged.to_owned(),
            true,
        ),
        (
            "chunks",
            format!("{CHUNKED}2\r\n{{}}\r\n0\r\n\r\n"),
            format!("{CHUNKED}2\r\n{{}}\r\n0\r\n\r\n"),
            false,
        ),
        (
            "lines that ureq accepts, and longer ones",
            format!(
                "{CHUNKED}0000000000000002\r\n{{}}\r\n2;{}\r\n{{}}\r\n0\r\n\r\n",
                "x".repeat(15)
            ),
            format!("{CHUNKED}0000000000000002\r\n{{}}\r\n2\r\n{{}}\r\n0\r\n\r\n"),
            false,
        ),
        (
            "extensions and a trailer",
            format!(
                "{CHUNKED}000000000000001a;{extension}\r\n{{                        }}\r\n0;{extension}\r\nX: y\r\nZ: z\r\n\r\n"
            ),
            format!("{CHUNKED}1a\r\n{{                        }}\r\n0\r\nX: y\r\nZ: z\r\n\r\n"),
            false,
        ),
    ];
    for (name, arriving, expected, is_bodiless) in rows {
        for piece in 1..=arriving.len() {
            let name = format!("{name}, in pieces of {piece}");
            let mut incoming = Incoming::default();
            let used = feed(&mut incoming, arriving.as_bytes(), piece).expect(&name);
            assert_eq!(String::from_utf8_lossy(&used), expected, "{name}");
            assert_eq!(incoming.is_bodiless(), is_bodiless, "{name}");
            assert!(incoming.is_empty() && incoming.has_begun(), "{name}");
        }
    }
}

#[test]
fn a_response_that_breaks_the_standard_is_refused_behind_its_valid_part() {
    let both = format!("{OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = format!("{CHUNKED}2\r\n{{}}");
    let hints = format!(
        "HTTP/1.1 103 X\r\nLink: {}\r\n\r\n",
        "x".repeat(STATUS_LINE)
    );
    let late = format!("{hints}SSH-2.0-x");
    let rows = [
        ("not HTTP", "", "SSH-2.0-x\r\n\r\n"),
        ("not HTTP after an informational response", "", &late),
        ("two lengths", "", &both),
        (
            "another coding",
            "",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        ),
        (
            "two codings",
            "",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        ("a sign before a size", CHUNKED, "+2\r\n{}\r\n0\r\n\r\n"),
        ("a line without a size", CHUNKED, "\r\n{}\r\n0\r\n\r\n"),
        ("a chunk that is too long", &chunk, "}\r\n0\r\n\r\n"),
        ("a bare line break behind a chunk", &chunk, "\n0\r\n\r\n"),
    ];
    for (name, valid, broken) in rows {
        let all = [valid, broken].concat();
        for piece in 1..=all.len() {
            let name = format!("{name}, in pieces of {piece}");
            let mut incoming = Incoming::default();
            let failure = feed(&mut incoming, all.as_bytes(), piece).expect_err(&name);
            assert_eq!(failure.code, Code::InvalidResponse, "{name}");
        }
        // The valid part is passed on before the fault is reported.
        let mut incoming = Incoming::default();
        incoming.space()[..all.len()].copy_from_slice(all.as_bytes());
        assert_eq!(
            incoming.arrived(all.len()).is_ok(),
            !valid.is_empty(),
            "{name}"
        );
        assert_eq!(incoming.input(), valid.as_bytes(), "{name}");
        assert!(valid.is_empty() || incoming.check().is_err(), "{name}");
    }
}

#[test]
fn a_chunk_that_cannot_have_a_size_is_refused_at_its_first_byte() {
    for first in ["+", " ", "\r", "x"] {
        let begun = [CHUNKED, first].concat();
        assert!(feed(&mut Incoming::default(), begun.as_bytes(), 1).is_err());
    }
}

#[test]
fn the_size_of_each_part_is_limited() {
    let header = |size: usize| {
        let fixed = format!("{OK}X: \r\n\r\n").len();
        format!("{OK}X: {}\r\n\r\n", "x".repeat(size - fixed))
    };
    let line = |size: usize| format!("{CHUNKED}2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(size - 4));
    let trailer = |size: usize| format!("{CHUNKED}0\r\nX: {}\r\n\r\n", "x".repeat(size - 5));
    let body = |size: usize| format!("{OK}\r\n{}", "x".repeat(size - OK.len() - 2));
    // A line that exceeds the limit by less than the last piece may be accepted.
    type Made<'a> = &'a dyn Fn(usize) -> String;
    let rows: [(&str, Made, usize, usize); 4] = [
        ("header", &header, MAX_HEADER, 1),
        ("line around a chunk", &line, MAX_HEADER, READ_SIZE),
        ("line of a trailer", &trailer, MAX_HEADER, READ_SIZE),
        ("response", &body, MAX_RESPONSE, 1),
    ];
    for (name, made, limit, more) in rows {
        for piece in [1000, READ_SIZE] {
            let good = feed(&mut Incoming::default(), made(limit).as_bytes(), piece);
            assert!(good.is_ok(), "{name}");
            let bad = feed(
                &mut Incoming::default(),
                made(limit + more).as_bytes(),
                piece,
            );
            assert_eq!(bad.expect_err(name).code, Code::InvalidResponse, "{name}");
        }
    }
    // Small chunks make a response several times as large as its body.
    let chunks = [CHUNKED, &"1\r\nx\r\n".repeat(300_000)].concat();
    assert!(feed(&mut Incoming::default(), chunks.as_bytes(), READ_SIZE).is_ok());
    // An endless part is refused before it fills the memory.
    for begin in [
        "HTTP/1.1 200 OK\r\nX: ",
        &format!("{CHUNKED}2;"),
        &format!("{CHUNKED}0\r\nX: "),
    ] {
        let endless = [begin, &"x".repeat(2 * MAX_HEADER)].concat();
        let mut incoming = Incoming::default();
        assert!(feed(&mut incoming, endless.as_bytes(), 1000).is_err());
        assert!(
            incoming.taken < MAX_HEADER + 2000 + CHUNKED.len(),
            "{}",
            incoming.taken
        );
    }
    let hints = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(4_000);
    assert!(feed(&mut Incoming::default(), hints.as_bytes(), 1000).is_err());
}

#[test]
fn ureq_looks_again_only_while_it_uses_something() {
    let mut incoming = Incoming::default();
    assert!(!incoming.is_usable());
    let response = format!("{OK}Content-Length: 2\r\n\r\n{{}}");
    incoming.space()[..response.len()].copy_from_slice(response.as_bytes());
    incoming.arrived(response.len()).unwrap();
    incoming.consume(1);
    assert!(incoming.is_usable());
    incoming.consume(0);
    assert!(!incoming.is_usable());
    incoming.consume(response.len() - 1);
    assert!(!incoming.is_usable());
}

#[test]
fn the_buffer_is_reused_and_holds_nothing_when_the_exchange_ends() {
    let body = format!("{OK}\r\n{}", "x".repeat(100_000));
    let mut incoming = Incoming::default();
    feed(&mut incoming, body.as_bytes(), 1000).unwrap();
    // Consumed bytes make room for the next ones.
    assert_eq!(incoming.buffer.len(), 2 * READ_SIZE);
    incoming.wipe();
    assert_eq!(incoming.buffer, vec![0; 2 * READ_SIZE]);
    assert!(!incoming.has_begun());

    // Bytes that cannot be consumed yet, such as those of a header, make it grow.
    for (waiting, kept) in [(6_000, IDLE_SIZE), (14_000, 0)] {
        let header = format!("{OK}X: {}", "x".repeat(waiting));
        feed(&mut incoming, header.as_bytes(), 1000).unwrap();
        assert!(incoming.buffer.len() > waiting);
        incoming.wipe();
        assert_eq!(incoming.buffer, vec![0; kept]);
    }
}
