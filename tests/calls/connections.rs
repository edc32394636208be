//! Connections that are kept between calls, and the actions of a server on them. (The tests in C
//! cover a fork.)

use std::thread;
use std::time::Duration;

use autoshares_reset::{Client, Code, Error};
use autoshares_test_support::certificates;
use autoshares_test_support::server::{
    DONE, HTTP, HTTPS, Kind, Opening, Script, Server, Step, Via, good_response, http_response,
};
use rustls::version::{TLS12, TLS13};

use crate::{ask, client};

const GET: &str = "GET /";
const POST: &str = "POST /";
const PUT: &str = "PUT /";

type Call = fn(&Client) -> Result<(), Error>;

/// The calls, by their methods.
const CALLS: [(&str, Call); 3] = [(GET, ask), (POST, reset), (PUT, set)];

fn reset(client: &Client) -> Result<(), Error> {
    client.request_reset("robert.zak", Some("Peterson"))
}

fn set(client: &Client) -> Result<(), Error> {
    client.set_password("token", "correct horse 1")
}

/// Both schemes, directly and through proxies.
const ALL: [Kind; 6] = [
    HTTP,
    HTTPS,
    Kind {
        proxy: Some(Via::Plain),
        ..HTTP
    },
    Kind {
        proxy: Some(Via::Plain),
        ..HTTPS
    },
    Kind {
        proxy: Some(Via::Tls),
        ..HTTP
    },
    Kind {
        proxy: Some(Via::Tls),
        ..HTTPS
    },
];

/// The ways with TLS to the service.
const OVER_TLS: [Kind; 3] = [ALL[1], ALL[3], ALL[5]];

/// A server that responds to one request, and then takes these steps on that connection.
fn server(kind: Kind, steps: &[Step]) -> Server {
    let first = [Step::Read, Step::Send(good_response())];
    let script = Script {
        opening: Opening::Well,
        steps: [&first, steps, &[DONE]].concat().into(),
    };
    Server::start(kind, vec![script])
}

/// Runs each call directly and through proxies, on a connection that has carried one call before these steps.
fn on_a_kept_connection(steps: &[Step], check: impl Fn(&Server, &str, Result<(), Error>) + Sync) {
    each_on_a_kept_connection(&ALL, steps, check);
}

fn each_on_a_kept_connection(
    kinds: &[Kind],
    steps: &[Step],
    check: impl Fn(&Server, &str, Result<(), Error>) + Sync,
) {
    let waits_for_a_call = matches!(steps, [] | [Step::Read, ..]);
    thread::scope(|scope| {
        for kind in kinds {
            for (method, call) in CALLS {
                let check = &check;
                scope.spawn(move || {
                    let server = server(*kind, steps);
                    let client = client(&server);
                    ask(&client).expect("a good response");
                    if let (false, Some(last)) = (waits_for_a_call, steps.last()) {
                        server.await_effect(last);
                    }
                    check(&server, method, call(&client));
                    ask(&client).expect("a client that is still usable");
                });
            }
        }
    });
}

/// The number of times that a call arrived, without those that every test makes itself.
fn arrivals(server: &Server, method: &str) -> usize {
    server.heard(method) - usize::from(method == GET)
}

#[test]
fn a_connection_that_stays_open_is_used_again() {
    on_a_kept_connection(&[], |server, method, outcome| {
        outcome.unwrap();
        assert_eq!((arrivals(server, method), server.connections()), (1, 1));
    });
}

#[test]
fn no_call_fails_because_a_connection_was_closed_while_idle() {
    for end in [Step::End, Step::Cut, Step::Reset] {
        on_a_kept_connection(&[end], |server, method, outcome| {
            outcome.unwrap();
            assert_eq!((arrivals(server, method), server.connections()), (1, 2));
        });
    }
}

#[test]
fn a_get_is_sent_again_and_a_post_is_not_if_the_connection_is_lost_before_the_response() {
    // A server that was restarted responds to the request with a reset; others just close the connection.
    for end in [Step::End, Step::Cut, Step::Reset] {
        on_a_kept_connection(&[Step::Read, end], |server, method, outcome| {
            if method == GET {
                outcome.unwrap();
                assert_eq!((arrivals(server, GET), server.connections()), (2, 2));
            } else {
                let error = outcome.unwrap_err();
                assert_eq!(error.code(), Code::ConnectionLost);
                assert!(error.request_sent());
                assert_eq!((arrivals(server, method), server.connections()), (1, 1));
            }
        });
    }
}

#[test]
fn a_get_is_not_repeated_after_a_part_of_its_response() {
    for end in [Step::End, Step::Cut, Step::Reset] {
        let part = Step::Send(b"HTTP/1.1 20".into());
        let steps = [Step::Read, part, Step::AwaitRead, end];
        on_a_kept_connection(&steps, |server, method, outcome| {
            assert_eq!(outcome.unwrap_err().code(), Code::ConnectionLost);
            assert_eq!((arrivals(server, method), server.connections()), (1, 1));
        });
    }
}

#[test]
fn a_request_that_crosses_a_close_never_arrives_twice() {
    for (method, call) in CALLS {
        for microseconds in (0..400).step_by(10) {
            let pause = Step::Wait(Duration::from_micros(microseconds));
            let server = server(HTTP, &[pause, Step::End]);
            let client = client(&server);
            ask(&client).unwrap();
            match call(&client) {
                Ok(()) if method == GET => assert!((1..=2).contains(&arrivals(&server, method))),
                Ok(()) => assert_eq!(arrivals(&server, method), 1),
                Err(error) => {
                    assert_ne!(method, GET, "{error}");
                    assert_eq!(error.code(), Code::ConnectionLost);
                    assert!(error.request_sent());
                    assert_eq!(server.connections(), 1);
                }
            }
        }
    }
}

#[test]
fn unsolicited_bytes_are_never_read_as_a_response() {
    let smuggled = http_response("200 OK", r#"{"IsSucceed":true,"Model":"smuggled"}"#);
    let refused = http_response("400 No", r#"{"Message":"smuggled"}"#);
    let timeout = http_response("408 Request Timeout\r\nConnection: close", "");
    let half = smuggled[..20].to_vec();
    for bytes in [
        smuggled,
        refused,
        half,
        b"\r\n".into(),
        vec![0],
        b"garbage".into(),
    ] {
        on_a_kept_connection(&[Step::Send(bytes)], |server, method, outcome| {
            outcome.unwrap();
            assert_eq!((arrivals(server, method), server.connections()), (1, 2));
        });
    }
    on_a_kept_connection(
        &[Step::Send(timeout), Step::End],
        |server, method, outcome| {
            outcome.unwrap();
            assert_eq!((arrivals(server, method), server.connections()), (1, 2));
        },
    );
}

#[test]
fn garbage_past_tls_ends_a_kept_connection_and_fails_no_call() {
    let alert = b"\x15\x03\x03\x00\x02\x02\x50".to_vec();
    for step in [
        Step::Past(vec![0xa5; 100]),
        Step::Past(good_response()),
        Step::Past(alert),
        Step::Damaged(good_response()),
    ] {
        // Data that arrives together with the response would fail the first call.
        let steps = [Step::AwaitRead, step];
        each_on_a_kept_connection(&OVER_TLS, &steps, |server, method, outcome| {
            outcome.unwrap();
            assert_eq!((arrivals(server, method), server.connections()), (1, 2));
        });
    }
}

#[test]
fn a_part_of_a_record_on_a_kept_connection_never_begins_a_response() {
    let smuggled = http_response("200 OK", r#"{"IsSucceed":true,"Model":"smuggled"}"#);
    let steps = [Step::AwaitRead, Step::Part(smuggled)];
    each_on_a_kept_connection(&OVER_TLS, &steps, |server, method, outcome| {
        outcome.unwrap();
        assert_eq!((arrivals(server, method), server.connections()), (1, 2));
    });
}

#[test]
fn tickets_and_new_keys_do_not_end_the_connection() {
    let opening = |config| Script {
        opening: Opening::Tls(config),
        ..Script::default()
    };
    let rekeyed = Script {
        opening: Opening::Tls(certificates::good_over(&TLS13)),
        steps: [Step::Read, Step::Send(good_response()), Step::Rekey].into(),
    };
    let scripts = [
        opening(certificates::with_tickets(&TLS12)),
        opening(certificates::with_tickets(&TLS13)),
        rekeyed,
    ];
    thread::scope(|scope| {
        for kind in OVER_TLS {
            for script in &scripts {
                scope.spawn(move || {
                    let server = Server::start(kind, vec![script.clone()]);
                    let client = client(&server);
                    for _ in 0..5 {
                        for (_, call) in CALLS {
                            call(&client).unwrap();
                            thread::sleep(Duration::from_millis(5));
                        }
                    }
                    assert_eq!(server.connections(), 1);
                });
            }
        }
    });
}

#[test]
fn a_new_connection_resumes_the_tls_session_of_an_earlier_one() {
    for version in [&TLS12, &TLS13] {
        for kind in [ALL[1], ALL[3]] {
            let script = Script {
                opening: Opening::Tls(certificates::good_over(version)),
                steps: [Step::Read, Step::Send(good_response()), Step::End].into(),
            };
            let server = Server::start(kind, vec![script; 4]);
            let client = client(&server);
            for _ in 0..4 {
                ask(&client).unwrap();
                server.await_close();
            }
            assert_eq!((server.connections(), server.resumed()), (4, 3));
        }
    }
}

#[test]
fn a_connection_that_the_server_will_close_is_not_kept() {
    let closing = http_response(
        "200 OK\r\nConnection: close",
        r#"{"IsSucceed":true,"Model":"x"}"#,
    );
    let script = Script {
        opening: Opening::Well,
        steps: [Step::Read, Step::Send(closing)].into(),
    };
    let server = Server::start(HTTP, vec![script]);
    let client = client(&server);
    client.secret_question("robert.zak").unwrap();
    ask(&client).unwrap();
    assert_eq!(server.connections(), 2);
}
