//! A Rust program's log of a whole reset holds no secret at any level.

use std::sync::Mutex;

use autoshares_emulator::{DEFAULT_APP_KEY, Emulator, Options};
use autoshares_reset::{Client, Config};
use log::{LevelFilter, Log, Metadata, Record};

const USER: &str = "hello@autoshares.com";

struct Memory(Mutex<String>);

impl Log for Memory {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }

    fn log(&self, record: &Record) {
        let line = format!("{} {}\n", record.target(), record.args());
        self.0.lock().unwrap().push_str(&line);
    }

    fn flush(&self) {}
}

static MEMORY: Memory = Memory(Mutex::new(String::new()));

#[test]
fn no_secret_is_logged() {
    log::set_logger(&MEMORY).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let emulator = Emulator::start(Options::default()).unwrap();
    let config = Config::new(emulator.base_url(), DEFAULT_APP_KEY);
    let client = Client::new(&config).unwrap();
    let question = client.secret_question(USER).unwrap().unwrap();
    client.request_reset(USER, Some("Maple Street")).unwrap();
    let code = emulator.last_code(USER).unwrap();
    let token = client.confirm_code(&code).unwrap();
    client
        .set_password(token.expose(), "correct horse 1")
        .unwrap();

    let logged = MEMORY.0.lock().unwrap();
    // Built for release, the shared library logs nothing at all.
    assert!(cfg!(not(debug_assertions)) || logged.contains("ureq"));
    let secrets = [
        DEFAULT_APP_KEY,
        USER,
        "hello%40",
        &question,
        "Maple",
        &code,
        token.expose(),
        "horse",
    ];
    for secret in secrets {
        assert!(!logged.contains(secret), "{secret} is in:\n{logged}");
    }
}
