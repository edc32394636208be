//! The four calls, rule by rule.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::common::*;
use autoshares_emulator::{Mail, Options};
use serde_json::json;

#[test]
fn each_user_has_a_question_as_documented_or_an_empty_one() {
    let emulator = start();
    let client = Client::of(&emulator);
    client.question(HELLO).assert_is(200, "question.json");
    client
        .question(NO_QUESTION)
        .assert_is(200, "no-question.json");
    for (user, question) in [
        ("robert.zak", "What is your mother's maiden name?"),
        (
            "zoe@autoshares.com",
            "¿Cómo se llamaba tu primera mascota? 🐶",
        ),
    ] {
        let body = json!({"Model": question, "Errors": [], "IsSucceed": true});
        client.question(user).assert_json(200, &body);
    }
}

#[test]
fn a_username_is_understood_however_it_is_encoded() {
    let emulator = start();
    let client = Client::of(&emulator);
    for username in [
        "hello%40autoshares.com",
        "hello@autoshares.com",
        "%68ello%40autoshares%2Ecom",
    ] {
        client
            .get(&format!("{QUESTION}?other=1&username={username}"))
            .assert_is(200, "question.json");
    }
}

#[test]
fn an_unknown_user_is_refused_in_the_envelope_without_a_mail() {
    let emulator = start();
    let client = Client::of(&emulator);
    for user in [
        "nobody",
        "",
        "HELLO@AUTOSHARES.COM",
        "hello@autoshares.com ",
        "🐶",
    ] {
        client.question(user).assert_refused();
        client.reset(user, Some("Maple Street")).assert_refused();
        assert_eq!(emulator.last_code(user), None);
    }
}

#[test]
fn a_missing_answer_and_a_wrong_one_are_refused_alike_and_without_a_mail() {
    let emulator = start();
    let client = Client::of(&emulator);
    for answer in [
        None,
        Some(""),
        Some("Peterson"),
        Some("Maple  Street"),
        Some("Maple Street."),
    ] {
        client
            .reset(HELLO, answer)
            .assert_is(200, "answer-incorrect.json");
    }
    let null = json!({"User": HELLO, "SecretQuestionAnswer": null});
    client
        .json("POST", RESET, &null)
        .assert_is(200, "answer-incorrect.json");
    assert_eq!(emulator.last_code(HELLO), None);
}

#[test]
fn an_answer_is_right_whatever_its_letter_case_and_the_space_around_it() {
    let emulator = start();
    let client = Client::of(&emulator);
    for (user, answer) in [
        (HELLO, "Maple Street"),
        (HELLO, " \tmAPLE sTREET\n"),
        ("robert.zak", "PETERSON"),
        ("zoe@autoshares.com", "Ñandú"),
        ("zoe@autoshares.com", "ñANDÚ"),
    ] {
        client
            .reset(user, Some(answer))
            .assert_is(200, "reset-ok.json");
    }
}

#[test]
fn a_user_without_a_question_needs_no_answer() {
    let emulator = start();
    let client = Client::of(&emulator);
    for answer in [None, Some("whatever")] {
        client
            .reset(NO_QUESTION, answer)
            .assert_is(200, "reset-ok.json");
    }
}

#[test]
fn a_mail_has_the_user_and_six_digits() {
    let mails = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&mails);
    let on_mail = move |mail: &Mail| kept.lock().unwrap().push(mail.clone());
    let emulator = start_with(Options {
        on_mail: Some(Box::new(on_mail)),
        ..Options::default()
    });
    Client::of(&emulator).reset(HELLO, Some("Maple Street"));

    // The hook runs before the response goes out.
    let mails = mails.lock().unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, HELLO);
    assert_eq!(mails[0].code.len(), 6);
    assert!(mails[0].code.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(emulator.last_code(HELLO).as_ref(), Some(&mails[0].code));
}

#[test]
fn a_mailed_code_can_be_fetched_without_a_key() {
    let emulator = start();
    let postman = Client::new(emulator.base_url(), None);
    assert_eq!(
        postman
            .get("/emulator/mail?user=hello%40autoshares.com")
            .status,
        404
    );
    Client::of(&emulator).reset(HELLO, Some("Maple Street"));
    postman
        .get("/emulator/mail?user=hello%40autoshares.com")
        .assert_json(200, &json!({"code": emulator.last_code(HELLO).unwrap()}));
    assert_eq!(postman.get("/emulator/mail?user=robert.zak").status, 404);
    postman.get("/emulator/mail").assert_is(400, "invalid.json");
}

#[test]
fn a_forgotten_password_is_changed() {
    let emulator = start();
    let client = Client::of(&emulator);
    client
        .reset(HELLO, None)
        .assert_is(200, "answer-incorrect.json");
    client.question(HELLO).assert_is(200, "question.json");
    client
        .reset(HELLO, Some("Maple Street"))
        .assert_is(200, "reset-ok.json");

    let mut confirmed = client.confirm(&emulator.last_code(HELLO).unwrap()).json();
    let token = confirmed["Model"].as_str().unwrap().to_owned();
    assert_eq!(uuid::Uuid::parse_str(&token).unwrap().get_version_num(), 4);
    let documented = fixture("code-ok.json");
    confirmed["Model"] = documented["Model"].clone();
    assert_eq!(confirmed, documented);

    assert!(!emulator.password_is(HELLO, "correct h0rse"));
    client
        .password(&token, "correct h0rse", "correct h0rse")
        .assert_is(200, "password-ok.json");
    assert!(emulator.password_is(HELLO, "correct h0rse"));
    assert!(!emulator.password_is("robert.zak", "correct h0rse"));
}

#[test]
fn a_wrong_code_is_refused_in_the_envelope() {
    let emulator = start();
    let client = Client::of(&emulator);
    client.confirm("123456").assert_refused();
    let code = client.fresh_code(&emulator);
    for wrong in [not(&code).as_str(), "", "abc", &format!(" {code}")] {
        client.confirm(wrong).assert_refused();
    }
}

#[test]
fn a_code_works_once() {
    let emulator = start();
    let client = Client::of(&emulator);
    let code = client.fresh_code(&emulator);
    client.confirm(&code).assert_succeeded();
    client.confirm(&code).assert_refused();
}

#[test]
fn a_newer_code_replaces_the_older() {
    let emulator = start();
    let client = Client::of(&emulator);
    let (older, newer) = (client.fresh_code(&emulator), client.fresh_code(&emulator));
    assert_ne!(
        older, newer,
        "the older one is still out when the newer is drawn"
    );
    client.confirm(&older).assert_refused();
    client.confirm(&newer).assert_succeeded();
}

#[test]
fn codes_of_two_users_do_not_disturb_each_other() {
    let emulator = start();
    let client = Client::of(&emulator);
    let first = client.fresh_code(&emulator);
    client.reset("robert.zak", Some("Peterson"));
    let second = emulator.last_code("robert.zak").unwrap();
    for code in [first, second] {
        client.confirm(&code).assert_succeeded();
    }
}

#[test]
fn an_expired_code_is_refused() {
    let emulator = start_with(Options {
        code_lifetime: Duration::ZERO,
        ..Options::default()
    });
    let client = Client::of(&emulator);
    let code = client.fresh_code(&emulator);
    client.confirm(&code).assert_refused();
}

#[test]
fn a_code_outlives_four_wrong_ones_but_not_five() {
    let emulator = start();
    let client = Client::of(&emulator);
    for (wrong, survives) in [(4, true), (5, false)] {
        let code = client.fresh_code(&emulator);
        for _ in 0..wrong {
            client.confirm(&not(&code)).assert_refused();
        }
        assert_eq!(
            client.confirm(&code).json()["IsSucceed"],
            json!(survives),
            "after {wrong} wrong codes"
        );
    }
}

#[test]
fn a_valid_code_of_one_user_allows_no_further_guesses_at_the_code_of_another() {
    let emulator = start();
    let client = Client::of(&emulator);
    client.reset("robert.zak", Some("Peterson"));
    let target = emulator.last_code("robert.zak").unwrap();
    for _ in 0..5 {
        let own = client.fresh_code(&emulator);
        client.confirm("").assert_refused();
        client.confirm(&own).assert_succeeded();
    }
    client.confirm(&target).assert_refused();
}

#[test]
fn a_wrong_token_is_refused_in_the_envelope() {
    let emulator = start();
    let client = Client::of(&emulator);
    client.fresh_token(&emulator);
    for token in ["", "ba6b8cac-6738-4434-bd26-825db020a05c", "741175"] {
        client
            .password(token, "correct h0rse", "correct h0rse")
            .assert_refused();
        // The response says nothing about the password.
        client.password(token, "short", "other").assert_refused();
    }
}

#[test]
fn a_token_works_once() {
    let emulator = start();
    let client = Client::of(&emulator);
    let token = client.fresh_token(&emulator);
    client
        .password(&token, "correct h0rse", "correct h0rse")
        .assert_is(200, "password-ok.json");
    client
        .password(&token, "another 0ne", "another 0ne")
        .assert_refused();
    assert!(emulator.password_is(NO_QUESTION, "correct h0rse"));
}

#[test]
fn a_newer_token_replaces_the_older() {
    let emulator = start();
    let client = Client::of(&emulator);
    let (older, newer) = (client.fresh_token(&emulator), client.fresh_token(&emulator));
    client
        .password(&older, "correct h0rse", "correct h0rse")
        .assert_refused();
    client
        .password(&newer, "correct h0rse", "correct h0rse")
        .assert_is(200, "password-ok.json");
}

#[test]
fn an_expired_token_is_refused() {
    let emulator = start_with(Options {
        token_lifetime: Duration::ZERO,
        ..Options::default()
    });
    let client = Client::of(&emulator);
    let token = client.fresh_token(&emulator);
    client
        .password(&token, "correct h0rse", "correct h0rse")
        .assert_refused();
    assert!(!emulator.password_is(NO_QUESTION, "correct h0rse"));
}

#[test]
fn a_refused_password_names_every_rule_it_broke_and_leaves_the_token_usable() {
    const SHORT: &str = "Password must be at least 8 characters long";
    const LETTER: &str = "Password must contain a letter";
    const DIGIT: &str = "Password must contain a digit";
    const DIFFER: &str = "Passwords do not match";
    let emulator = start();
    let client = Client::of(&emulator);
    let token = client.fresh_token(&emulator);
    let rows: &[(&str, &str, &[&str], &[&str])] = &[
        ("", "", &[SHORT, LETTER, DIGIT], &[]),
        ("abcdef7", "abcdef7", &[SHORT], &[]),
        ("éé🐶🐶aa7", "éé🐶🐶aa7", &[SHORT], &[]),
        ("12345678", "12345678", &[LETTER], &[]),
        ("abcdefgh", "abcdefgh", &[DIGIT], &[]),
        ("--------", "--------", &[LETTER, DIGIT], &[]),
        ("correct h0rse", "correct h0rsE", &[], &[DIFFER]),
        ("short", "", &[SHORT, DIGIT], &[DIFFER]),
    ];
    for (password, confirmation, of_password, of_confirmation) in rows {
        let mut state = json!({});
        for (field, sentences) in [
            ("Password", of_password),
            ("PasswordConfirmation", of_confirmation),
        ] {
            if !sentences.is_empty() {
                state[format!("userPassword.{field}")] = json!(sentences);
            }
        }
        let message = fixture("validation.json")["Message"].clone();
        client
            .password(&token, password, confirmation)
            .assert_json(422, &json!({"Message": message, "ModelState": state}));
    }
    // The shortest valid password; its letter and its digit need not be ASCII.
    client
        .password(&token, "ééé🐶🐶🐶ñ٣", "ééé🐶🐶🐶ñ٣")
        .assert_is(200, "password-ok.json");
}

#[test]
fn a_rate_limited_response_has_the_time_to_wait() {
    let emulator = start();
    let client = Client::of(&emulator);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    for response in [
        client.question("limited@autoshares.com"),
        client.reset("limited@autoshares.com", None),
    ] {
        assert_eq!(response.status, 429);
        assert_eq!(response.header("Retry-After"), "30");
        assert_eq!(response.header("X-RateLimit-Limit"), "10");
        assert_eq!(response.header("X-RateLimit-Remaining"), "0");
        let reset: u64 = response.header("X-RateLimit-Reset").parse().unwrap();
        assert!((now.as_secs() + 30..now.as_secs() + 60).contains(&reset));
        assert!(response.json()["Message"].is_string());
    }
    assert_eq!(emulator.last_code("limited@autoshares.com"), None);
}
