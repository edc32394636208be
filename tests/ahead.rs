//! Connections that are made ahead of the first call: they save time, and behave as any other
//! connection.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use autoshares_case_server::relay;
use autoshares_reset::{Cancel, Client, Code, Config};
use autoshares_test_support::certificates;
use autoshares_test_support::ports::Closed;
use autoshares_test_support::server::{
    DONE, HTTP, HTTPS, Kind, Opening, Script, Server, Step, Via, WAYS, ask, client, through,
};
use autoshares_test_support::tagged::smuggled;
use rustls::version::TLS13;

const ROUND_TRIP: Duration = Duration::from_millis(100);

/// The time that a call may take beyond its round trips.
const TOLERANCE: Duration = Duration::from_millis(15);

/// The test repeats a call this often if it took too long, because the machine may be busy.
const TRIES: usize = 25;

const A_MOMENT: Duration = Duration::from_millis(100);

/// A client of a server that is a round trip away.
fn far_client(server: &Server, kind: Kind) -> Client {
    relayed_client(server, kind, ROUND_TRIP, relay::WHOLE)
}

fn relayed_client(server: &Server, kind: Kind, round_trip: Duration, piece: usize) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = listener.local_addr().unwrap();
    relay::start(listener, server.address(), round_trip, piece);
    let scheme = |is_https| if is_https { "https" } else { "http" };
    let host = kind
        .proxy
        .map_or(near.to_string(), |_| "target.invalid".into());
    let mut config = Config::new(format!("{}://{host}", scheme(kind.https)).as_str(), "key");
    config.set_allow_http(true);
    if let Some(via) = kind.proxy {
        config.set_proxy(format!("{}://{near}", scheme(via == Via::Tls)).as_str());
    }
    certificates::trusting(config)
}

#[test]
fn the_first_question_on_a_connection_made_ahead_takes_one_round_trip() {
    // Round trips for the connect, for TLS and for CONNECT.
    let trips = |kind: Kind| {
        let handshakes = u32::from(kind.https) + u32::from(kind.proxy == Some(Via::Tls));
        1 + handshakes + u32::from(kind.proxy.is_some())
    };
    thread::scope(|scope| {
        for kind in WAYS {
            scope.spawn(move || {
                let mut times = Vec::new();
                for _ in 0..TRIES {
                    let server = Server::start(kind, Vec::new());
                    let started = Instant::now();
                    ask(&far_client(&server, kind)).unwrap();
                    let without = started.elapsed();
                    assert!(without >= (trips(kind) + 1) * ROUND_TRIP, "{without:?}");

                    let client = far_client(&server, kind);
                    client.connect().unwrap();
                    thread::sleep(2 * ROUND_TRIP);
                    let started = Instant::now();
                    ask(&client).unwrap();
                    let with = started.elapsed();
                    assert!(with >= ROUND_TRIP, "{with:?}");
                    assert_eq!(server.connections(), 2);
                    if with <= ROUND_TRIP + TOLERANCE {
                        return;
                    }
                    times.push(with);
                }
                panic!("{kind:?}: {times:?}");
            });
        }
    });
}

#[test]
fn a_connection_made_ahead_carries_no_request_and_is_used_by_the_next_call() {
    for kind in WAYS {
        let server = Server::start(kind, Vec::new());
        let client = client(&server);
        for _ in 0..3 {
            client.connect().unwrap();
        }
        // Without TLS the client may be done before the server has accepted its connection.
        while server.connections() == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        // A request would follow within this time.
        thread::sleep(A_MOMENT);
        assert_eq!(server.carried(), [b""], "{kind:?}");
        assert_eq!(server.overheard("et-app-key"), 0);
        ask(&client).unwrap();
        client.connect().unwrap();
        ask(&client).unwrap();
        assert_eq!(server.connections(), 1, "{kind:?}");
        assert_eq!(server.heard("GET /"), 2);
    }
}

#[test]
fn session_tickets_that_arrive_in_parts_fail_no_post() {
    let script = Script {
        opening: Opening::Tls(certificates::with_tickets(&TLS13)),
        ..Script::default()
    };
    for kind in [HTTPS, through(Via::Plain, HTTPS), through(Via::Tls, HTTPS)] {
        let server = Server::start(kind, vec![script.clone()]);
        let client = relayed_client(&server, kind, Duration::ZERO, 40);
        client.connect().unwrap();
        // Some tickets have arrived, one in part, and most have not.
        thread::sleep(Duration::from_millis(5));
        client
            .request_reset("robert.zak", Some("the answer"))
            .unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        assert_eq!(server.connections(), 1);
    }
}

#[test]
fn a_connection_that_has_ended_meanwhile_is_replaced() {
    for end in [Step::End, Step::Cut, Step::Reset, Step::Send(smuggled())] {
        for kind in WAYS {
            let script = Script {
                opening: Opening::Well,
                steps: [end.clone(), DONE].into(),
            };
            for connects_again in [false, true] {
                let server = Server::start(kind, vec![script.clone()]);
                let client = client(&server);
                // With TLS the call may notice the end during the handshake.
                let _ = client.connect();
                server.await_effect(&end);
                if connects_again {
                    client.connect().unwrap();
                }
                client.request_reset("robert.zak", None).unwrap();
                assert_eq!(server.connections(), 2, "{kind:?}");
                assert_eq!(server.heard("POST /"), 1, "{kind:?}");
            }
        }
    }
}

#[test]
fn a_kept_connection_is_not_replaced() {
    for kind in WAYS {
        let server = Server::start(kind, Vec::new());
        let client = client(&server);
        ask(&client).unwrap();
        client.connect().unwrap();
        assert_eq!(server.connections(), 1, "{kind:?}");
        let cancel = Cancel::new();
        cancel.trigger();
        let error = client.with_cancel(&cancel).connect().unwrap_err();
        assert_eq!(error.code(), Code::Cancelled, "{kind:?}");
    }
}

#[test]
fn connecting_ahead_fails_as_a_call_does() {
    let closed = Closed::refusing(HTTP.ip);
    let config = Config::new(format!("http://{}", closed.address()).as_str(), "key");
    let error = Client::new(&config).unwrap().connect().unwrap_err();
    let outcome = (error.code(), error.request_sent());
    assert_eq!(outcome, (Code::ConnectFailed, false));

    let script = |opening, steps: &[Step]| Script {
        opening,
        steps: steps.into(),
    };
    let expired = Opening::Tls(certificates::expired());
    let server = Server::start(HTTPS, vec![script(expired, &[])]);
    let error = client(&server).connect().unwrap_err();
    assert_eq!(
        (error.code(), error.request_sent()),
        (Code::TlsFailed, false)
    );

    let refusal = Step::Send(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n".into());
    let refusing = script(Opening::Raw, &[Step::Read, refusal]);
    let server = Server::start(through(Via::Plain, HTTPS), vec![refusing]);
    let error = client(&server).connect().unwrap_err();
    assert_eq!(
        (error.code(), error.request_sent()),
        (Code::ConnectFailed, false)
    );

    let silent = script(Opening::Raw, &[Step::Hold]);
    let server = Server::start(HTTPS, vec![silent; 3]);
    let limited = |whole, connect| {
        let mut config = server.config("key");
        config.set_timeout_ms(whole);
        config.set_connect_timeout_ms(connect);
        let started = Instant::now();
        let error = certificates::trusting(config).connect().unwrap_err();
        let took = started.elapsed();
        assert_eq!((error.code(), error.request_sent()), (Code::Timeout, false));
        assert!((400..800).contains(&took.as_millis()), "{took:?}");
    };
    limited(10_000, 400);
    limited(400, 10_000);

    let cancel = Cancel::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(A_MOMENT);
            cancel.trigger();
        });
        let error = client(&server).with_cancel(&cancel).connect().unwrap_err();
        assert_eq!(
            (error.code(), error.request_sent()),
            (Code::Cancelled, false)
        );
    });
}

#[test]
fn unsolicited_bytes_on_a_connection_made_ahead_reach_no_call() {
    for unsolicited in [Step::Send(smuggled()), Step::Part(smuggled())] {
        // A part of a record exists only in TLS.
        let is_part = matches!(unsolicited, Step::Part(_));
        let script = Script {
            opening: Opening::Well,
            steps: [Step::Wait(A_MOMENT), unsolicited, Step::Hold].into(),
        };
        thread::scope(|scope| {
            for kind in WAYS.into_iter().filter(|kind| kind.https || !is_part) {
                let script = script.clone();
                scope.spawn(move || {
                    let server = Server::start(kind, vec![script]);
                    let client = client(&server);
                    client.connect().unwrap();
                    server.await_arrival();
                    let began = Instant::now();
                    client.request_reset("robert.zak", None).unwrap();
                    ask(&client).unwrap();
                    assert!(began.elapsed() < Duration::from_secs(5), "{kind:?}");
                    assert_eq!(server.connections(), 2, "{kind:?}");
                    assert_eq!(server.heard("POST /"), 1, "{kind:?}");
                });
            }
        });
    }
}
