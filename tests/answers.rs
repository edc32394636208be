//! Every response belongs to its own request: users with a number each call in turn, over every
//! way that leads to a service, and whatever servers and proxies send unasked, each is told his own
//! number, or nothing. What each connection carried is read to the last byte.
#![cfg(target_os = "linux")]

mod support;
#[path = "support/system_calls.rs"]
mod system_calls;

use std::cell::RefCell;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use autoshares_reset::{Cancel, Client, Code, Error};
use rustls::version::{TLS12, TLS13};
use support::certificates;
use support::server::{HTTP, HTTPS, Kind, Opening, Script, Server, Step, Via};
use support::told::{self, smuggled, told_to, user};
use system_calls::{Watcher, let_time_pass, watch};

/// Long enough for what was sent to arrive.
const A_MOMENT: Duration = Duration::from_millis(50);

const CONNECTED: &[u8] = b"HTTP/1.1 200 Connected\r\n\r\n";

const fn through(via: Via, kind: Kind) -> Kind {
    Kind {
        proxy: Some(via),
        ..kind
    }
}

/// Every way to a service: directly, or through a proxy that is spoken to over TLS or not.
const WAYS: [Kind; 6] = [
    HTTP,
    HTTPS,
    through(Via::Plain, HTTP),
    through(Via::Plain, HTTPS),
    through(Via::Tls, HTTP),
    through(Via::Tls, HTTPS),
];
const THROUGH_A_PROXY: [Kind; 4] = [WAYS[2], WAYS[3], WAYS[4], WAYS[5]];
const OVER_TLS: [Kind; 3] = [WAYS[1], WAYS[3], WAYS[5]];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Question,
    Reset,
    Code,
    Password,
}
use Call::{Code as Confirm, Password, Question, Reset};

const CALLS: [Call; 4] = [Question, Reset, Confirm, Password];

/// Makes the call for this user, and reads out of its outcome who was told it.
fn call(name: &str, client: &Client, call: Call, number: u32) -> Result<u32, Error> {
    let user = user(number);
    let outcome = match call {
        Question => client.secret_question(&user),
        Reset => client.request_reset(&user, None).map(|()| None),
        Confirm => {
            let token = client.confirm_code(&user);
            token.map(|token| Some(token.expose().to_owned()))
        }
        Password => client.set_password(&user, "correct horse").map(|()| None),
    };
    match outcome {
        Ok(Some(text)) => Ok(told_to(&text).unwrap_or_else(|| panic!("{name}: told {text:?}"))),
        Ok(None) => panic!("{name}: a success that the service never gave"),
        Err(e) => match told_to(e.message()) {
            Some(number) => {
                let came = (e.code(), e.request_sent());
                assert_eq!(came, (Code::Rejected, true), "{name}");
                Ok(number)
            }
            None => Err(e),
        },
    }
}

/// A client and the server that it is led to, whose connections begin with these scripts.
struct Case {
    name: String,
    server: Server,
    client: Client,
}

impl Case {
    fn new(name: String, kind: Kind, scripts: Vec<Script>) -> Self {
        let server = Server::start_telling(kind, scripts);
        let mut config = server.config("key");
        config.set_timeout_ms(10_000);
        let client = certificates::trusting(config);
        Self {
            name,
            server,
            client,
        }
    }

    fn call(&self, which: Call, number: u32) -> Result<u32, Error> {
        call(&self.name, &self.client, which, number)
    }

    /// The call ends for want of a connection or of a response, and nothing of it is sent.
    fn fails_unsent(&self, which: Call, number: u32, code: Code) {
        let error = self.call(which, number).expect_err(&self.name);
        let came = (error.code(), error.request_sent());
        assert_eq!(came, (code, false), "{}: {error}", self.name);
    }

    fn is_told_its_own(&self, which: Call, number: u32) {
        let told = self.call(which, number);
        let told = told.unwrap_or_else(|e| panic!("{}: {e}", self.name));
        assert_eq!(told, number, "{}", self.name);
    }

    /// Whose requests each connection carried. They were all of what it carried.
    fn carried(&self) -> Vec<Vec<u32>> {
        thread::sleep(A_MOMENT);
        assert_eq!(self.server.overheard("who-"), 0, "{}", self.name);
        let carried = self.server.carried().into_iter();
        carried.map(|bytes| requests(&self.name, &bytes)).collect()
    }

    /// Those that came on the first connection, and those that came later.
    fn carried_at_first_and_later(&self) -> (Vec<u32>, Vec<u32>) {
        let mut carried = self.carried();
        (carried.remove(0), carried.concat())
    }
}

fn requests(name: &str, mut bytes: &[u8]) -> Vec<u32> {
    let mut whose = Vec::new();
    while !bytes.is_empty() {
        let end = told::end_of(bytes);
        let end = end.unwrap_or_else(|| panic!("{name}: {:?}", String::from_utf8_lossy(bytes)));
        let (request, rest) = bytes.split_at(end);
        whose.push(told::whose(request).expect("a user's request"));
        bytes = rest;
    }
    whose
}

fn script(opening: Opening, steps: impl Into<Vec<Step>>) -> Script {
    Script {
        opening,
        steps: steps.into().into(),
    }
}

fn well(steps: impl Into<Vec<Step>>) -> Script {
    script(Opening::Well, steps)
}

/// What a server does, and the scripts of its first connections.
type Variant = (String, Vec<Script>);

fn variant(what: impl Into<String>, scripts: impl Into<Vec<Script>>) -> Variant {
    (what.into(), scripts.into())
}

/// A variant for each thing that a server may send unasked.
fn variants(scripts: impl Fn(Vec<u8>) -> Vec<Script>) -> Vec<Variant> {
    let unasked = unasked().into_iter();
    unasked
        .map(|(what, bytes)| variant(what, scripts(bytes)))
        .collect()
}

/// How many cases are tried at one time. Most wait for something most of the time.
const AT_ONCE: usize = 24;

/// Tries each of these calls over each of these ways with each variant.
fn over(ways: &[Kind], calls: &[Call], variants: &[Variant], test: impl Fn(Call, Case) + Sync) {
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

/// What a server may send without having been asked.
fn unasked() -> [(&'static str, Vec<u8>); 6] {
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

#[test]
fn every_call_is_told_its_own_over_every_way() {
    over(
        &WAYS,
        &CALLS,
        &[variant("all is well", [])],
        |which, case| {
            case.is_told_its_own(which, 1);
            case.is_told_its_own(Question, 2);
            case.is_told_its_own(which, 3);
            assert_eq!(case.carried().concat(), [1, 2, 3]);
        },
    );
}

#[test]
fn informational_responses_come_before_the_real_one() {
    let hints = Step::Send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".into());
    let go_on = Step::Send(b"HTTP/1.1 100 Continue\r\n\r\n".into());
    let scripts = [well([
        Step::Read,
        go_on,
        hints,
        Step::Wait(A_MOMENT),
        Step::Tell,
    ])];
    over(
        &WAYS,
        &CALLS,
        &[variant("a 100 and a 103", scripts)],
        |which, case| {
            case.is_told_its_own(which, 1);
            case.is_told_its_own(Question, 2);
            assert_eq!(case.carried().concat(), [1, 2]);
        },
    );
}

#[test]
fn not_one_byte_may_follow_a_proxys_response_to_connect() {
    let variants = variants(|bytes| {
        let response = [CONNECTED, &bytes].concat();
        vec![script(Opening::Connect(response), [])]
    });
    over(&THROUGH_A_PROXY, &CALLS, &variants, |which, case| {
        case.fails_unsent(which, 1, Code::ConnectFailed);
        case.is_told_its_own(Question, 2);
        case.is_told_its_own(which, 3);
        assert_eq!(case.carried(), [vec![], vec![2, 3]], "{}", case.name);
    });
}

/// Holds the library up before it looks or sends, until the server has done the script of that
/// connection, or for a moment: what the server waits for may be what is held up.
struct Held {
    case: Rc<Case>,
    scripts: usize,
    connections: usize,
}

impl Held {
    fn new(case: &Rc<Case>, scripts: usize) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            case: case.clone(),
            scripts,
            connections: 0,
        }))
    }

    fn wait(&self, at_most: Duration) {
        let until = Instant::now() + at_most;
        let wanted = self.scripts.min(self.connections);
        while self.case.server.at_the_end() < wanted && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Watcher for Held {
    fn connected(&mut self, _: RawFd) {
        self.connections += 1;
    }

    fn receives(&mut self, _: RawFd, waits: bool) -> io::Result<()> {
        if !waits {
            self.wait(6 * A_MOMENT);
        }
        Ok(())
    }

    fn sends(&mut self, _: RawFd, bytes: usize, _: bool) -> io::Result<usize> {
        self.wait(2 * A_MOMENT);
        Ok(bytes)
    }
}

#[test]
fn nor_may_it_follow_later_as_long_as_this_side_has_not_spoken() {
    let variants = variants(|bytes| {
        let connected = Step::Send(CONNECTED.into());
        let (pause, late) = (Step::Wait(A_MOMENT), Step::Send(bytes));
        let steps = [Step::Read, connected, pause, late, Step::Hold];
        vec![script(Opening::ToProxy, steps)]
    });
    over(&THROUGH_A_PROXY, &CALLS, &variants, |which, case| {
        let case = Rc::new(case);
        let watch = watch(&Held::new(&case, 1));
        case.fails_unsent(which, 1, Code::ConnectFailed);
        drop(watch);
        case.is_told_its_own(Question, 2);
        case.is_told_its_own(which, 3);
        assert_eq!(case.carried(), [vec![], vec![2, 3]], "{}", case.name);
    });
}

/// Something lies on one new connection: a question is asked on another one, and no other call is.
fn something_lies_on_one(which: Call, case: Case) {
    let case = Rc::new(case);
    let watch = watch(&Held::new(&case, 1));
    if which == Question {
        case.is_told_its_own(which, 1);
    } else {
        case.fails_unsent(which, 1, Code::ConnectionLost);
    }
    drop(watch);
    case.is_told_its_own(Question, 2);
    case.is_told_its_own(which, 3);
    let first = if which == Question { vec![1] } else { vec![] };
    let all = [first, vec![2, 3]].concat();
    assert_eq!(case.carried(), [vec![], all], "{}", case.name);
}

/// And on the next one too.
fn something_lies_on_two(which: Call, case: Case) {
    let case = Rc::new(case);
    let watch = watch(&Held::new(&case, 2));
    case.fails_unsent(which, 1, Code::ConnectionLost);
    drop(watch);
    case.is_told_its_own(which, 2);
    assert_eq!(case.carried(), [vec![], vec![], vec![2]], "{}", case.name);
}

#[test]
fn what_comes_with_the_servers_finished_answers_nothing() {
    for version in [&TLS12, &TLS13] {
        let early = |bytes| {
            let opening = Opening::Early(certificates::early(version), bytes);
            script(opening, [Step::Wait(Duration::ZERO)])
        };
        let once = variants(|bytes| vec![early(bytes)]);
        over(&OVER_TLS, &CALLS, &once, something_lies_on_one);
        let twice = variants(|bytes| vec![early(bytes.clone()), early(bytes)]);
        over(&OVER_TLS, &[Question], &twice, something_lies_on_two);
    }
}

#[test]
fn what_a_plain_server_sends_before_it_has_read_a_byte_answers_nothing() {
    let eager = |bytes| well([Step::Send(bytes), Step::Wait(Duration::ZERO)]);
    let once = variants(|bytes| vec![eager(bytes)]);
    over(&[HTTP], &CALLS, &once, something_lies_on_one);
    let twice = variants(|bytes| vec![eager(bytes.clone()), eager(bytes)]);
    over(&[HTTP], &[Question], &twice, something_lies_on_two);
}

#[test]
fn what_lies_on_a_kept_connection_answers_nothing() {
    let variants = variants(|bytes| {
        let late = [
            Step::Wait(A_MOMENT),
            Step::Send(bytes),
            Step::Wait(Duration::ZERO),
        ];
        vec![well([&[Step::Read, Step::Tell], &late[..]].concat())]
    });
    over(&WAYS, &CALLS, &variants, |which, case| {
        case.is_told_its_own(Question, 1);
        case.server.await_the_end();
        case.is_told_its_own(which, 2);
        case.is_told_its_own(Question, 3);
        let (first, later) = case.carried_at_first_and_later();
        assert_eq!((first, later), (vec![1], vec![2, 3]), "{}", case.name);
    });
}

/// Does something when the library looks for what has arrived, once.
struct AtTheLook<F>(Option<F>);

impl<F: FnOnce()> Watcher for AtTheLook<F> {
    fn receives(&mut self, _: RawFd, waits: bool) -> io::Result<()> {
        if let Some(act) = (!waits).then(|| self.0.take()).flatten() {
            act();
        }
        Ok(())
    }
}

#[test]
fn a_call_that_ends_while_its_connection_is_looked_at_sends_nothing() {
    over(&WAYS, &CALLS, &[variant("cancelled", [])], |which, case| {
        case.is_told_its_own(Question, 1);
        let cancel = Cancel::new();
        let trigger = cancel.clone();
        let look = Rc::new(RefCell::new(AtTheLook(Some(move || trigger.trigger()))));
        let watch = watch(&look);
        let error = call(&case.name, &case.client.with_cancel(&cancel), which, 2).unwrap_err();
        drop(watch);
        let came = (error.code(), error.request_sent());
        assert_eq!(came, (Code::Cancelled, false), "{}", case.name);
        case.is_told_its_own(Question, 3);
        assert_eq!(case.carried().concat(), [1, 3], "{}", case.name);
    });
    over(&WAYS, &CALLS, &[variant("suspended", [])], |which, case| {
        case.is_told_its_own(Question, 1);
        let suspend = || let_time_pass(Duration::from_secs(11));
        let watch = watch(&Rc::new(RefCell::new(AtTheLook(Some(suspend)))));
        case.fails_unsent(which, 2, Code::Timeout);
        drop(watch);
        case.is_told_its_own(Question, 3);
        assert_eq!(case.carried().concat(), [1, 3], "{}", case.name);
    });
}

/// Makes one `send` fail, after so many that go well.
struct Failing {
    after: Option<usize>,
}

impl Watcher for Failing {
    fn sends(&mut self, _: RawFd, bytes: usize, _: bool) -> io::Result<usize> {
        match self.after {
            Some(0) => {
                self.after = None;
                Err(io::Error::from_raw_os_error(libc::ENOBUFS))
            }
            after => {
                self.after = after.map(|after| after - 1);
                Ok(bytes)
            }
        }
    }
}

#[test]
fn a_send_that_fails_is_told_as_it_was_and_sends_nothing_later() {
    for is_kept in [true, false] {
        for after in 0..6 {
            let what = format!("kept: {is_kept}, a failure after {after} sends");
            over(&WAYS, &CALLS, &[variant(what, [])], |which, case| {
                if is_kept {
                    case.is_told_its_own(Question, 1);
                }
                let watch = watch(&Rc::new(RefCell::new(Failing { after: Some(after) })));
                let sent = match case.call(which, 2) {
                    Ok(told) => {
                        assert_eq!(told, 2, "{}", case.name);
                        true
                    }
                    Err(error) => error.request_sent(),
                };
                drop(watch);
                let expected = [vec![1; is_kept.into()], vec![2; sent.into()]].concat();
                assert_eq!(case.carried().concat(), expected, "{}", case.name);
                case.is_told_its_own(Question, 3);
                let expected = [expected, vec![3]].concat();
                assert_eq!(case.carried().concat(), expected, "{}", case.name);
            });
        }
    }
}

/// A body in one chunk, whose size is written so.
fn chunk(size: &str) -> String {
    let body = r#"{"IsSucceed":true,"Model":"told to 1"}"#;
    assert_eq!(body.len(), 0x26);
    format!("{size}\r\n{body}\r\n0\r\n\r\n")
}

#[test]
fn a_response_of_doubtful_length_answers_nothing_and_ends_its_connection() {
    let chunked = "Transfer-Encoding: chunked";
    let mut doubtful = vec![
        (format!("{chunked}\r\nContent-Length: 3"), chunk("26")),
        (format!("Content-Length: 53\r\n{chunked}"), chunk("26")),
        ("Transfer-Encoding: gzip, chunked".into(), chunk("26")),
        ("Transfer-Encoding: chunked, chunked".into(), chunk("26")),
        ("Transfer-Encoding: chunked, identity".into(), chunk("26")),
        (format!("{chunked}\r\n{chunked}"), chunk("26")),
        (
            format!("{chunked}\r\nTransfer-Encoding: identity"),
            chunk("26"),
        ),
        ("Transfer-Encoding: xchunked".into(), chunk("26")),
        (
            "Transfer-Encoding: identity\r\nContent-Length: 3".into(),
            "{}\n".into(),
        ),
        (
            "Transfer-Encoding: \r\nContent-Length: 3".into(),
            "{}\n".into(),
        ),
    ];
    for size in [
        "+26",
        " 26",
        "\t26",
        "\u{a0}26",
        "00000000000000026",
        "0x26",
        "2 6",
        "-26",
    ] {
        doubtful.push((chunked.into(), chunk(size)));
    }
    let variants = doubtful.into_iter().map(|(fields, body)| {
        let header = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}");
        let bytes = [header.as_bytes(), &smuggled()].concat();
        let what = format!("{fields:?} {:?}", &body[..3]);
        variant(what, [well([Step::Read, Step::Send(bytes)])])
    });
    let variants: Vec<Variant> = variants.collect();
    over(
        &WAYS,
        &[Question, Reset, Password],
        &variants,
        |which, case| {
            let error = case.call(which, 1).expect_err(&case.name);
            let came = (error.code(), error.request_sent());
            assert_eq!(came, (Code::InvalidResponse, true), "{}", case.name);
            case.is_told_its_own(Question, 2);
            case.is_told_its_own(which, 3);
            let (first, later) = case.carried_at_first_and_later();
            assert_eq!((first, later), (vec![1], vec![2, 3]), "{}", case.name);
        },
    );
}

#[test]
fn a_chunk_may_have_a_long_size_and_a_longer_extension() {
    let extension = "x".repeat(5000);
    let sizes = [
        "26",
        "0000000000000026",
        "26;a=b",
        "26;a-name-of-more-than-20-characters",
        "26; a = \"b\"",
    ];
    let sizes = sizes.map(str::to_owned).into_iter();
    let variants = sizes.chain([format!("26;{extension}")]).map(|size| {
        let header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let response = format!("{header}{}", chunk(&size));
        let step = Step::Send(response.into());
        variant(size, [well([Step::Read, step])])
    });
    let variants: Vec<Variant> = variants.collect();
    over(&WAYS, &[Question], &variants, |which, case| {
        case.is_told_its_own(which, 1);
        case.is_told_its_own(Question, 2);
        assert_eq!(case.carried(), [[1, 2]], "{}", case.name);
    });
}

/// A proxy's good response with so many fields, of so many bytes in all.
fn connected_with(fields: usize, size: usize) -> Vec<u8> {
    let mut response = b"HTTP/1.1 200 Connected\r\n".to_vec();
    for index in 0..fields - 1 {
        response.extend(format!("X-{index}: y\r\n").bytes());
    }
    let last = b"X-Last: ".len() + b"\r\n\r\n".len();
    let rest = size.saturating_sub(response.len() + last);
    response.extend(format!("X-Last: {}\r\n\r\n", "z".repeat(rest)).bytes());
    response
}

#[test]
fn a_proxys_response_may_have_as_many_fields_as_proxies_send() {
    let variants = |sizes: &[(usize, usize)]| -> Vec<Variant> {
        let variants = sizes.iter().map(|&(fields, size)| {
            let opening = Opening::Connect(connected_with(fields, size));
            variant(
                format!("{fields} fields, {size} bytes"),
                [script(opening, [])],
            )
        });
        variants.collect()
    };
    let good = variants(&[(1, 0), (25, 0), (128, 0), (1, 15_000), (100, 16 * 1024)]);
    over(&THROUGH_A_PROXY, &CALLS, &good, |which, case| {
        case.is_told_its_own(which, 1);
        case.is_told_its_own(Question, 2);
        assert_eq!(case.carried().concat(), [1, 2], "{}", case.name);
    });
    let bad = variants(&[(129, 0), (1, 16 * 1024 + 1), (1, 17_000), (100, 100_000)]);
    over(&THROUGH_A_PROXY, &CALLS, &bad, |which, case| {
        case.fails_unsent(which, 1, Code::ConnectFailed);
        case.is_told_its_own(Question, 2);
        assert_eq!(case.carried().concat(), [2], "{}", case.name);
    });
}
