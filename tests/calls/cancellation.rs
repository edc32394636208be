//! Another thread ends a call within 100 ms, wherever the call waits, and its client stays
//! usable. (The tests in C cover a look-up that stalls.)

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use autoshares_reset::{Cancel, Code, Config, Error};
use autoshares_test_support::certificates;
use autoshares_test_support::ports::Closed;
use autoshares_test_support::server::{
    HTTP, HTTPS, Kind, Opening, Script, Server, Step, Via, WAYS, through,
};
use autoshares_test_support::sockets::Thread;

use crate::{ask, client};

const AT_MOST: Duration = Duration::from_millis(100);

/// The test repeats a call this often if it took too long, because the machine may be busy. Only
/// the time is measured again: a wrong outcome fails at once, and so does a call that no cancel
/// ends, because then every try takes as long as the call's timeout.
const TRIES: usize = 10;
const TOO_LONG: Duration = Duration::from_secs(5);

/// The point at which a call waits when it is cancelled.
struct Phase {
    name: &'static str,
    kind: Kind,
    opening: Opening,
    steps: Vec<Step>,
    sent: bool,
    http_status: Option<u16>,
}

fn phase(name: &'static str, kind: Kind, steps: impl Into<Vec<Step>>, sent: bool) -> Phase {
    let opening = if sent { Opening::Well } else { Opening::Raw };
    Phase {
        name,
        kind,
        opening,
        steps: steps.into(),
        sent,
        http_status: None,
    }
}

fn phases() -> Vec<Phase> {
    let later = WAYS.into_iter().flat_map(phases_with_a_request);
    phases_without_a_request()
        .into_iter()
        .chain(later)
        .collect()
}

fn phases_without_a_request() -> [Phase; 9] {
    let send = |text: &str| Step::Send(text.into());
    let hello = Step::Hello(certificates::good(), 50);
    let connected = send("HTTP/1.1 200 Connected\r\n\r\n");
    [
        phase("the handshake", HTTPS, [Step::Hold], false),
        phase(
            "the rest of the handshake",
            HTTPS,
            [hello.clone(), Step::Hold],
            false,
        ),
        phase(
            "a handshake that drips",
            HTTPS,
            [hello, Step::Drip(vec![0])],
            false,
        ),
        phase("a proxy", through(Via::Plain, HTTP), [Step::Hold], false),
        phase(
            "a proxy's response",
            through(Via::Plain, HTTPS),
            [Step::Read, Step::Hold],
            false,
        ),
        phase(
            "the rest of a proxy's response",
            through(Via::Plain, HTTPS),
            [Step::Read, send("HTTP/1.1 200 OK\r\nVia: "), Step::Hold],
            false,
        ),
        phase(
            "the handshake behind a proxy",
            through(Via::Plain, HTTPS),
            [Step::Read, connected.clone(), Step::Hold],
            false,
        ),
        phase(
            "the handshake of a proxy",
            through(Via::Tls, HTTP),
            [Step::Hold],
            false,
        ),
        Phase {
            opening: Opening::ToProxy,
            ..phase(
                "the handshake behind a proxy over TLS",
                through(Via::Tls, HTTPS),
                [Step::Read, connected, Step::Hold],
                false,
            )
        },
    ]
}

fn phases_with_a_request(kind: Kind) -> [Phase; 8] {
    let header = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n54\r\n{";
    let drip = Step::Drip(b" ".into());
    [
        ("the response", "", Step::Hold, None),
        ("the rest of the status", "HTTP/1.1 2", Step::Hold, None),
        (
            "the rest of the header",
            "HTTP/1.1 200 OK\r\nConte",
            Step::Hold,
            None,
        ),
        (
            "a response after a 100",
            "HTTP/1.1 100 Continue\r\n\r\n",
            Step::Hold,
            None,
        ),
        ("the body", header, Step::Hold, Some(200)),
        ("a body that drips", header, drip, Some(200)),
        ("the rest of a chunk", chunk, Step::Hold, Some(200)),
        ("the end", "HTTP/1.1 200 OK\r\n\r\n{", Step::Hold, Some(200)),
    ]
    .map(|(name, text, end, http_status)| Phase {
        http_status,
        ..phase(name, kind, [Step::Read, Step::Send(text.into()), end], true)
    })
}

/// The call's error, and the time from the cancel to its end. `stalled` gets the call's thread; when
/// it returns, the call is cancelled.
fn cancelled(
    name: &str,
    stalled: impl FnOnce(&Thread) + Send,
    call: impl FnOnce(&Cancel) -> Result<(), Error>,
) -> (Error, Duration) {
    let cancel = Cancel::new();
    let caller = Thread::current();
    thread::scope(|scope| {
        let canceller = scope.spawn(|| {
            stalled(&caller);
            let triggered = Instant::now();
            cancel.trigger();
            cancel.trigger();
            triggered
        });
        let error = call(&cancel).expect_err("a call that stalls");
        let ended = Instant::now();
        assert_eq!(error.code(), Code::Cancelled, "{name}: {error}");
        let triggered = canceller.join().unwrap();
        (error, ended.saturating_duration_since(triggered))
    })
}

/// Repeats an attempt that takes too long.
fn in_time(name: &str, attempt: impl Fn() -> Duration) {
    let mut times = Vec::new();
    for _ in 0..TRIES {
        let took = attempt();
        if took <= AT_MOST {
            return;
        }
        times.push(took);
        if took > TOO_LONG {
            break;
        }
    }
    panic!("{name}: {times:?}");
}

#[test]
fn a_call_is_cancelled_wherever_it_waits() {
    thread::scope(|scope| {
        let started = phases().into_iter().map(|phase| {
            scope.spawn(move || {
                in_time(phase.name, || {
                    let (opening, steps) = (phase.opening.clone(), phase.steps.clone().into());
                    let server = Server::start(phase.kind, vec![Script { opening, steps }]);
                    let client = client(&server);
                    let (error, took) = cancelled(
                        phase.name,
                        |caller| server.await_reader(caller),
                        |cancel| ask(&client.with_cancel(cancel)),
                    );
                    let outcome = (error.request_sent(), error.http_status());
                    assert_eq!(outcome, (phase.sent, phase.http_status), "{}", phase.name);
                    ask(&client).unwrap_or_else(|e| panic!("after {}: {e}", phase.name));
                    took
                });
            })
        });
        let started: Vec<_> = started.collect();
        println!("{} phases", started.len());
    });
}

#[test]
fn a_call_is_cancelled_while_it_connects() {
    for kind in [
        HTTP,
        HTTPS,
        Kind {
            proxy: Some(Via::Plain),
            ..HTTP
        },
    ] {
        in_time("connecting", || {
            let closed = Closed::full(kind.ip);
            let address = closed.address();
            let scheme = if kind.https { "https" } else { "http" };
            let host = kind
                .proxy
                .map_or(address.to_string(), |_| "target.invalid".into());
            let mut config = Config::new(format!("{scheme}://{host}").as_str(), "key");
            config.set_allow_http(true);
            config.set_proxy(
                kind.proxy
                    .map_or(String::new(), |_| address.to_string())
                    .as_str(),
            );
            let client = certificates::trusting(config);
            let (error, took) = cancelled("connecting", Thread::await_a_socket, |cancel| {
                ask(&client.with_cancel(cancel))
            });
            assert!(!error.request_sent());
            let _server = closed.open(kind);
            ask(&client).unwrap();
            took
        });
    }
}

#[test]
fn a_call_is_cancelled_while_it_sends() {
    // As large as a request can be: U+0001 takes six bytes in JSON.
    let long = "\u{1}".repeat(16 * 1024);
    for kind in [HTTP, HTTPS] {
        in_time("sending", || {
            let script = Script {
                opening: Opening::Well,
                // The beginning has arrived while the rest is still being sent.
                steps: [Step::ReadSome, Step::Forget].into(),
            };
            let server = Server::start_narrow(kind, vec![script]);
            let client = client(&server);
            let (error, took) = cancelled(
                "sending",
                |caller| {
                    server.await_the_end();
                    caller.await_a_socket();
                },
                |cancel| client.with_cancel(cancel).set_password(&long, &long),
            );
            assert!(error.request_sent());
            assert!(error.message().contains("unknown"), "{error}");
            ask(&client).unwrap();
            took
        });
    }
}

#[test]
fn a_token_that_was_triggered_before_the_call_sends_nothing() {
    for kind in [HTTP, HTTPS] {
        let server = Server::start(kind, Vec::new());
        let client = client(&server);
        let cancel = Cancel::new();
        cancel.trigger();
        for is_kept in [false, true] {
            let error = ask(&client.with_cancel(&cancel)).unwrap_err();
            assert_eq!(
                (error.code(), error.request_sent()),
                (Code::Cancelled, false)
            );
            assert_eq!(server.connections(), usize::from(is_kept));
            ask(&client).unwrap();
        }
        assert_eq!(server.heard("GET /"), 2);
    }
}

#[test]
fn a_trigger_after_the_call_has_no_effect() {
    for kind in [HTTP, HTTPS] {
        let server = Server::start(kind, Vec::new());
        let client = client(&server);
        let cancel = Cancel::new();
        ask(&client.with_cancel(&cancel)).unwrap();
        cancel.trigger();
        ask(&client).unwrap();
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn one_trigger_ends_calls_of_every_kind_that_share_its_token() {
    in_time("a shared token", || {
        let all: Vec<_> = phases()
            .into_iter()
            .map(|phase| {
                let script = Script {
                    opening: phase.opening,
                    steps: phase.steps.into(),
                };
                let server = Server::start(phase.kind, vec![script]);
                let client = client(&server);
                (server, client)
            })
            .collect();
        let cancel = Cancel::new();
        thread::scope(|scope| {
            let (caller, callers) = mpsc::channel();
            let calls: Vec<_> = all
                .iter()
                .map(|(server, client)| {
                    let client = client.with_cancel(&cancel);
                    let caller = caller.clone();
                    scope.spawn(move || {
                        caller.send((server, Thread::current())).unwrap();
                        (ask(&client).unwrap_err().code(), Instant::now())
                    })
                })
                .collect();
            for (server, caller) in callers.iter().take(all.len()) {
                server.await_reader(&caller);
            }
            let triggered = Instant::now();
            cancel.trigger();
            let ended = calls.into_iter().map(|call| {
                let (code, ended) = call.join().unwrap();
                assert_eq!(code, Code::Cancelled);
                ended.saturating_duration_since(triggered)
            });
            let slowest = ended.max().unwrap();
            for (_, client) in &all {
                ask(client).unwrap();
            }
            slowest
        })
    });
}

#[test]
fn a_trigger_at_any_moment_ends_the_call_or_comes_too_late_for_it() {
    let server = Server::start(HTTP, Vec::new());
    let client = Arc::new(client(&server));
    let (mut ended, mut done) = (0, 0);
    for microseconds in 0..600 {
        let cancel = Cancel::new();
        let other = cancel.clone();
        let canceller = thread::spawn(move || {
            let started = Instant::now();
            while started.elapsed() < Duration::from_micros(microseconds) {
                std::hint::spin_loop();
            }
            other.trigger();
        });
        match ask(&client.with_cancel(&cancel)) {
            Ok(()) => done += 1,
            Err(error) => {
                assert_eq!(error.code(), Code::Cancelled, "{error}");
                ended += 1;
            }
        }
        // The trigger must not reach the next call on the same connection.
        ask(&client).unwrap();
        canceller.join().unwrap();
        ask(&client).unwrap();
    }
    println!("{ended} ended, {done} done");
    assert!(ended > 0 && done > 0, "{ended} ended, {done} done");
}
