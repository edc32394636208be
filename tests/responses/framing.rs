//! Responses whose length is in doubt, and responses to CONNECT of every size.

use std::time::Duration;

use autoshares_reset::Code;

use crate::case::{
    CALLS, Password, Question, Reset, THROUGH_A_PROXY, Variant, over, script, variant, well,
};
use autoshares_test_support::server::{Opening, Step, WAYS};
use autoshares_test_support::tagged::smuggled;

/// Long enough for earlier data to be read separately.
const A_MOMENT: Duration = Duration::from_millis(50);

/// A body in one chunk, with this spelling of its size.
fn chunk(size: &str) -> String {
    let body = r#"{"IsSucceed":true,"Model":"tagged: 1"}"#;
    assert_eq!(body.len(), 0x26);
    format!("{size}\r\n{body}\r\n0\r\n\r\n")
}

#[test]
fn a_response_of_doubtful_length_reaches_no_call_and_ends_its_connection() {
    let chunked = "Transfer-Encoding: chunked";
    let mut doubtful = vec![
        (format!("{chunked}\r\nContent-Length: 3"), chunk("26")),
        (format!("Content-Length: 53\r\n{chunked}"), chunk("26")),
        ("Transfer-Encoding: gzip, chunked".into(), chunk("26")),
        ("Transfer-Encoding: chunked, chunked".into(), chunk("26")),
        ("Transfer-Encoding: chunked, identity".into(), chunk("26")),
        (format!("{chunked}\r\n{chunked}"), chunk("26")),
        (
            format!("{chunked}\r\nTransfer-Encoding: identity"),
            chunk("26"),
        ),
        ("Transfer-Encoding: xchunked".into(), chunk("26")),
        (
            "Transfer-Encoding: identity\r\nContent-Length: 3".into(),
            "{}\n".into(),
        ),
        (
            "Transfer-Encoding: \r\nContent-Length: 3".into(),
            "{}\n".into(),
        ),
    ];
    for size in [
        "+26",
        " 26",
        "\t26",
        "\u{a0}26",
        "00000000000000026",
        "0x26",
        "2 6",
        "-26",
    ] {
        doubtful.push((chunked.into(), chunk(size)));
    }
    let variants = doubtful.into_iter().map(|(fields, body)| {
        let header = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}");
        let bytes = [header.as_bytes(), &smuggled()].concat();
        let what = format!("{fields:?} {:?}", &body[..3]);
        variant(what, [well([Step::Read, Step::Send(bytes)])])
    });
    let variants: Vec<Variant> = variants.collect();
    over(
        &WAYS,
        &[Question, Reset, Password],
        &variants,
        |which, case| {
            let error = case.call(which, 1).expect_err(&case.name);
            let came = (error.code(), error.request_sent());
            assert_eq!(came, (Code::InvalidResponse, true), "{}", case.name);
            case.gets_its_own(Question, 2);
            case.gets_its_own(which, 3);
            let (first, later) = case.carried_at_first_and_later();
            assert_eq!((first, later), (vec![1], vec![2, 3]), "{}", case.name);
        },
    );
}

#[test]
fn bytes_that_are_not_http_are_refused_in_any_pieces() {
    let pieces = [
        ["H", "ELLO WORLD"],
        ["HTTP/1.1 ", "two hundred"],
        ["\r\n", "GARBAGE"],
        ["SSH-2.0", "-OpenSSH_9.2\r\n"],
    ];
    let steps = |[first, second]: [&str; 2], end| {
        let send = |text: &str| Step::Send(text.into());
        [
            Step::Read,
            send(first),
            Step::Wait(A_MOMENT),
            send(second),
            end,
        ]
    };
    let ends = [Step::Hold, Step::End];
    let variants = pieces.into_iter().flat_map(|pieces| {
        let scripts = ends.clone().map(|end| well(steps(pieces, end)));
        scripts.map(|script| variant(format!("{pieces:?}"), [script]))
    });
    let variants: Vec<Variant> = variants.collect();
    over(&WAYS, &[Question, Reset], &variants, |which, case| {
        let error = case.call(which, 1).expect_err(&case.name);
        assert_eq!(error.code(), Code::InvalidResponse, "{}", case.name);
        assert!(error.request_sent(), "{}", case.name);
    });
}

#[test]
fn a_chunk_may_have_a_long_size_and_a_longer_extension() {
    let extension = "x".repeat(5000);
    let sizes = [
        "26",
        "0000000000000026",
        "26;a=b",
        "26;a-name-of-more-than-20-characters",
        "26; a = \"b\"",
    ];
    let sizes = sizes.map(str::to_owned).into_iter();
    let variants = sizes.chain([format!("26;{extension}")]).map(|size| {
        let header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let response = format!("{header}{}", chunk(&size));
        let step = Step::Send(response.into());
        variant(size, [well([Step::Read, step])])
    });
    let variants: Vec<Variant> = variants.collect();
    over(&WAYS, &[Question], &variants, |which, case| {
        case.gets_its_own(which, 1);
        case.gets_its_own(Question, 2);
        assert_eq!(case.carried(), [[1, 2]], "{}", case.name);
    });
}

/// A proxy's good response with so many fields, of so many bytes in all.
fn connected_with(fields: usize, size: usize) -> Vec<u8> {
    let mut response = b"HTTP/1.1 200 Connected\r\n".to_vec();
    for index in 0..fields - 1 {
        response.extend(format!("X-{index}: y\r\n").bytes());
    }
    let last = b"X-Last: ".len() + b"\r\n\r\n".len();
    let rest = size.saturating_sub(response.len() + last);
    response.extend(format!("X-Last: {}\r\n\r\n", "z".repeat(rest)).bytes());
    response
}

#[test]
fn a_proxys_response_may_have_as_many_fields_as_proxies_send() {
    let variants = |sizes: &[(usize, usize)]| -> Vec<Variant> {
        let variants = sizes.iter().map(|&(fields, size)| {
            let opening = Opening::Connect(connected_with(fields, size));
            variant(
                format!("{fields} fields, {size} bytes"),
                [script(opening, [])],
            )
        });
        variants.collect()
    };
    let good = variants(&[(1, 0), (25, 0), (128, 0), (1, 15_000), (100, 16 * 1024)]);
    over(&THROUGH_A_PROXY, &CALLS, &good, |which, case| {
        case.gets_its_own(which, 1);
        case.gets_its_own(Question, 2);
        assert_eq!(case.carried().concat(), [1, 2], "{}", case.name);
    });
    let bad = variants(&[(129, 0), (1, 16 * 1024 + 1), (1, 17_000), (100, 100_000)]);
    over(&THROUGH_A_PROXY, &CALLS, &bad, |which, case| {
        case.fails_unsent(which, 1, Code::ConnectFailed);
        case.gets_its_own(Question, 2);
        assert_eq!(case.carried().concat(), [2], "{}", case.name);
    });
}
