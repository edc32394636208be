//! A user's calls over a way to the service, and the requests that each connection carried.

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use autoshares_reset::{Client, Code, Error};

pub use autoshares_test_support::call::Call;
use autoshares_test_support::certificates;
use autoshares_test_support::server::{Kind, Opening, Script, Server, Step, WAYS};
use autoshares_test_support::tagged::{self, smuggled, tag_in};

/// Long enough for sent data to arrive.
pub const A_MOMENT: Duration = Duration::from_millis(50);

pub const CONNECTED: &[u8] = b"HTTP/1.1 200 Connected\r\n\r\n";

pub const THROUGH_A_PROXY: [Kind; 4] = [WAYS[2], WAYS[3], WAYS[4], WAYS[5]];
pub const OVER_TLS: [Kind; 3] = [WAYS[1], WAYS[3], WAYS[5]];

pub use Call::{Code as Confirm, Password, Question, Reset};

pub const CALLS: [Call; 4] = [Question, Reset, Confirm, Password];

/// Makes the call for this user; returns the number in its outcome.
pub fn call(name: &str, client: &Client, call: Call, number: u32) -> Result<u32, Error> {
    match tagged::make(call, client, number) {
        Ok(Some(text)) => {
            Ok(tag_in(&text).unwrap_or_else(|| panic!("{name}: {text:?} has no tag")))
        }
        Ok(None) => panic!("{name}: a success where the service refused"),
        Err(e) => match tag_in(e.message()) {
            Some(number) => {
                let outcome = (e.code(), e.request_sent());
                assert_eq!(outcome, (Code::Rejected, true), "{name}");
                Ok(number)
            }
            None => Err(e),
        },
    }
}

/// A client and its server, whose connections begin with these scripts.
pub struct Case {
    pub name: String,
    pub server: Server,
    pub client: Client,
}

impl Case {
    pub fn new(name: String, kind: Kind, scripts: Vec<Script>) -> Self {
        let server = Server::start_tagging(kind, scripts);
        let mut config = server.config("key");
        config.set_timeout_ms(10_000);
        let client = certificates::trusting(config);
        Self {
            name,
            server,
            client,
        }
    }

    pub fn call(&self, which: Call, number: u32) -> Result<u32, Error> {
        call(&self.name, &self.client, which, number)
    }

    /// The call fails without a connection or a response, and no byte of its request is sent.
    pub fn fails_unsent(&self, which: Call, number: u32, code: Code) {
        let error = self.call(which, number).expect_err(&self.name);
        let outcome = (error.code(), error.request_sent());
        assert_eq!(outcome, (code, false), "{}: {error}", self.name);
    }

    pub fn gets_its_own(&self, which: Call, number: u32) {
        let tag = self.call(which, number);
        let tag = tag.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        assert_eq!(tag, number, "{}", self.name);
    }

    /// The numbers of the requests on each connection. It carried nothing else.
    pub fn carried(&self) -> Vec<Vec<u32>> {
        thread::sleep(A_MOMENT);
        assert_eq!(self.server.overheard("who-"), 0, "{}", self.name);
        let carried = self.server.carried().into_iter();
        carried.map(|bytes| requests(&self.name, &bytes)).collect()
    }

    /// The numbers of the requests on the first connection, and of those on later ones.
    pub fn carried_at_first_and_later(&self) -> (Vec<u32>, Vec<u32>) {
        let mut carried = self.carried();
        (carried.remove(0), carried.concat())
    }
}

fn requests(name: &str, mut bytes: &[u8]) -> Vec<u32> {
    let mut tags = Vec::new();
    while !bytes.is_empty() {
        let end = tagged::end_of(bytes);
        let end = end.unwrap_or_else(|| panic!("{name}: {:?}", String::from_utf8_lossy(bytes)));
        let (request, rest) = bytes.split_at(end);
        tags.push(tagged::tag_of(request).expect("a user's request"));
        bytes = rest;
    }
    tags
}

pub fn script(opening: Opening, steps: impl Into<Vec<Step>>) -> Script {
    Script {
        opening,
        steps: steps.into().into(),
    }
}

pub fn well(steps: impl Into<Vec<Step>>) -> Script {
    script(Opening::Well, steps)
}

/// A server, and the scripts of its first connections.
pub type Variant = (String, Vec<Script>);

pub fn variant(what: impl Into<String>, scripts: impl Into<Vec<Script>>) -> Variant {
    (what.into(), scripts.into())
}

/// A variant for each kind of unsolicited data.
pub fn variants(scripts: impl Fn(Vec<u8>) -> Vec<Script>) -> Vec<Variant> {
    let unsolicited = unsolicited().into_iter();
    unsolicited
        .map(|(what, bytes)| variant(what, scripts(bytes)))
        .collect()
}

/// The number of concurrent cases, which mostly wait.
const AT_ONCE: usize = 24;

/// Tries each of these calls over each of these ways with each variant.
pub fn over(ways: &[Kind], calls: &[Call], variants: &[Variant], test: impl Fn(Call, Case) + Sync) {
    let mut jobs = Vec::new();
    for (what, scripts) in variants {
        for &way in ways {
            for &call in calls {
                jobs.push((format!("{what}: {call:?}, {way:?}"), call, way, scripts));
            }
        }
    }
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let job = jobs.lock().unwrap().pop();
                    let Some((name, call, way, scripts)) = job else {
                        return;
                    };
                    test(call, Case::new(name, way, scripts.clone()));
                }
            });
        }
    });
}

/// The unsolicited data that a server may send.
fn unsolicited() -> [(&'static str, Vec<u8>); 6] {
    let twice = [smuggled(), smuggled()].concat();
    let late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
    [
        ("a response", smuggled()),
        ("two responses", twice),
        ("a part of a response", smuggled()[..30].into()),
        ("a byte", b"H".into()),
        ("a 100", b"HTTP/1.1 100 Continue\r\n\r\n".into()),
        ("a 408", late.into()),
    ]
}
