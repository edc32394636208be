//! The server with any client, and as a program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use autoshares_case_server::CaseServer;

const QUESTION: &str = "/v1.0/users/password/secret-question?username=hello%40autoshares.com";

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases.json")
}

fn server() -> CaseServer {
    CaseServer::start(&cases()).unwrap()
}

fn connect(server: &CaseServer) -> TcpStream {
    let stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream
}

fn request(id: &str, key: &str) -> String {
    format!(
        "GET /{id}{QUESTION} HTTP/1.1\r\nHost: 127.0.0.1:1\r\nEt-App-Key: {key}\r\n\
         Accept: application/json\r\nUser-Agent: test\r\n\r\n"
    )
}

/// All that comes back before the server ends the connection.
fn exchange(server: &CaseServer, request: &str) -> String {
    let mut stream = connect(server);
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn a_row_plays_its_response() {
    let request = request("response-that-closes-the-connection", "test-app-key");
    let response = exchange(&server(), &request);
    assert!(response.starts_with("HTTP/1.1 200 \r\n"), "{response}");
    assert!(response.contains("third grade?"), "{response}");
}

#[test]
fn the_response_to_a_wrong_request_names_the_difference() {
    let server = server();
    let id = "question-in-camel-case";
    let good = request(id, "test-app-key");
    for (wrong, what) in [
        (request(id, "other"), "header et-app-key is `other`"),
        (good.replace("GET", "PUT"), "the method is `PUT`"),
        (good.replace("hello", "hallo"), "the target is"),
        (request("no-such-row", "test-app-key"), "no such row"),
        (
            request("app-key-empty", "test-app-key"),
            "where there should be none",
        ),
        ("nonsense\r\n\r\n".into(), "Row ?"),
    ] {
        let response = exchange(&server, &wrong);
        assert!(response.starts_with("HTTP/1.1 418 "), "{response}");
        assert!(response.contains(what), "{what}: {response}");
    }
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let server = server();
    let mut stream = connect(&server);
    for _ in 0..2 {
        let request = request("question-in-camel-case", "test-app-key");
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = Vec::new();
        while !response.ends_with(b"}") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            response.push(byte[0]);
        }
        assert!(response.starts_with(b"HTTP/1.1 200 \r\n"));
    }
}

#[test]
fn the_end_of_the_server_ends_connections_that_stall() {
    let server = server();
    let mut stream = connect(&server);
    let request = request("response-that-stalls-in-the-body", "test-app-key");
    stream.write_all(request.as_bytes()).unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
    let start = Instant::now();
    drop(server);
    stream.read_to_end(&mut Vec::new()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn more_clients_than_there_are_places_wait_for_one() {
    let server = server();
    let mut idle: Vec<_> = (0..64).map(|_| connect(&server)).collect();
    let mut late = connect(&server);
    let request = request("question-in-camel-case", "test-app-key");
    late.write_all(request.as_bytes()).unwrap();
    late.set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    assert!(late.read(&mut [0]).is_err());
    idle.pop();
    late.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    assert_eq!(late.read(&mut [0]).unwrap(), 1);
}

#[test]
fn the_program_prints_its_url_and_ends_with_its_input() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_autoshares-case-server"))
        .args(["--until-stdin-closes", "--cases"])
        .arg(cases())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let url = lines.next().unwrap().unwrap();
    let url = url.strip_prefix("AUTOSHARES_CASES_URL=http://").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    // A client that stays must not keep it.
    let _client = TcpStream::connect(url).unwrap();
    drop(program.stdin.take());
    assert!(program.wait().unwrap().success());
}

#[test]
fn a_bad_table_or_argument_is_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let row = r#"{"id": "a", "call": "client_new", "args": [], "expect": {"code": "ASR_OK"}}"#;
    for (name, text, what) in [
        (
            "two",
            format!(r#"{{"requests": {{}}, "cases": [{row}, {row}]}}"#),
            "two of this id",
        ),
        (
            "key",
            format!(r#"{{"requests": {{}}, "cases": [], "more": {row}}}"#),
            "unknown field",
        ),
        (
            "id",
            format!(
                r#"{{"requests": {{}}, "cases": [{}]}}"#,
                row.replace("\"a\"", "\"A b\"")
            ),
            "kebab-case",
        ),
    ] {
        let file = folder.join(format!("{name}.json"));
        std::fs::write(&file, text).unwrap();
        let error = CaseServer::start(&file).unwrap_err().to_string();
        assert!(error.contains(what), "{what}: {error}");
    }
    let status = Command::new(env!("CARGO_BIN_EXE_autoshares-case-server"))
        .arg("--nonsense")
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
}
