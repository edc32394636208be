//! The page for people and its data. `make test-release` looks at it in a browser.

use crate::common::*;
use autoshares_emulator::{ConfirmRoute, Options, UnknownUser};
use serde_json::{Value, json};

const HOSTILE: &str = "<img src=x onerror=alert(1)>";

fn state_of(client: &Client) -> Value {
    let response = client.get("/emulator/state.json");
    assert_eq!(response.status, 200, "{}", response.body);
    response.json()
}

#[test]
fn the_page_runs_its_own_script_alone() {
    let emulator = start();
    let anybody = Client::new(emulator.base_url(), None);
    let (first, second) = (anybody.get("/"), anybody.get("/"));
    let mut nonces = Vec::new();
    for page in [&first, &second] {
        assert_eq!(page.status, 200);
        assert_eq!(page.header("Content-Type"), "text/html; charset=utf-8");
        assert_eq!(page.header("Cache-Control"), "no-store");
        assert_eq!(page.header("X-Content-Type-Options"), "nosniff");
        assert_eq!(page.header("Cross-Origin-Resource-Policy"), "same-origin");
        let policy = page.header("Content-Security-Policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        let nonce = policy.split("script-src 'nonce-").nth(1).unwrap();
        let nonce = nonce.split('\'').next().unwrap();
        assert!(page.body.contains(&format!("<script nonce=\"{nonce}\">")));
        assert!(page.body.contains(&format!("<style nonce=\"{nonce}\">")));
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[test]
fn the_page_inserts_text_alone_and_loads_nothing() {
    let page = start();
    let page = Client::of(&page).get("/").body;
    for word in [
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    let own_drawing = "http://www.w3.org/2000/svg";
    for scheme in ["http://", "https://"] {
        let rest = page.replace(own_drawing, "");
        assert!(!rest.contains(scheme), "{scheme}");
    }
}

#[test]
fn the_data_has_users_mails_and_requests_with_the_newest_first() {
    let emulator = start();
    let client = Client::of(&emulator);
    let (older, newer) = (client.fresh_code(&emulator), client.fresh_code(&emulator));
    client.reset(HELLO, None);
    client.question(HOSTILE);
    let state = state_of(&client);

    let users: Vec<&Value> = state["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| &account["user"])
        .collect();
    assert_eq!(users.len(), 5);
    assert_eq!(users[0], HELLO);
    assert_eq!(
        state["accounts"][1],
        json!({
            "user": "robert.zak",
            "question": "What is your mother's maiden name?",
            "answer": "Peterson",
            "rate_limited": false,
            "password": "initial",
        })
    );
    for (mail, code, valid) in [
        (&state["mails"][0], newer, true),
        (&state["mails"][1], older, false),
    ] {
        let shown = (&mail["to"], &mail["code"], &mail["valid"]);
        assert_eq!(shown, (&json!(NO_QUESTION), &json!(code), &json!(valid)));
        assert!(mail["seconds_ago"].as_u64().unwrap() < 60);
    }
    let lines: Vec<Value> = state["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| {
            json!([
                request["method"],
                request["sent"],
                request["status"],
                request["summary"],
                request["refused"]
            ])
        })
        .collect();
    assert_eq!(
        lines[..3],
        [
            json!([
                "GET",
                format!("username={HOSTILE}"),
                200,
                "User was not found.",
                true
            ]),
            json!([
                "POST",
                format!("User={HELLO}"),
                200,
                "Answer is incorrect, try again.",
                true
            ]),
            json!([
                "POST",
                format!("User={NO_QUESTION}"),
                200,
                "succeeded",
                false
            ]),
        ]
    );
    assert_eq!(state["requests"][0]["path"], QUESTION);
}

#[test]
fn the_requests_show_no_secret() {
    let emulator = start_with(Options {
        app_key: "the-secret-key".into(),
        expired_password: Some(HELLO.into()),
        ..Options::default()
    });
    let client = Client::new(emulator.base_url(), Some("the-secret-key"));
    client.reset(HELLO, Some("the secret answer"));
    client.send("POST", RESET, "application/json", b"the secret body");
    client.send("POST", RESET, "application/json", b"\"the secret text\"");
    client.json(
        "POST",
        RESET,
        &json!({"User": HELLO, "SecretQuestionAnswer": ["the secret list"]}),
    );
    let token = client.fresh_token(&emulator);
    client.password(&token, "the secret passw0rd", "the secret passw1rd");
    let new_token = client.sign_in(HELLO, INITIAL_PASSWORD).json()["Token"].take();
    client.get(&format!("{QUESTION}?answer=the%20secret%20value"));

    let state = state_of(&client);
    let requests = state["requests"].to_string();
    for secret in [
        "secret",
        "passw0rd",
        &token,
        new_token.as_str().unwrap(),
        INITIAL_PASSWORD,
    ] {
        let shown = requests.replace("secret-question", "").contains(secret);
        assert!(!shown, "{secret}: {requests}");
    }
    assert_eq!(state["app_key"], Value::Null);
    for sent in [
        "User=hello@autoshares.com SecretQuestionAnswer=•••",
        "15 bytes that are not a JSON object",
        "Password=••• PasswordConfirmation=••• Token=•••",
        "username=hello@autoshares.com password=•••",
        "answer=•••",
    ] {
        assert!(
            requests.contains(&format!("\"{sent}\"")),
            "{sent}: {requests}"
        );
    }
}

#[test]
fn the_data_has_the_settings_the_failure_and_the_passwords() {
    let emulator = start();
    let client = Client::of(&emulator);
    let state = state_of(&client);
    assert_eq!(state["app_key"], "emulator-app-key");
    assert_eq!(state["confirm_route"], "password");
    assert_eq!(state["unknown_user"], "refuse");
    assert_eq!(
        (&state["delay_ms"], &state["failure"]),
        (&json!(0), &Value::Null)
    );

    let emulator = start_with(Options {
        confirm_route: ConfirmRoute::Both,
        unknown_user: UnknownUser::Crash,
        expired_password: Some(HELLO.into()),
        delay: std::time::Duration::from_millis(1),
        ..Options::default()
    });
    let client = Client::of(&emulator);
    let token = client.fresh_token(&emulator);
    client.password(&token, "correct h0rse", "correct h0rse");
    client.send("POST", "/emulator/fail-next?status=503&count=3", "", b"");
    client.question(HELLO);
    let state = state_of(&client);
    assert_eq!(state["confirm_route"], "both");
    assert_eq!(state["unknown_user"], "crash");
    assert_eq!(state["delay_ms"], 1);
    assert_eq!(state["failure"], json!({"status": 503, "count": 2}));
    let passwords = [0, 1, 2].map(|at| state["accounts"][at]["password"].clone());
    assert_eq!(passwords, ["expired", "initial", "changed"]);
}

#[test]
fn the_data_is_bounded_whatever_clients_send() {
    let emulator = start();
    let client = Client::of(&emulator);
    for _ in 0..60 {
        client.question(&"ñ".repeat(8 * 1024));
        client.reset(NO_QUESTION, None);
    }
    let state = state_of(&client);
    let count = |name: &str| state[name].as_array().unwrap().len();
    assert_eq!((count("mails"), count("requests")), (50, 50));
    assert!(state.to_string().len() < 64 * 1024);
}

#[test]
fn the_page_s_own_requests_are_not_recorded() {
    let emulator = start();
    let client = Client::of(&emulator);
    client.get("/");
    client.get("/?x=1");
    state_of(&client);
    assert_eq!((emulator.request_count(), emulator.requests()), (0, vec![]));
    client.question(HELLO);
    assert_eq!(emulator.request_count(), 1);
}

#[test]
fn another_control_path_or_method_names_the_right_ones() {
    let emulator = start();
    let anybody = Client::new(emulator.base_url(), None);
    for response in [
        anybody.get("/emulator/"),
        anybody.get("/emulator/mails"),
        anybody.get("/emulator/mail/"),
        anybody.json("POST", "/emulator/state.json", &json!({})),
    ] {
        assert_eq!(response.status, 404);
        let message = response.json()["Message"].to_string();
        assert!(
            message.contains("GET /emulator/mail?user=USER"),
            "{message}"
        );
    }
}
