//! A row of the table: the actions of a server, and the expected outcome.

use std::sync::Arc;
use std::time::Duration;

use autoshares_reset::Code;

pub use autoshares_test_support::call::Call;
use autoshares_test_support::certificates::Config;
use autoshares_test_support::server::{Opening, QUESTION, Script, Step, http_response};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

pub const BOTH: &[Scheme] = &[Scheme::Http, Scheme::Https];
pub const HTTP: &[Scheme] = &[Scheme::Http];
pub const HTTPS: &[Scheme] = &[Scheme::Https];

/// The system's error on a port without a listener.
pub const REFUSED: i32 = if cfg!(windows) {
    10061
} else {
    libc::ECONNREFUSED
};

/// The destination of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// To a server on 127.0.0.1.
    Server,
    /// To a server with a minimal receive buffer.
    NarrowServer,
    /// To a server on ::1.
    ServerV6,
    /// To `localhost`, where a server listens on ::1 alone.
    Localhost,
    /// To `target.invalid`, through a server that is the proxy.
    Proxy,
    /// To the same, through a proxy over TLS.
    SecureProxy,
    /// To a port that refuses connections, or one that does not respond.
    Refusing,
    RefusingV6,
    Full,
    RefusingProxy,
    FullProxy,
    /// To a host that does not exist, so that no later call succeeds either.
    Nowhere(&'static str),
}

pub struct Row {
    pub name: String,
    pub place: Place,
    pub script: Script,
    pub schemes: &'static [Scheme],
    pub calls: &'static [Call],
    pub expect: Expect,
    pub timeout: Duration,
    pub connect_timeout: Duration,
}

/// Only a stalled call takes so long.
const LONG: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_millis(600);
const CONNECT_TIMEOUT: Duration = Duration::from_millis(400);

/// A row whose server reads the request and then takes these steps.
pub fn row(name: impl Into<String>, steps: impl Into<Steps>, expect: Expect) -> Row {
    let mut all = vec![Step::Read];
    all.extend(steps.into().0);
    Row {
        script: Script {
            opening: Opening::Well,
            steps: all.into(),
        },
        ..place(name, Place::Server, expect)
    }
}

/// A row whose server takes these steps on the bare connection, before any request or handshake.
pub fn raw(name: impl Into<String>, steps: impl Into<Steps>, expect: Expect) -> Row {
    Row {
        script: Script {
            opening: Opening::Raw,
            steps: steps.into().0.into(),
        },
        ..place(name, Place::Server, expect)
    }
}

/// A row whose server performs this handshake and then responds correctly.
pub fn handshake(name: impl Into<String>, config: Config, expect: Expect) -> Row {
    Row {
        script: Script {
            opening: Opening::Tls(config),
            steps: Arc::default(),
        },
        ..place(name, Place::Server, expect).over(HTTPS)
    }
}

pub fn place(name: impl Into<String>, place: Place, expect: Expect) -> Row {
    Row {
        name: name.into(),
        place,
        script: Script::default(),
        schemes: BOTH,
        calls: &[Call::Question, Call::Reset, Call::Password],
        expect,
        timeout: LONG,
        connect_timeout: LONG,
    }
}

impl Row {
    pub fn over(self, schemes: &'static [Scheme]) -> Self {
        Self { schemes, ..self }
    }

    pub fn only(self, calls: &'static [Call]) -> Self {
        Self { calls, ..self }
    }

    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// A short time for the whole call.
    pub fn hurried(self) -> Self {
        Self {
            timeout: TIMEOUT,
            ..self
        }
    }

    /// A short time to connect.
    pub fn hurried_to_connect(self) -> Self {
        Self {
            connect_timeout: CONNECT_TIMEOUT,
            ..self
        }
    }
}

/// Steps, written as one step, as several, or as the data to send.
pub struct Steps(Vec<Step>);

impl From<Step> for Steps {
    fn from(step: Step) -> Self {
        Self(vec![step])
    }
}

impl From<Vec<Step>> for Steps {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps)
    }
}

impl<const N: usize> From<[Step; N]> for Steps {
    fn from(steps: [Step; N]) -> Self {
        Self(steps.into())
    }
}

impl From<Vec<u8>> for Steps {
    fn from(bytes: Vec<u8>) -> Self {
        Step::Send(bytes).into()
    }
}

impl From<&str> for Steps {
    fn from(text: &str) -> Self {
        send(text).into()
    }
}

pub fn send(text: impl AsRef<[u8]>) -> Step {
    Step::Send(text.as_ref().to_vec())
}

pub fn wait(milliseconds: u64) -> Step {
    Step::Wait(Duration::from_millis(milliseconds))
}

/// A response of 200 with this body.
pub fn body(text: impl AsRef<str>) -> Vec<u8> {
    http_response("200 OK", text.as_ref())
}

/// The expected outcome of a row.
#[derive(Clone)]
pub struct Expect {
    /// `None`: the call is done.
    pub code: Option<Code>,
    pub question: Option<&'static str>,
    pub http_status: Option<u16>,
    pub any_status: bool,
    /// `None`: it depends on timing.
    pub sent: Option<bool>,
    pub message_has: Vec<String>,
    /// Words of the details.
    pub details_has: Vec<String>,
    pub retry_after: Option<Seconds>,
    pub os_error: Option<i32>,
}

#[derive(Clone, Copy)]
pub enum Seconds {
    Exactly(u32),
    /// The seconds until this Unix time.
    Until(u64),
}

pub fn done() -> Expect {
    Expect {
        code: None,
        question: Some(QUESTION),
        http_status: None,
        any_status: false,
        sent: Some(true),
        message_has: Vec::new(),
        details_has: Vec::new(),
        retry_after: None,
        os_error: None,
    }
}

pub fn no_question() -> Expect {
    Expect {
        question: None,
        ..done()
    }
}

/// A failure, with the status that arrived before it, or 0.
pub fn fails(code: Code, http_status: u16) -> Expect {
    Expect {
        code: Some(code),
        http_status: (http_status != 0).then_some(http_status),
        ..no_question()
    }
}

pub fn invalid(http_status: u16) -> Expect {
    fails(Code::InvalidResponse, http_status)
}

pub fn lost(http_status: u16) -> Expect {
    fails(Code::ConnectionLost, http_status)
}

pub fn late(http_status: u16) -> Expect {
    fails(Code::Timeout, http_status)
}

/// A failure before any of the request left.
pub fn no(code: Code) -> Expect {
    fails(code, 0).unsent()
}

impl Expect {
    pub fn message_has(mut self, words: impl Into<String>) -> Self {
        self.message_has.push(words.into());
        self
    }

    pub fn details_has(mut self, words: impl Into<String>) -> Self {
        self.details_has.push(words.into());
        self
    }

    pub fn sent_or_not(self) -> Self {
        Self { sent: None, ..self }
    }

    pub fn unsent(self) -> Self {
        Self {
            sent: Some(false),
            ..self
        }
    }

    /// The contract does not say whether the header was well formed.
    pub fn any_status(self) -> Self {
        Self {
            any_status: true,
            ..self
        }
    }

    pub fn retry_after(self, seconds: Seconds) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    pub fn os_error(self, number: i32) -> Self {
        Self {
            os_error: Some(number),
            ..self
        }
    }
}
