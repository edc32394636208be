//! Names, addresses and ports without a server.

use std::net::TcpListener;

use autoshares_reset::Code;

use crate::row::{Call, HTTP, HTTPS, Place, REFUSED, Row, done, late, lost, no, place, raw, wait};
use autoshares_test_support::server::{LOCALHOST_V6, Opening, Script, Step};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let unresolved = |host| no(Code::ResolveFailed).message_has(host).details_has("look-up of ").details_has(": failed after");
    let nowhere = |name, host| place(name, Place::Nowhere(host), unresolved(host));
    let unreachable = |name, host| place(name, Place::Nowhere(host), no(Code::ConnectFailed));
    let refused = || no(Code::ConnectFailed).os_error(REFUSED);
    let no_response = || late(0).unsent();
    // On Windows the system's look-up would ask a name server for these names.
    let mut rows = if cfg!(windows) { Vec::new() } else { vec![
        nowhere("an unknown name", "no-such-host.invalid"),
        nowhere("an unknown name of many parts", "a.b.c.d.e.f.g.h.invalid"),
        nowhere("an unknown name in punycode", "xn--bcher-kva.invalid"),
        nowhere("an unknown name in capitals", "NO-SUCH-HOST.INVALID"),
        nowhere("an unknown name with a port", "no-such-host-either.invalid"),
    ] };
    rows.extend([
        unreachable("an address to which no way leads", "255.255.255.255"),
        place("a good server", Place::Server, done()),
        place("a port that refuses", Place::Refusing, refused()),
        place("a port that is silent", Place::Full, no_response().details_has(": no response after")).hurried_to_connect(),
        place("a port that is silent for the whole call", Place::Full, no_response().details_has(": no response after")).hurried(),
    ]);
    // Over TLS these end in the handshake, which tls.rs tests.
    let at_once = |name, steps: Vec<Step>, expect| raw(name, steps, expect).over(HTTP);
    rows.extend([
        at_once("a server that closes at once", vec![Step::End], lost(0).sent_or_not()),
        at_once("a server that never sends anything", vec![Step::Hold], late(0).details_has("waiting for the response: failed")).hurried(),
        at_once("a server that never reads", vec![Step::Forget], late(0)).hurried(),
    ]);
    // The buffers hold a handshake, but not the request.
    let during_sending = |name, steps: Vec<Step>, expect| Row {
        script: Script { opening: Opening::Well, steps: steps.into() },
        ..place(name, Place::NarrowServer, expect).only(&[Call::LongPassword])
    };
    rows.extend([
        during_sending("a long request that is read", Vec::new(), done()),
        during_sending("a long request that is read late", vec![wait(300)], done()),
        during_sending("a long request that is not read", vec![Step::Forget], late(0)).hurried(),
        during_sending("a long request that is reset", vec![Step::ReadSome, Step::Reset], lost(0)),
    ]);
    if has_ipv6() {
        rows.extend([
            place("a server on IPv6", Place::ServerV6, done()),
            place("a port on IPv6 that refuses", Place::RefusingV6, refused()),
            place("localhost that is IPv6 alone", Place::Localhost, done()),
            unreachable("an IPv6 address of no host", "[ff02::1]"),
            raw("a server on IPv6 that closes", Step::End, no(Code::TlsFailed))
                .at(Place::ServerV6)
                .over(HTTPS),
        ]);
    }
    rows
}

/// Always true in CI: without IPv6 its rows fail there.
pub fn has_ipv6() -> bool {
    let has_it = TcpListener::bind((LOCALHOST_V6, 0)).is_ok();
    if !has_it {
        println!("!!! SKIPPED: the rows with IPv6, which this machine does not have");
    }
    has_it || std::env::var("CI").is_ok_and(|ci| ci == "true")
}
