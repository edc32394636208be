//! The errors outside the envelope, and the errors for invalid options.

use std::time::Duration;

use crate::common::*;
use autoshares_emulator::{DEFAULT_APP_KEY, Emulator, Options};
use serde_json::{Value, json};

const CALLS: [(&str, &str); 4] = [
    ("GET", QUESTION),
    ("POST", RESET),
    ("POST", CODE),
    ("PUT", PASSWORD),
];

fn fitting_body(path: &str) -> Value {
    match path {
        RESET => json!({"User": NO_QUESTION}),
        CODE => json!({"Code": "741175"}),
        _ => json!({"Token": "t", "Password": "p", "PasswordConfirmation": "p"}),
    }
}

#[test]
fn a_missing_or_wrong_key_is_refused_by_every_call() {
    let emulator = start();
    for key in [
        None,
        Some("wrong"),
        Some("EMULATOR-APP-KEY"),
        Some("emulator-app-key2"),
    ] {
        let client = Client::new(emulator.base_url(), key);
        for (method, path) in CALLS {
            client
                .json(method, path, &fitting_body(path))
                .assert_is(401, "app-key.json");
        }
        // Without a key the response does not reveal which paths exist.
        client.get("/nowhere").assert_is(401, "app-key.json");
    }
    assert_eq!(emulator.last_code(NO_QUESTION), None);
}

#[test]
fn the_key_and_the_status_for_a_wrong_one_can_be_chosen() {
    let options = Options {
        app_key: "mine".into(),
        app_key_status: 403,
        ..Options::default()
    };
    let emulator = start_with(options);
    Client::new(emulator.base_url(), Some("mine"))
        .question(HELLO)
        .assert_is(200, "question.json");
    Client::of(&emulator)
        .question(HELLO)
        .assert_is(403, "app-key.json");
}

#[test]
fn a_body_that_does_not_fit_the_call_is_invalid() {
    let emulator = start();
    let client = Client::of(&emulator);
    let broken = format!(r#"{{"User":"{NO_QUESTION}""#);
    let twice = format!(r#"{{"User":"{NO_QUESTION}","User":"{NO_QUESTION}"}}"#);
    let array = format!(r#"["{NO_QUESTION}",null]"#);
    let answer_of_another_type = format!(r#"{{"User":"{NO_QUESTION}","SecretQuestionAnswer":7}}"#);
    let bodies: [&[u8]; 13] = [
        b"",
        b" ",
        b"null",
        b"{}",
        br#"{"user":"noquestion@autoshares.com"}"#,
        br#"{"User":null}"#,
        br#"{"User":7}"#,
        br#"{"User":["noquestion@autoshares.com"]}"#,
        b"{\"User\":\"\xff\"}",
        broken.as_bytes(),
        twice.as_bytes(),
        array.as_bytes(),
        answer_of_another_type.as_bytes(),
    ];
    for body in bodies {
        client
            .send("POST", RESET, "application/json", body)
            .assert_is(400, "invalid.json");
    }
    for (method, path, body) in [
        ("POST", CODE, json!({"Token": "t"})),
        (
            "PUT",
            PASSWORD,
            json!({"Password": "p", "PasswordConfirmation": "p"}),
        ),
        (
            "PUT",
            PASSWORD,
            json!({"Token": "t", "PasswordConfirmation": "p"}),
        ),
        ("PUT", PASSWORD, json!({"Token": "t", "Password": "p"})),
    ] {
        client
            .json(method, path, &body)
            .assert_is(400, "invalid.json");
    }
    assert_eq!(emulator.last_code(NO_QUESTION), None);
}

#[test]
fn an_unknown_field_is_ignored_however_deep_it_is() {
    let emulator = start();
    let (open, close) = ("[".repeat(30_000), "]".repeat(30_000));
    let body = format!(r#"{{"X":{open}{close},"User":"{NO_QUESTION}"}}"#);
    let response = Client::of(&emulator).send("POST", RESET, "application/json", body.as_bytes());
    response.assert_is(200, "reset-ok.json");
}

#[test]
fn a_body_has_to_be_declared_as_json() {
    let emulator = start();
    let client = Client::of(&emulator);
    let body = fitting_body(RESET).to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json-patch+json",
    ] {
        client
            .send("POST", RESET, content_type, body.as_bytes())
            .assert_is(400, "invalid.json");
    }
    for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
        client
            .send("POST", RESET, content_type, body.as_bytes())
            .assert_is(200, "reset-ok.json");
    }
}

#[test]
fn a_question_without_a_username_is_invalid() {
    let emulator = start();
    let client = Client::of(&emulator);
    for target in [
        QUESTION.to_owned(),
        format!("{QUESTION}?"),
        format!("{QUESTION}?user=robert.zak"),
    ] {
        client.get(&target).assert_is(400, "invalid.json");
    }
}

#[test]
fn an_unknown_path_is_repeated_without_its_query() {
    let emulator = start();
    let client = Client::of(&emulator);
    let base = emulator.base_url();
    for path in [
        "/v1.0/users/password/secret-questions",
        "/v1.0/users/password/secret-question/",
        "/v1.0/users/passwords/reset",
        "/v1.0/",
        "/1.0/users/password/secret-question",
        "/v/users/password/secret-question",
        "/v1.0%20/users/password/secret-question",
        "/api/v1.0/users/password/secret-question",
        "/emulator",
        "/token",
        "/%22%7B",
    ] {
        let message =
            format!("No HTTP resource was found that matches the request URI '{base}{path}'.");
        client
            .get(&format!("{path}?username=robert.zak"))
            .assert_json(404, &json!({"Message": message}));
    }
}

#[test]
fn another_api_version_is_not_supported() {
    let emulator = start();
    let client = Client::of(&emulator);
    for version in ["2.0", "1", "1.00", "abc"] {
        for (method, path) in CALLS {
            let path = path.replace("v1.0", &format!("v{version}"));
            let message = format!(
                "The requested resource with API version '{version}' does not support HTTP method '{method}'."
            );
            let error = json!({"Code": "UnsupportedApiVersion", "Message": message});
            client
                .json(method, &path, &fitting_body(&path))
                .assert_json(404, &json!({"Error": error}));
        }
    }
}

#[test]
fn another_method_is_not_supported() {
    let emulator = start();
    let client = Client::of(&emulator);
    for (right, path) in CALLS {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
            if method == right {
                continue;
            }
            let mut documented = fixture("api-version.json");
            let message = documented["Error"]["Message"]
                .as_str()
                .unwrap()
                .replace("GET", method);
            documented["Error"]["Message"] = json!(message);
            client
                .json(method, path, &fitting_body(path))
                .assert_json(404, &documented);
        }
    }
}

#[test]
fn every_response_is_declared_as_json() {
    let emulator = start();
    let client = Client::of(&emulator);
    for response in [
        client.question(HELLO),
        client.get("/nowhere"),
        client.question("limited@autoshares.com"),
    ] {
        assert_eq!(
            response.header("Content-Type"),
            "application/json; charset=utf-8"
        );
    }
}

#[test]
fn an_invalid_option_is_named() {
    for (options, word) in [
        (
            Options {
                app_key: String::new(),
                ..Options::default()
            },
            "app key",
        ),
        (
            Options {
                app_key_status: 200,
                ..Options::default()
            },
            "401 or 403",
        ),
        (
            Options {
                max_connections: 0,
                ..Options::default()
            },
            "connection",
        ),
        (
            Options {
                expired_password: Some("nobody".into()),
                ..Options::default()
            },
            "a user of the emulator",
        ),
    ] {
        let error = Emulator::start(options).err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn options_at_their_largest_do_no_harm() {
    let emulator = start_with(Options {
        code_lifetime: Duration::MAX,
        token_lifetime: Duration::MAX,
        read_timeout: Duration::MAX,
        max_connections: usize::MAX,
        ..Options::default()
    });
    let client = Client::of(&emulator);
    let token = client.fresh_token(&emulator);
    client
        .password(&token, "correct h0rse", "correct h0rse")
        .assert_is(200, "password-ok.json");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let emulator = start();
    let port = port_of(emulator.base_url());
    for options in [
        Options {
            port,
            ..Options::default()
        },
        Options {
            https_port: Some(port),
            ..Options::default()
        },
    ] {
        let error = Emulator::start(options).err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
        assert!(error.to_string().contains(&port.to_string()), "{error}");
    }
    Client::new(emulator.base_url(), Some(DEFAULT_APP_KEY))
        .question(HELLO)
        .assert_is(200, "question.json");
}
