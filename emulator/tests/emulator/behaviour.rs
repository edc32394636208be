//! The options that make the service behave as another installation of it, and failures on demand.

use std::time::{Duration, Instant};

use crate::common::*;
use autoshares_emulator::{ConfirmRoute, Options, UnknownUser};
use serde_json::{Value, json};

fn no_such_route(base_url: &str, path: &str) -> Value {
    let message =
        format!("No HTTP resource was found that matches the request URI '{base_url}{path}'.");
    json!({"Message": message})
}

#[test]
fn a_code_is_confirmed_by_the_routes_that_the_installation_has() {
    for (confirm_route, has_first, has_second) in [
        (ConfirmRoute::Password, true, false),
        (ConfirmRoute::Identifiers, false, true),
        (ConfirmRoute::Both, true, true),
    ] {
        let emulator = start_with(Options {
            confirm_route,
            ..Options::default()
        });
        let client = Client::of(&emulator);
        for (exists, path) in [(has_first, CODE), (has_second, IDENTIFIER_CODE)] {
            let code = client.fresh_code(&emulator);
            let body = json!({"Code": code, "Identifier": "ResetPassword"});
            let response = client.json("POST", path, &body);
            if exists {
                response.assert_succeeded();
                client.json("POST", path, &body).assert_refused();
            } else {
                response.assert_json(404, &no_such_route(emulator.base_url(), path));
                // It did nothing: the code is still valid.
                let other = if path == CODE { IDENTIFIER_CODE } else { CODE };
                client.json("POST", other, &body).assert_succeeded();
            }
        }
    }
}

#[test]
fn the_first_route_is_the_default() {
    let emulator = start();
    let client = Client::of(&emulator);
    let code = client.fresh_code(&emulator);
    assert_eq!(client.confirm_identifier(&code).status, 404);
    client.confirm(&code).assert_succeeded();
}

#[test]
fn the_second_route_resets_passwords_alone() {
    let emulator = start_with(Options {
        confirm_route: ConfirmRoute::Identifiers,
        ..Options::default()
    });
    let client = Client::of(&emulator);
    let code = client.fresh_code(&emulator);
    for body in [
        json!({"Code": code}),
        json!({"Code": code, "Identifier": "ResetPinCode"}),
        json!({"Identifier": "ResetPassword"}),
    ] {
        client
            .json("POST", IDENTIFIER_CODE, &body)
            .assert_is(400, "invalid.json");
    }
    client.confirm_identifier(&not(&code)).assert_refused();
    let token = client.confirm_identifier(&code).model();
    client
        .password(&token, "correct h0rse", "correct h0rse")
        .assert_is(200, "password-ok.json");
}

#[test]
fn an_unknown_user_can_crash_the_service() {
    let emulator = start_with(Options {
        unknown_user: UnknownUser::Crash,
        ..Options::default()
    });
    let client = Client::of(&emulator);
    for response in [client.question("nobody"), client.reset("nobody", Some("x"))] {
        response.assert_is(500, "unknown-user-500.json");
    }
    client.question(HELLO).assert_is(200, "question.json");
    client
        .reset(HELLO, Some("wrong"))
        .assert_is(200, "answer-incorrect.json");
}

#[test]
fn an_expired_password_is_replaced_by_a_token_of_the_sign_in() {
    let emulator = start_with(Options {
        expired_password: Some(HELLO.into()),
        ..Options::default()
    });
    let client = Client::of(&emulator);
    let mut expired = client.sign_in(HELLO, INITIAL_PASSWORD).json();
    let token = expired["Token"].take().as_str().unwrap().to_owned();
    assert_eq!(
        expired,
        json!({"State": "Expecting", "Step": "NewPassword", "Reason": "Password has expired", "Token": null})
    );
    client
        .password(&token, "short", "short")
        .json()
        .get("ModelState")
        .unwrap();
    client
        .password(&token, "correct h0rse", "correct h0rse")
        .assert_is(200, "password-ok.json");

    let failed =
        json!({"State": "Failed", "Step": "Credentials", "Reason": "Invalid username or password"});
    client
        .sign_in(HELLO, INITIAL_PASSWORD)
        .assert_json(401, &failed);
    let signed_in = client.sign_in(HELLO, "correct h0rse");
    assert_eq!(
        (signed_in.status, &signed_in.json()["State"]),
        (200, &json!("Succeeded"))
    );
    client
        .password(signed_in.json()["Token"].as_str().unwrap(), "x", "x")
        .assert_refused();
}

#[test]
fn the_sign_in_has_an_outcome_for_each_wrong_user_password_and_key() {
    let emulator = start_with(Options {
        expired_password: Some(HELLO.into()),
        ..Options::default()
    });
    let client = Client::of(&emulator);
    assert_eq!(client.sign_in("robert.zak", INITIAL_PASSWORD).status, 200);
    assert_eq!(client.sign_in("robert.zak", "winter2025").status, 401);
    assert_eq!(client.sign_in("nobody", INITIAL_PASSWORD).status, 401);
    let limited = client.sign_in("limited@autoshares.com", INITIAL_PASSWORD);
    assert_eq!(limited.status, 429);
    client
        .send("POST", "/token", "", b"")
        .assert_is(400, "invalid.json");
    client.get("/token").json()["Error"].as_object().unwrap();
    Client::new(emulator.base_url(), None)
        .sign_in(HELLO, INITIAL_PASSWORD)
        .assert_is(401, "app-key.json");
}

#[test]
fn the_sign_in_exists_only_where_a_password_has_expired() {
    let emulator = start();
    Client::of(&emulator)
        .sign_in(HELLO, INITIAL_PASSWORD)
        .assert_json(404, &no_such_route(emulator.base_url(), "/token"));
}

#[test]
fn a_delay_holds_back_the_responses_of_the_service_alone() {
    const DELAY: Duration = Duration::from_millis(300);
    let emulator = start_with(Options {
        delay: DELAY,
        ..Options::default()
    });
    let client = Client::of(&emulator);
    for status in [200, 401] {
        let client = match status {
            200 => Client::of(&emulator),
            _ => Client::new(emulator.base_url(), None),
        };
        let start = Instant::now();
        assert_eq!(client.question(HELLO).status, status);
        assert!(start.elapsed() >= DELAY);
    }

    // The service acts at once: the code is there before the response.
    let reset = std::thread::spawn({
        let client = Client::of(&emulator);
        move || client.reset(NO_QUESTION, None).status
    });
    while emulator.last_code(NO_QUESTION).is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!reset.is_finished());
    let mail = client.get(&format!("/emulator/mail?user={NO_QUESTION}"));
    assert_eq!(mail.status, 200);
    assert!(!reset.is_finished(), "the mailbox was delayed too");
    assert_eq!(reset.join().unwrap(), 200);
}

#[test]
fn the_next_calls_fail_as_requested_and_do_nothing() {
    let emulator = start();
    let client = Client::of(&emulator);
    let fail = |query: &str| client.send("POST", &format!("/emulator/fail-next?{query}"), "", b"");

    fail("status=500&count=2").assert_json(200, &json!({"status": 500, "count": 2}));
    for _ in 0..2 {
        client
            .reset(NO_QUESTION, None)
            .assert_is(500, "server-error.json");
    }
    assert_eq!(emulator.last_code(NO_QUESTION), None);
    client
        .reset(NO_QUESTION, None)
        .assert_is(200, "reset-ok.json");

    for (status, fixture_name) in [
        (400, "invalid.json"),
        (401, "app-key.json"),
        (403, "app-key.json"),
        (500, "server-error.json"),
    ] {
        fail(&format!("status={status}")).assert_json(200, &json!({"status": status, "count": 1}));
        client.question(HELLO).assert_is(status, fixture_name);
        client.question(HELLO).assert_is(200, "question.json");
    }

    fail("status=404");
    client
        .confirm("1")
        .assert_json(404, &no_such_route(emulator.base_url(), CODE));
    fail("status=429");
    assert_eq!(client.question(HELLO).header("Retry-After"), "30");
    fail("status=418");
    client
        .question(HELLO)
        .assert_json(418, &json!({"Message": "I'm a teapot"}));
    for status in 502..=504 {
        fail(&format!("status={status}"));
        let response = client.question(HELLO);
        assert_eq!(response.status, status);
        assert!(response.header("Content-Type").starts_with("text/html"));
        assert!(
            response.body.contains(&format!("<h1>{status} ")),
            "{}",
            response.body
        );
    }
}

#[test]
fn failures_spare_the_control_paths_and_can_be_taken_back() {
    let emulator = start();
    let client = Client::of(&emulator);
    let fail = |query: &str| client.send("POST", &format!("/emulator/fail-next?{query}"), "", b"");
    fail("status=503&count=1000");
    assert_eq!(client.get("/emulator/mail?user=x").status, 404);
    assert_eq!(client.question(HELLO).status, 503);
    fail("status=503&count=0");
    assert_eq!(client.question(HELLO).status, 200);
    for query in [
        "",
        "status=200",
        "status=399",
        "status=600",
        "status=x",
        "status=70000",
        "status=503&count=1001",
        "status=503&count=-1",
        "count=1",
    ] {
        assert_eq!(fail(query).status, 400, "{query}");
    }
    assert_eq!(client.get("/emulator/fail-next?status=503").status, 404);
    assert_eq!(client.question(HELLO).status, 200);
}
