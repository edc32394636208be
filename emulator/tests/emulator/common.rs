//! Shared by the emulator's tests: a client that shows each response as it is, and raw connections.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use autoshares_emulator::{DEFAULT_APP_KEY, Emulator, Options};
use serde_json::{Value, json};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};
use ureq::http::request::Builder;
use ureq::http::{HeaderMap, Request};

pub const QUESTION: &str = "/v1.0/users/password/secret-question";
pub const RESET: &str = "/v1.0/users/password/reset";
pub const CODE: &str = "/v1.0/users/password/reset/code";
pub const IDENTIFIER_CODE: &str = "/v1.0/users/identifiers/reset/code";
pub const PASSWORD: &str = "/v1.0/users/passwords/reset/";

pub const HELLO: &str = "hello@autoshares.com";
pub const NO_QUESTION: &str = "noquestion@autoshares.com";
/// The password that every user has at the start.
pub const INITIAL_PASSWORD: &str = "Winter2025";

/// Long enough for a busy machine; a test that waits this long fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/../tests/fixtures/wire/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub fn start() -> Emulator {
    start_with(Options::default())
}

pub fn start_with(options: Options) -> Emulator {
    Emulator::start(options).unwrap()
}

/// HTTP and HTTPS on free ports.
pub fn with_https() -> Options {
    Options {
        https_port: Some(0),
        ..Options::default()
    }
}

/// The port of an emulator's URL.
pub fn port_of(url: &str) -> u16 {
    url.rsplit_once(':').unwrap().1.parse().unwrap()
}

pub struct Response {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The token of a confirmed code, or a question.
    pub fn model(&self) -> String {
        self.json()["Model"].as_str().unwrap().to_owned()
    }

    /// A refusal in the envelope: HTTP 200, one sentence, no code.
    #[track_caller]
    pub fn assert_refused(&self) {
        assert_eq!(self.status, 200, "{}", self.body);
        let body = self.json();
        assert_eq!(body["IsSucceed"], json!(false), "{body}");
        assert_eq!(body["Errors"].as_array().map(Vec::len), Some(1), "{body}");
        assert_eq!(body.get("ErrorsCode"), None, "{body}");
        assert_eq!(body.get("Model"), None, "{body}");
    }

    #[track_caller]
    pub fn assert_is(&self, status: u16, fixture_name: &str) {
        self.assert_json(status, &fixture(fixture_name));
    }

    #[track_caller]
    pub fn assert_json(&self, status: u16, body: &Value) {
        assert_eq!((self.status, &self.json()), (status, body));
    }

    #[track_caller]
    pub fn assert_succeeded(&self) {
        assert_eq!(self.json()["IsSucceed"], json!(true), "{}", self.body);
    }
}

pub struct Client {
    agent: ureq::Agent,
    base_url: String,
    key: Option<String>,
}

impl Client {
    pub fn of(emulator: &Emulator) -> Self {
        Client::new(emulator.base_url(), Some(DEFAULT_APP_KEY))
    }

    pub fn new(base_url: &str, key: Option<&str>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(PATIENCE));
        // Without this ureq refuses to send a body with a GET, which the emulator has to tolerate.
        let config = config.allow_non_standard_methods(true).build();
        Client {
            agent: config.into(),
            base_url: base_url.to_owned(),
            key: key.map(str::to_owned),
        }
    }

    pub fn send(&self, method: &str, target: &str, content_type: &str, body: &[u8]) -> Response {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.base_url));
        if !content_type.is_empty() {
            request = request.header("Content-Type", content_type);
        }
        self.run(request, body)
    }

    fn run(&self, mut request: Builder, body: &[u8]) -> Response {
        if let Some(key) = &self.key {
            request = request.header("Et-App-Key", key);
        }
        let mut response = if body.is_empty() {
            self.agent.run(request.body(()).unwrap()).unwrap()
        } else {
            self.agent.run(request.body(body).unwrap()).unwrap()
        };
        let body = response.body_mut().read_to_string().unwrap();
        Response {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
        }
    }

    pub fn get(&self, target: &str) -> Response {
        self.send("GET", target, "", b"")
    }

    pub fn json(&self, method: &str, target: &str, body: &Value) -> Response {
        self.send(
            method,
            target,
            "application/json",
            body.to_string().as_bytes(),
        )
    }

    pub fn question(&self, user: &str) -> Response {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("username", user)
            .finish();
        self.get(&format!("{QUESTION}?{query}"))
    }

    pub fn reset(&self, user: &str, answer: Option<&str>) -> Response {
        let mut body = json!({"User": user});
        if let Some(answer) = answer {
            body["SecretQuestionAnswer"] = json!(answer);
        }
        self.json("POST", RESET, &body)
    }

    pub fn confirm(&self, code: &str) -> Response {
        self.json("POST", CODE, &json!({"Code": code}))
    }

    /// Confirms a code by the second route.
    pub fn confirm_identifier(&self, code: &str) -> Response {
        let body = json!({"Code": code, "Identifier": "ResetPassword"});
        self.json("POST", IDENTIFIER_CODE, &body)
    }

    pub fn sign_in(&self, user: &str, password: &str) -> Response {
        let request = Request::post(format!("{}/token", self.base_url))
            .header("Username", user)
            .header("Password", password);
        self.run(request, b"")
    }

    pub fn password(&self, token: &str, password: &str, confirmation: &str) -> Response {
        let body =
            json!({"Token": token, "Password": password, "PasswordConfirmation": confirmation});
        self.json("PUT", PASSWORD, &body)
    }

    /// A code for the user without a question.
    pub fn fresh_code(&self, emulator: &Emulator) -> String {
        self.reset(NO_QUESTION, None)
            .assert_is(200, "reset-ok.json");
        emulator.last_code(NO_QUESTION).unwrap()
    }

    /// A token for the user without a question.
    pub fn fresh_token(&self, emulator: &Emulator) -> String {
        self.confirm(&self.fresh_code(emulator)).model()
    }
}

/// A code that differs from this one.
pub fn not(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

/// A raw connection, for bytes that no HTTP client would send.
pub fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.split_once("://").unwrap().1).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The same over TLS.
pub fn connect_tls(
    emulator: &Emulator,
    ca_pem: &str,
    name: &str,
    version: &'static SupportedProtocolVersion,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(session, connect(emulator.https_url().unwrap()))
}

/// Sends as much as the server accepts: it may respond and close before it has read everything.
pub fn send(stream: &mut impl Write, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

/// Reads until the connection ends. A reset counts as an end; a timeout fails the test.
#[track_caller]
pub fn read_to_end(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        let hung_up = [
            io::ErrorKind::ConnectionReset,
            io::ErrorKind::BrokenPipe,
            io::ErrorKind::UnexpectedEof,
        ];
        assert!(
            hung_up.contains(&error.kind()),
            "the server did not hang up: {error}"
        );
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The bytes of a question request. The connection stays open unless `connection` is `close`.
pub fn raw_question(connection: &str) -> String {
    format!(
        "GET {QUESTION}?username=robert.zak HTTP/1.1\r\nHost: localhost\r\nEt-App-Key: {DEFAULT_APP_KEY}\r\nConnection: {connection}\r\n\r\n"
    )
}

/// Asks for the question of `robert.zak` over an open connection and reads the response.
#[track_caller]
pub fn ask(stream: &mut (impl Read + Write)) {
    stream
        .write_all(raw_question("keep-alive").as_bytes())
        .unwrap();
    let mut read = String::new();
    let mut buffer = [0; 1024];
    while !read
        .ends_with(r#""Model":"What is your mother's maiden name?","Errors":[],"IsSucceed":true}"#)
    {
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the server hung up after {read:?}");
        read.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    assert!(read.starts_with("HTTP/1.1 200 OK\r\n"), "{read}");
}
