//! The whole reset by a Rust program, against the emulator.

use std::io::Write;

use autoshares_emulator::{ConfirmRoute, DEFAULT_APP_KEY, Emulator, Options, UnknownUser};
use autoshares_reset::{Client, Code, Config};

const USER: &str = "hello@autoshares.com";

fn client(base_url: &str) -> Client {
    Client::new(&Config::new(base_url, DEFAULT_APP_KEY)).expect("good settings")
}

fn from_forgotten_to_changed(client: &Client, emulator: &Emulator) {
    let wrong = client.request_reset(USER, Some("Elm Street")).unwrap_err();
    assert_eq!(wrong.code(), Code::AnswerIncorrect);
    assert_eq!(wrong.service_code(), Some("ErrorIncorrectAnswer"));
    assert_eq!(
        client.secret_question(USER).unwrap().as_deref(),
        Some("What street did you live on in third grade?")
    );
    client.request_reset(USER, Some("Maple Street")).unwrap();

    assert_eq!(
        client.confirm_code("000").unwrap_err().code(),
        Code::Rejected
    );
    let code = emulator.last_code(USER).expect("a mail");
    let token = client.confirm_code(&code).unwrap();

    let weak = client.set_password(token.expose(), "short").unwrap_err();
    assert_eq!(
        (weak.code(), weak.http_status()),
        (Code::Rejected, Some(422))
    );
    client
        .set_password(token.expose(), "correct horse 1")
        .unwrap();
    assert!(emulator.password_is(USER, "correct horse 1"));
}

#[test]
fn a_forgotten_password_is_changed_over_http_on_one_connection() {
    let emulator = Emulator::start(Options::default()).unwrap();
    from_forgotten_to_changed(&client(emulator.base_url()), &emulator);
    assert_eq!(emulator.connection_count(), 1);
}

#[test]
fn a_forgotten_password_is_changed_where_only_the_second_route_confirms_codes() {
    let emulator = Emulator::start(Options {
        confirm_route: ConfirmRoute::Identifiers,
        ..Options::default()
    })
    .unwrap();
    from_forgotten_to_changed(&client(emulator.base_url()), &emulator);
    let asked = |path: &str| {
        let requests = emulator.requests();
        requests.iter().filter(|it| it.path == path).count()
    };
    // Two codes were confirmed: the client remembers the route.
    assert_eq!(asked("/v1.0/users/password/reset/code"), 1);
    assert_eq!(asked("/v1.0/users/identifiers/reset/code"), 2);
}

#[test]
fn a_user_that_crashes_the_service_is_a_server_error() {
    let emulator = Emulator::start(Options {
        unknown_user: UnknownUser::Crash,
        ..Options::default()
    })
    .unwrap();
    let client = client(emulator.base_url());
    let error = client.secret_question("nobody").unwrap_err();
    assert_eq!(error.code(), Code::ServerError);
    let message = error.to_string();
    assert!(
        message.contains("cannot be null. Parameter name: user"),
        "{message}"
    );
}

#[test]
fn a_forgotten_password_is_changed_over_https_on_one_connection() {
    let emulator = Emulator::start(Options {
        https_port: Some(0),
        ..Options::default()
    })
    .unwrap();
    let mut ca_file = tempfile::NamedTempFile::new().unwrap();
    ca_file
        .write_all(emulator.ca_pem().unwrap().as_bytes())
        .unwrap();
    let mut config = Config::new(emulator.https_url().unwrap(), DEFAULT_APP_KEY);
    config.set_ca_file(ca_file.path().to_str());
    from_forgotten_to_changed(&Client::new(&config).unwrap(), &emulator);
    assert_eq!(emulator.connection_count(), 1);
    // Without that file the certificate's issuer is unknown.
    let error = client(emulator.https_url().unwrap())
        .secret_question(USER)
        .unwrap_err();
    assert_eq!(
        (error.code(), error.request_sent()),
        (Code::TlsFailed, false)
    );
}

#[test]
fn certificates_of_a_file_and_from_memory_are_trusted_together() {
    let over_tls = || {
        let options = Options {
            https_port: Some(0),
            ..Options::default()
        };
        Emulator::start(options).unwrap()
    };
    let (one, other) = (over_tls(), over_tls());
    let mut ca_file = tempfile::NamedTempFile::new().unwrap();
    ca_file.write_all(one.ca_pem().unwrap().as_bytes()).unwrap();
    let asks = |emulator: &Emulator, file, pem| {
        let mut config = Config::new(emulator.https_url().unwrap(), DEFAULT_APP_KEY);
        config.set_ca_file(file);
        config.set_ca_pem(pem);
        let client = Client::new(&config).unwrap();
        client.secret_question(USER).map_err(|error| error.code())
    };
    let (file, pem) = (ca_file.path().to_str(), other.ca_pem());
    for emulator in [&one, &other] {
        assert!(asks(emulator, file, pem).is_ok());
    }
    assert!(asks(&other, None, pem).is_ok());
    assert_eq!(asks(&one, None, pem), Err(Code::TlsFailed));
}

#[test]
fn each_user_and_key_has_its_own_outcome() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let client = client(&format!("{}/", emulator.base_url()));
    assert_eq!(
        client.secret_question("noquestion@autoshares.com"),
        Ok(None)
    );
    assert_eq!(
        client
            .secret_question("zoe@autoshares.com")
            .unwrap()
            .as_deref(),
        Some("¿Cómo se llamaba tu primera mascota? 🐶")
    );
    let limited = client
        .secret_question("limited@autoshares.com")
        .unwrap_err();
    assert_eq!(
        (limited.code(), limited.retry_after()),
        (Code::RateLimited, Some(30))
    );
    let unknown = client.secret_question("nobody@autoshares.com").unwrap_err();
    assert_eq!(
        (unknown.code(), unknown.http_status()),
        (Code::Rejected, Some(200))
    );

    let wrong_key = Client::new(&Config::new(emulator.base_url(), "wrong-key")).unwrap();
    let rejected = wrong_key.secret_question(USER).unwrap_err();
    assert_eq!(
        (rejected.code(), rejected.http_status()),
        (Code::AppKeyRejected, Some(401))
    );
    assert_eq!(
        rejected.message(),
        "Application key is not defined or does not exist."
    );
}
