//! The two routes that confirm a code: the order and the number of a client's requests.

use std::thread;
use std::time::{Duration, Instant};

use autoshares_reset::{Cancel, Client, Code, Error};
use autoshares_test_support::certificates;
use autoshares_test_support::server::{
    HTTP, HTTPS, Kind, Opening, QUESTION, Script, Server, Step, good_response, http_response,
};

use crate::client;

const FIRST: &str = "POST /v1.0/users/password/reset/code ";
const SECOND: &str = "POST /v1.0/users/identifiers/reset/code ";

const NO_ROUTE: &str =
    r#"{"Message":"No HTTP resource was found that matches the request URI 'https://host/x'."}"#;

fn no_route() -> Step {
    Step::Send(http_response("404 Not Found", NO_ROUTE))
}

fn token() -> Step {
    Step::Send(good_response())
}

/// A server that sends these responses in turn, on one connection.
fn server(kind: Kind, responses: &[Step]) -> Server {
    let steps: Vec<_> = responses
        .iter()
        .flat_map(|response| [Step::Read, response.clone()])
        .collect();
    let script = Script {
        opening: Opening::Well,
        steps: steps.into(),
    };
    Server::start(kind, vec![script])
}

fn confirm(client: &Client) -> Result<(), Error> {
    let token = client.confirm_code("231408")?;
    assert_eq!(token.expose(), QUESTION);
    Ok(())
}

fn heard(server: &Server) -> (usize, usize) {
    (server.heard(FIRST), server.heard(SECOND))
}

#[test]
fn a_client_uses_the_second_route_from_the_call_on_that_finds_the_first_one_missing() {
    for kind in [HTTP, HTTPS] {
        let server = server(kind, &[no_route(), token(), token()]);
        let client = client(&server);
        confirm(&client).unwrap();
        assert_eq!(heard(&server), (1, 1));
        confirm(&client).unwrap();
        confirm(&client.clone()).unwrap();
        assert_eq!(heard(&server), (1, 3));
        assert_eq!(server.connections(), 1);
        assert_eq!(
            server.heard(r#"{"Code":"231408","Identifier":"ResetPassword"}"#),
            3
        );
    }
}

#[test]
fn another_client_begins_with_the_first_route() {
    let server = server(HTTP, &[no_route(), token()]);
    confirm(&client(&server)).unwrap();
    confirm(&client(&server)).unwrap();
    assert_eq!(heard(&server), (2, 1));
}

#[test]
fn a_remembered_route_that_is_gone_is_forgotten() {
    let server = server(HTTP, &[no_route(), token(), no_route(), token(), token()]);
    let client = client(&server);
    confirm(&client).unwrap();
    confirm(&client).unwrap();
    assert_eq!(heard(&server), (2, 2));
    confirm(&client).unwrap();
    assert_eq!(heard(&server), (3, 2));
}

#[test]
fn each_route_is_tried_once_if_both_are_missing() {
    let server = server(HTTP, &[no_route(), no_route(), no_route(), no_route()]);
    let client = client(&server);
    for round in 1..=2 {
        let error = confirm(&client).unwrap_err();
        assert_eq!(
            (error.code(), error.http_status()),
            (Code::Rejected, Some(404))
        );
        assert!(error.message().contains("base URL"), "{error}");
        assert!(error.request_sent());
        assert_eq!(heard(&server), (round, round));
    }
}

#[test]
fn the_error_is_the_second_routes_if_both_are_missing() {
    let gone = |which: &str| {
        let body = NO_ROUTE.replace("/x", which);
        Step::Send(http_response("404 Not Found", &body))
    };
    let server = server(
        HTTP,
        &[no_route(), token(), gone("/second"), gone("/first")],
    );
    let client = client(&server);
    confirm(&client).unwrap();
    let error = confirm(&client).unwrap_err();
    assert!(error.message().contains("/second"), "{error}");
    assert_eq!(heard(&server), (2, 2));
}

#[test]
fn an_unsent_second_request_leaves_the_outcome_known() {
    let steps = |steps: &[Step]| steps.into();
    // Without `Connection: close` the second request could be sent just before the end arrives.
    let closing = http_response("404 Not Found\r\nConnection: close", NO_ROUTE);
    let scripts = vec![
        Script {
            opening: Opening::Well,
            steps: steps(&[Step::Read, Step::Send(closing), Step::End]),
        },
        Script {
            opening: Opening::Raw,
            steps: steps(&[Step::Hold]),
        },
    ];
    let server = Server::start(HTTPS, scripts);
    let mut config = server.config("key");
    config.set_timeout_ms(1000);
    let error = confirm(&certificates::trusting(config)).unwrap_err();
    assert_eq!(error.code(), Code::Timeout);
    assert!(error.request_sent(), "on the first route");
    assert!(!error.message().contains("outcome is unknown"), "{error}");
    assert_eq!(heard(&server), (1, 0));
}

#[test]
fn every_other_refusal_of_the_first_route_is_final() {
    for (status, body) in [
        ("404 Not Found", r#"{"Message":"No code was found."}"#),
        (
            "404 Not Found",
            r#"{"Message":"Sorry. No HTTP resource was found."}"#,
        ),
        ("404 Not Found", ""),
        ("404 Not Found", "<p>No HTTP resource was found</p>"),
        ("400 Bad Request", NO_ROUTE),
        ("500 Internal Server Error", NO_ROUTE),
        ("200 OK", NO_ROUTE),
        (
            "404 Not Found",
            r#"{"Error":{"Code":"UnsupportedApiVersion","Message":"The requested resource"}}"#,
        ),
        (
            "404 Not Found",
            r#"{"Errors":["No HTTP resource was found"],"ErrorsCode":["ErrorIncorrectAnswer"],"IsSucceed":false}"#,
        ),
    ] {
        let server = server(HTTP, &[Step::Send(http_response(status, body))]);
        assert!(confirm(&client(&server)).is_err(), "{status} {body}");
        assert_eq!(heard(&server), (1, 0), "{status} {body}");
    }
}

#[test]
fn a_first_route_that_breaks_off_is_final() {
    for step in [Step::Cut, Step::Reset] {
        let server = server(HTTP, &[step]);
        let error = confirm(&client(&server)).unwrap_err();
        assert_eq!(error.code(), Code::ConnectionLost);
        assert_eq!(heard(&server), (1, 0));
    }
}

#[test]
fn other_calls_have_one_route() {
    let server = server(HTTP, &[no_route(), no_route(), no_route()]);
    let client = client(&server);
    let errors = [
        client.secret_question("robert.zak").unwrap_err(),
        client.request_reset("robert.zak", None).unwrap_err(),
        client.set_password("token", "correct horse 1").unwrap_err(),
    ];
    for error in errors {
        assert_eq!(
            (error.code(), error.http_status()),
            (Code::Rejected, Some(404))
        );
        assert!(error.message().contains("base URL"), "{error}");
    }
    assert_eq!(server.heard("Et-App-Key") + server.heard("et-app-key"), 3);
}

#[test]
fn one_deadline_holds_for_both_routes() {
    let late = [
        Step::Read,
        Step::Wait(Duration::from_millis(400)),
        no_route(),
        Step::Read,
        Step::Hold,
    ];
    let script = Script {
        opening: Opening::Well,
        steps: late.into(),
    };
    let server = Server::start(HTTP, vec![script]);
    let mut config = server.config("key");
    config.set_timeout_ms(700);
    let started = Instant::now();
    let error = confirm(&Client::new(&config).unwrap()).unwrap_err();
    let taken = started.elapsed();
    assert_eq!((error.code(), error.request_sent()), (Code::Timeout, true));
    assert!(error.message().contains("within 0.7 s"), "{error}");
    assert!(error.message().contains("outcome is unknown"), "{error}");
    assert_eq!(heard(&server), (1, 1));
    assert!(
        (Duration::from_millis(690)..Duration::from_millis(1000)).contains(&taken),
        "{taken:?}"
    );
}

#[test]
fn one_token_ends_the_call_on_either_route() {
    for responses in [vec![Step::Hold], vec![no_route(), Step::Hold]] {
        let expected = (1, responses.len() - 1);
        let server = server(HTTP, &responses);
        let cancel = Cancel::new();
        let client = client(&server).with_cancel(&cancel);
        thread::scope(|scope| {
            let call = scope.spawn(|| confirm(&client).unwrap_err());
            let begun = Instant::now();
            while heard(&server) != expected && begun.elapsed() < Duration::from_secs(5) {
                thread::sleep(Duration::from_millis(1));
            }
            cancel.trigger();
            let error = call.join().unwrap();
            assert_eq!(
                (error.code(), error.request_sent()),
                (Code::Cancelled, true)
            );
        });
        assert_eq!(heard(&server), expected);
    }
}
