//! The program as people and test suites start it. The tests need the signals that only Unix has.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::*;
use autoshares_emulator::DEFAULT_APP_KEY;
use rustix::process::{Pid, Signal, kill_process};

/// All options of the program.
const OPTIONS: [&str; 16] = [
    "port",
    "https",
    "https-port",
    "ca-file",
    "max-connections",
    "app-key",
    "app-key-status",
    "code-lifetime",
    "token-lifetime",
    "confirm-route",
    "unknown-user",
    "expired-password",
    "delay-ms",
    "until-stdin-closes",
    "verbose",
    "help",
];

const PROGRAM: &str = env!("CARGO_BIN_EXE_autoshares-emulator");

/// A running program. It ends with the test, even with a failed one, because its standard input then closes.
pub struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["--port", "0", "--until-stdin-closes"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Program { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    #[track_caller]
    fn value(&mut self, name: &str) -> String {
        let line = self.line();
        line.strip_prefix(&format!("{name}="))
            .unwrap_or_else(|| panic!("{line:?} instead of {name}"))
            .to_owned()
    }

    /// Waits until it is ready and gives its base URL.
    #[track_caller]
    pub fn ready(&mut self) -> String {
        let url = self.value("AUTOSHARES_BASE_URL");
        assert_eq!(self.line(), "ready");
        url
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for a clean end and gives the rest of standard output and all of standard error.
    #[track_caller]
    fn end(mut self) -> (String, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        let mut errors = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{errors}");
        (rest, errors)
    }

    #[track_caller]
    fn close_stdin_and_end(mut self) -> (String, String) {
        drop(self.child.stdin.take());
        self.end()
    }
}

/// Runs the program with arguments that make it end by itself.
fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn it_prints_its_url_and_ends_with_its_input() {
    let mut program = Program::start(&[]);
    let url = program.ready();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    Client::new(&url, Some(DEFAULT_APP_KEY))
        .question(HELLO)
        .assert_is(200, "question.json");
    assert_eq!(
        program.close_stdin_and_end(),
        (String::new(), String::new())
    );
}

#[test]
fn it_ends_cleanly_on_sigint_and_sigterm() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut program = Program::start(&[]);
        let url = program.ready();
        let mut idle = connect(&url);
        ask(&mut idle);
        program.signal(signal);
        assert_eq!(read_to_end(&mut idle), "");
        assert_eq!(program.end(), (String::new(), String::new()));
    }
}

#[test]
fn a_whole_flow_prints_the_mail_and_nothing_else() {
    let mut program = Program::start(&[]);
    let client = Client::new(&program.ready(), Some(DEFAULT_APP_KEY));
    client.reset("zoe@autoshares.com", Some("wrong answer"));
    client.reset("zoe@autoshares.com", Some("Ñandú"));
    let code = program.value("MAIL to=zoe@autoshares.com code");
    client.confirm(&not(&code)).assert_refused();
    let token = client.confirm(&code).model();
    client.password(&token, "short", "short");
    client
        .password(&token, "correct h0rse", "correct h0rse")
        .assert_is(200, "password-ok.json");
    assert_eq!(
        program.close_stdin_and_end(),
        (String::new(), String::new())
    );
}

#[test]
fn the_log_has_only_methods_paths_and_statuses() {
    let mut program = Program::start(&["--verbose", "--app-key", "a-key"]);
    let client = Client::new(&program.ready(), Some("a-key"));
    client.question("robert.zak");
    client.reset("robert.zak", Some("Peterson"));
    let code = program.value("MAIL to=robert.zak code");
    client.confirm(&code);
    client.get("/emulator/mail?user=robert.zak");
    client.get("/%0A%1B?username=robert.zak");
    let lines = [
        format!("GET {QUESTION} 200"),
        format!("POST {RESET} 200"),
        format!("POST {CODE} 200"),
        "GET /emulator/mail 200".to_owned(),
        "GET /%0A%1B 404".to_owned(),
    ];
    assert_eq!(
        program.close_stdin_and_end(),
        (String::new(), lines.join("\n") + "\n")
    );
}

#[test]
fn https_writes_the_ca_before_it_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca file.pem");
    let mut program = Program::start(&["--https", "--ca-file", file.to_str().unwrap()]);
    program.value("AUTOSHARES_BASE_URL");
    let url = program.value("AUTOSHARES_HTTPS_URL");
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    assert_eq!(program.value("AUTOSHARES_CA_FILE"), file.to_str().unwrap());
    assert_eq!(program.line(), "ready");
    let pem = std::fs::read_to_string(&file).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"), "{pem}");
    assert!(!pem.contains("KEY"), "{pem}");
    program.close_stdin_and_end();
}

#[test]
fn a_relative_ca_file_is_printed_as_an_absolute_path() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(PROGRAM)
        .args(["--port", "0", "--until-stdin-closes", "--https"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let file = folder.path().join("autoshares-emulator-ca.pem");
    assert!(file.exists());
    let line = format!("AUTOSHARES_CA_FILE={}", file.display());
    assert!(
        text(&output.stdout).lines().any(|found| found == line),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_options_reach_the_service() {
    let arguments = "--app-key-status 403 --code-lifetime 0 --token-lifetime 1 --max-connections 9 \
                     --confirm-route both --unknown-user crash --expired-password robert.zak --delay-ms 50";
    let mut program = Program::start(&arguments.split_whitespace().collect::<Vec<_>>());
    let url = program.ready();
    Client::new(&url, None)
        .question(HELLO)
        .assert_is(403, "app-key.json");
    let client = Client::new(&url, Some(DEFAULT_APP_KEY));
    client.reset(NO_QUESTION, None);
    let code = program.value("MAIL to=noquestion@autoshares.com code");
    client.confirm(&code).assert_refused();
    client.confirm_identifier(&code).assert_refused();
    let start = Instant::now();
    client
        .question("nobody")
        .assert_is(500, "unknown-user-500.json");
    assert!(start.elapsed() >= Duration::from_millis(50));
    assert_eq!(client.sign_in("robert.zak", INITIAL_PASSWORD).status, 202);
    program.close_stdin_and_end();
}

#[test]
fn the_documentation_lists_every_option() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/emulator.md");
    let page = std::fs::read_to_string(page).unwrap();
    for option in OPTIONS {
        assert!(page.contains(&format!("`--{option}")), "{option}");
    }
}

#[test]
fn it_works_if_its_output_is_not_read() {
    let mut program = Program::start(&[]);
    let client = Client::new(&program.ready(), Some(DEFAULT_APP_KEY));
    // A pipe holds 64 KiB, and a line has 50 bytes.
    for _ in 0..3000 {
        client
            .reset(NO_QUESTION, None)
            .assert_is(200, "reset-ok.json");
    }
    program.signal(Signal::TERM);
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}

#[test]
fn it_continues_when_its_reader_has_gone() {
    let mut program = Program::start(&[]);
    let client = Client::new(&program.ready(), Some(DEFAULT_APP_KEY));
    let Program { mut child, stdout } = program;
    drop(stdout);
    for _ in 0..3 {
        client
            .reset(NO_QUESTION, None)
            .assert_is(200, "reset-ok.json");
    }
    assert_eq!(
        client
            .get("/emulator/mail?user=noquestion%40autoshares.com")
            .status,
        200
    );
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn help_and_version_are_given_on_standard_output() {
    for flag in ["--help", "-h"] {
        let output = run(&[flag]);
        assert_eq!(output.status.code(), Some(0));
        let help = text(&output.stdout);
        for option in OPTIONS {
            assert!(help.contains(&format!(" --{option} ")), "{option}");
        }
        assert!(
            help.lines().all(|line| line.chars().count() <= 80),
            "{help}"
        );
    }
    for flag in ["--version", "-V"] {
        let output = run(&[flag]);
        assert_eq!(
            text(&output.stdout),
            format!("autoshares-emulator {}\n", env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn invalid_arguments_are_named_on_standard_error() {
    for (arguments, word) in [
        (&["--nonsense"] as &[&str], "--nonsense"),
        (&["8700"], "8700"),
        (&["--port"], "--port"),
        (&["--port", "65536"], "65536"),
        (&["--port", "http"], "http"),
        (&["--https-port", "1"], "--https"),
        (&["--ca-file", "x"], "--https"),
        (&["--https=yes"], "--https"),
        (&["--app-key", ""], "app key"),
        (&["--app-key-status", "404"], "401 or 403"),
        (&["--max-connections", "0"], "connection"),
        (&["--code-lifetime", "-1"], "-1"),
        (&["--confirm-route", "none"], "password, identifiers, both"),
        (&["--unknown-user", "accept"], "refuse, crash"),
        (&["--expired-password", "nobody"], "a user of the emulator"),
        (&["--delay-ms", "slow"], "slow"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let message = text(&output.stderr);
        assert!(
            message.starts_with("autoshares-emulator: ") && message.contains(word),
            "{arguments:?}: {message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn a_missing_port_or_folder_is_named_on_standard_error() {
    let emulator = start();
    let port = port_of(emulator.base_url()).to_string();
    let port = port.as_str();
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no/such/folder/ca.pem");
    for (arguments, word) in [
        (&["--port", port] as &[&str], port),
        (
            &[
                "--port",
                "0",
                "--https",
                "--ca-file",
                nowhere.to_str().unwrap(),
            ],
            "no/such/folder",
        ),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let message = text(&output.stderr);
        assert!(message.contains(word), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
