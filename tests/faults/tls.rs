//! Certificates, handshakes and records that are wrong.

use autoshares_reset::Code;
use rcgen::{BasicConstraints, IsCa, SanType};
use rustls::version::{TLS12, TLS13};

use crate::framing::JSON;
use crate::row::{
    Expect, HTTPS, Row, done, fails, handshake, invalid, late, lost, no, raw, row, send, wait,
};
use autoshares_test_support::certificates as certificate;
use autoshares_test_support::server::{Step, good_response};

fn failed() -> Expect {
    no(Code::TlsFailed)
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let mut rows = certificates();
    rows.extend(pinned_certificates());
    rows.extend(handshakes());
    rows.extend(records());
    rows.into_iter().map(|row| row.over(HTTPS)).collect()
}

#[rustfmt::skip]
fn certificates() -> Vec<Row> {
    vec![
        handshake("TLS 1.2", certificate::good_over(&TLS12), done()),
        handshake("TLS 1.3", certificate::good_over(&TLS13), done()),
        handshake("a chain of authorities", certificate::through_another_authority(true), done()),
        handshake("an authority that is left out", certificate::through_another_authority(false), failed().message_has("which is not trusted here")),
        handshake("an expired authority", certificate::through_an_expired_authority(), failed().message_has("an issuer of its certificate expired on Wed, 01 Jan 2020")),
        handshake("an expired certificate", certificate::expired(), failed().message_has("its certificate expired on Wed, 01 Jan 2020").details_has("refused certificate: subject A Server, issuer ")),
        handshake("a certificate of the future", certificate::not_yet_valid(), failed().message_has("not valid yet before Wed, 01 Jan 2200")),
        handshake("a certificate of another host", certificate::of(&["other.invalid"]), failed().message_has("other host names (other.invalid)").details_has("refused certificate: subject A Server, issuer ")),
        handshake("a certificate of another address", certificate::of(&["127.0.0.2"]), failed().message_has("other host names (127.0.0.2)")),
        handshake("a certificate of all hosts", certificate::of(&["*", "*.0.0.1", "*.invalid"]), failed().message_has("other host names")),
        handshake("a certificate of nobody", certificate::of(&[]), failed().message_has("other host names")),
        handshake("a self-signed certificate", certificate::self_signed(), failed().message_has("self-signed")),
        handshake("a certificate of an unknown authority", certificate::of_a_stranger(), failed().message_has("the authority \"Stranger\", which is not trusted here").details_has("refused certificate: subject A Server, issuer Stranger")),
        handshake("a certificate signed by no authority", certificate::signed_by_no_authority(), failed().message_has("may not sign others")),
        handshake("a certificate for clients", certificate::for_clients_only(), failed().message_has("not meant for a server")),
        handshake("a certificate with a broken signature", certificate::tampered_with(), failed().message_has("was not signed by the authority that it names")),
        handshake("a certificate that is none", certificate::of_garbage(), failed().message_has("malformed")),
        handshake("a certificate whose key the server lacks", certificate::with_another_key(), failed().message_has("does not hold its key")),
        handshake("no certificate", certificate::none_at_all(), failed().message_has("TLS alert 49, access denied")),
        handshake("a certificate that may sign others", certificate::for_an_authority(), failed().message_has("put it into a CA file")),
        handshake("a server that asks for one in TLS 1.2", certificate::asking_for_one(&TLS12), failed()),
        // In TLS 1.3 it reports this only after the handshake.
        handshake("a server that asks for one in TLS 1.3", certificate::asking_for_one(&TLS13), failed().sent_or_not()),
    ]
}

/// Servers whose own certificate is in the CA file.
#[rustfmt::skip]
fn pinned_certificates() -> Vec<Row> {
    vec![
        handshake("a pinned certificate", certificate::pinned(|_| {}), done()),
        handshake("a pinned certificate that is not an authority's", certificate::pinned(certificate::no_authority), done()),
        handshake("a pinned certificate that is an authority's", certificate::pinned(certificate::authority), done()),
        handshake("a pinned certificate of a stranger", certificate::pinned_of_a_stranger(), done()),
        handshake("a pinned certificate that has expired", certificate::pinned(|p| {
            certificate::no_authority(p);
            certificate::long_expired(p);
        }), failed().message_has("expired on Wed, 01 Jan 2020")),
        handshake("a pinned authority that has expired", certificate::pinned(|p| {
            certificate::authority(p);
            certificate::long_expired(p);
        }), failed().message_has("expired on Wed, 01 Jan 2020")),
        handshake("a pinned authority of another host", certificate::pinned(|p| {
            certificate::authority(p);
            p.subject_alt_names = vec![SanType::DnsName("other.invalid".try_into().unwrap())];
        }), failed().message_has("other host names (other.invalid)")),
        handshake("a certificate signed by a pinned authority", certificate::signed_by_a_pinned_one(
            IsCa::Ca(BasicConstraints::Unconstrained),
        ), done()),
        handshake("a certificate signed by a pinned one that may not", certificate::signed_by_a_pinned_one(
            IsCa::ExplicitNoCa,
        ), failed().message_has("which is not trusted here")),
        handshake("a certificate signed by a pinned one that does not say", certificate::signed_by_a_pinned_one(
            IsCa::NoCa,
        ), failed().message_has("which is not trusted here")),
    ]
}

/// A ServerHello of an old version, as a separate record.
fn old_hello(minor: u8, cipher: [u8; 2]) -> Step {
    let mut hello = vec![0x02, 0, 0, 38, 3, minor];
    hello.extend([0x5a; 32]);
    hello.extend([0, cipher[0], cipher[1], 0]);
    let mut record = vec![0x16, 3, minor, 0, hello.len() as u8];
    record.extend(hello);
    Step::Past(record)
}

fn alert(level: u8, number: u8) -> Vec<u8> {
    vec![0x15, 3, 3, 0, 2, level, number]
}

#[rustfmt::skip]
fn handshakes() -> Vec<Row> {
    let stalled = || late(0).unsent();
    let part = || Step::Hello(certificate::good(), 50);
    let most = || Step::Hello(certificate::good_over(&TLS12), 400);
    let whole = |version| Step::Hello(certificate::good_over(version), usize::MAX);
    let plain = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    let mut rows = vec![
        raw("plain HTTP where TLS should be", [send(plain), Step::End], failed().message_has("not TLS")),
        raw("a good response in plain HTTP", [Step::Send(good_response()), Step::Hold], failed().message_has("not TLS")),
        raw("SSH where TLS should be", [send("SSH-2.0-OpenSSH_9.2\r\n"), Step::End], failed().message_has("not TLS")),
        raw("zeros where TLS should be", [send([0; 100]), Step::End], failed().message_has("not TLS")),
        raw("garbage without end where TLS should be", Step::Endless(vec![0xa5; 10_000]), failed()),
        raw("a record that is too long", [send(b"\x16\x03\x03\xff\xff"), Step::Endless(vec![0; 10_000])], failed()),
        raw("empty records without end", Step::Endless(b"\x16\x03\x03\x00\x00".repeat(1000)), failed()),
        raw("warnings without end", Step::Endless(alert(1, 90).repeat(1000)), failed()),
        raw("a handshake message without end", [
            send(b"\x16\x03\x03\x40\x00\x02\xff\xff\xff"),
            Step::Endless(vec![0; 16 * 1024 + 5]),
        ], failed()),
        raw("a handshake cut at once", Step::End, failed()),
        raw("a handshake reset at its beginning", [Step::ReadSome, Step::Reset], failed()),
        raw("a handshake that ends politely", [Step::Past(alert(1, 0)), Step::End], failed()),
        raw("a handshake cut in its hello", [part(), Step::End], failed()),
        raw("a handshake reset in its hello", [part(), wait(200), Step::Reset], failed()),
        raw("a handshake cut in its certificate", [most(), Step::End], failed()),
        raw("a handshake cut before its end", [whole(&TLS12), Step::End], failed()),
        // The handshake has ended for the client, which sends its request.
        raw("a handshake cut behind its end", [whole(&TLS13), Step::End], lost(0).sent_or_not()),
        raw("garbage during a handshake", [part(), Step::Past(vec![0xa5; 2000]), Step::End], failed()),
        raw("a handshake that never begins", Step::Hold, stalled()).hurried_to_connect(),
        raw("a handshake that is never read", Step::Forget, stalled()).hurried_to_connect(),
        raw("a handshake that stalls in its hello", [part(), Step::Hold], stalled()).hurried_to_connect(),
        raw("a handshake that stalls in its certificate", [most(), Step::Hold], stalled()).hurried_to_connect(),
        raw("a handshake that drips", [part(), Step::Drip(vec![0])], stalled()).hurried_to_connect(),
        raw("a handshake that stalls for the whole call", Step::Hold, stalled()).hurried(),
        raw("SSL 3.0", [old_hello(0, [0, 0x2f]), Step::Hold], failed().message_has("TLS 1.1 or older")),
        raw("TLS 1.0", [old_hello(1, [0, 0x2f]), Step::Hold], failed().message_has("TLS 1.1 or older")),
        raw("TLS 1.1", [old_hello(2, [0, 0x2f]), Step::Hold], failed().message_has("TLS 1.1 or older")),
        raw("TLS 1.2 with a weak cipher", [old_hello(3, [0, 0x2f]), Step::Hold], failed()),
        raw("TLS 1.2 without a cipher", [old_hello(3, [0, 0]), Step::Hold], failed()),
        raw("TLS 1.9", [old_hello(9, [0, 0x2f]), Step::Hold], failed()),
    ];
    for (name, number) in [
        ("handshake failure", 40),
        ("protocol version", 70),
        ("internal error", 80),
        ("unrecognised name", 112),
        ("a number that means nothing", 200),
    ] {
        let steps = [Step::Past(alert(2, number)), Step::End];
        let failure = failed().message_has(format!("TLS alert {number}"));
        rows.push(raw(format!("an alert: {name}"), steps, failure));
    }
    rows
}

/// The rows whose fault follows a successful handshake.
#[rustfmt::skip]
fn records() -> Vec<Row> {
    let broken = || fails(Code::TlsFailed, 0);
    let header = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", JSON.len());
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{JSON}\r\n0\r\n\r\n",
        JSON.len()
    );
    let until_the_end = || send(format!("HTTP/1.1 200 OK\r\n\r\n{JSON}"));
    vec![
        row("a record that does not decrypt", Step::Damaged(good_response()), broken()),
        row("a plain response past TLS", [Step::Past(good_response()), Step::Hold], broken()),
        row("garbage past TLS", [Step::Past(vec![0xa5; 100]), Step::Hold], broken()),
        row("a record that does not decrypt, in the body", [
            send(&header),
            wait(200),
            Step::Damaged(JSON.into()),
        ], fails(Code::TlsFailed, 200)),
        row("an end before the response", Step::End, lost(0)),
        row("a cut before the response", Step::Cut, lost(0)),
        row("a cut in the header over TLS", [send("HTTP/1.1 200 OK\r\nServ"), Step::Cut], lost(0)),
        row("a cut in the body over TLS", [send(format!("{header}{{")), Step::Cut], lost(200)),
        row("a cut after a body of known length", [send(format!("{header}{JSON}")), Step::Cut], done()),
        row("a cut after the last chunk", [send(&chunked), Step::Cut], done()),
        row("a cut before the last chunk", [send(chunked.trim_end_matches("0\r\n\r\n")), Step::Cut], lost(200)),
        row("an end that alone delimits the body", [until_the_end(), Step::End], done()),
        row("a cut where only the end could tell the length", [until_the_end(), Step::Cut], invalid(200)),
        row("a reset where only the end could tell the length", [until_the_end(), wait(200), Step::Reset], invalid(200)),
        row("half a record", [Step::Past(b"\x17\x03\x03\x01\x00abc".into()), Step::Cut], lost(0)),
        row("half a record and a stall", [Step::Past(b"\x17\x03\x03\x01\x00abc".into()), Step::Hold], late(0)).hurried(),
        row("a response that drips, each byte in a record", Step::Drip(good_response()), late(0)).hurried(),
    ]
}
