//! Runs a row with each of its calls over each of its schemes, and checks it against the
//! rules for every row.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use autoshares_reset::{Client, Code, Config};

use crate::row::{Call, Expect, Place, Row, Scheme, Seconds};
use autoshares_test_support::call::{Outcome, Texts};
use autoshares_test_support::certificates;
use autoshares_test_support::ports::{Closed, DECOY};
use autoshares_test_support::server::{self, Kind, QUESTION, Server, Via};

const KEY: &str = "the-app-key-of-the-fault-suite";
const USER: &str = "faulty.user";
const LATER_USER: &str = "later.user";
const ANSWER: &str = "answer-of-the-fault-suite";
const TOKEN: &str = "token-of-the-fault-suite";
const PASSWORD: &str = "password-of-the-fault-suite";
const CODE: &str = "741175";
const PROXY_PASSWORD: &str = "password-of-the-proxy";

const SECRETS: [&str; 8] = [
    KEY,
    USER,
    LATER_USER,
    ANSWER,
    TOKEN,
    PASSWORD,
    CODE,
    PROXY_PASSWORD,
];

/// The largest accepted distance of a call from its deadline.
const TOLERANCE: Duration = Duration::from_millis(250);

/// The largest accepted growth of this process, servers included.
const MEMORY_KIB: u64 = 128 * 1024;

/// A failed check.
pub enum Failure {
    Wrong(String),
    /// It took too long, perhaps because the machine is busy.
    Late(String),
}
use Failure::{Late, Wrong};

impl Failure {
    pub fn is_late(&self) -> bool {
        matches!(self, Late(_))
    }
}

/// One call of a row.
pub struct Run<'a> {
    pub row: &'a Row,
    pub scheme: Scheme,
    pub call: Call,
}

pub fn runs(row: &Row) -> impl Iterator<Item = Run<'_>> {
    row.schemes
        .iter()
        .flat_map(move |&scheme| row.calls.iter().map(move |&call| Run { row, scheme, call }))
}

impl std::fmt::Display for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?}, {:?})", self.row.name, self.scheme, self.call)
    }
}

/// The servers of the client, now and once the fault is over.
enum Peer {
    Server(Server),
    Closed(Closed),
    None,
}

impl Peer {
    fn address(&self) -> Option<SocketAddr> {
        match self {
            Peer::Server(server) => Some(server.address()),
            Peer::Closed(closed) => Some(closed.address()),
            Peer::None => None,
        }
    }
}

impl Run<'_> {
    /// The failures. A panic is one too, and does not end the suite.
    pub fn failures(&self) -> Vec<Failure> {
        let judged = catch_unwind(AssertUnwindSafe(|| self.judge()));
        judged.unwrap_or_else(|_| vec![Wrong("a panic".into())])
    }

    fn judge(&self) -> Vec<Failure> {
        let row = self.row;
        let kind = self.kind();
        let mut peer = match row.place {
            Place::Nowhere(_) => Peer::None,
            Place::Refusing | Place::RefusingProxy | Place::RefusingV6 => {
                Peer::Closed(Closed::refusing(kind.ip))
            }
            Place::Full | Place::FullProxy => Peer::Closed(Closed::full(kind.ip)),
            Place::NarrowServer => {
                Peer::Server(Server::start_narrow(kind, vec![row.script.clone()]))
            }
            _ => Peer::Server(Server::start(kind, vec![row.script.clone()])),
        };
        let client = certificates::trusting(self.config(&peer));
        let started = Instant::now();
        let outcome = self.call.make(&client, &texts(USER));
        let took = started.elapsed();

        let is_over = matches!(&outcome, Err(e) if e.code() == Code::Timeout);
        let differences = differences(&row.expect, self.call, &outcome).into_iter();
        // On a busy machine the time may be over before anything has happened.
        let mut found: Vec<_> = differences
            .map(if is_over { Late } else { Wrong })
            .collect();
        found.extend(self.judge_details(&peer, &outcome));
        found.extend(self.judge_time(&outcome, took));
        if let Peer::Closed(closed) = peer {
            peer = Peer::Server(closed.open(kind));
        }
        found.extend(self.call_again(&client, &outcome));
        if let Peer::Server(server) = &peer {
            found.extend(self.leaks(server, &outcome));
        }
        if DECOY.visits() > 0 {
            found.push(Wrong("another host was connected to".into()));
        }
        found.extend(grown_memory());
        found
    }

    fn kind(&self) -> Kind {
        let ip = match self.row.place {
            Place::ServerV6 | Place::Localhost | Place::RefusingV6 => server::LOCALHOST_V6,
            _ => server::HTTP.ip,
        };
        let proxy = match self.row.place {
            Place::Proxy | Place::RefusingProxy | Place::FullProxy => Some(Via::Plain),
            Place::SecureProxy => Some(Via::Tls),
            _ => None,
        };
        Kind {
            https: self.scheme == Scheme::Https,
            proxy,
            ip,
        }
    }

    fn scheme_name(&self) -> &'static str {
        match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    fn host(&self, peer: &Peer) -> String {
        match (self.row.place, peer.address().map(|address| address.ip())) {
            (Place::Nowhere(host), _) => host.to_owned(),
            (Place::Localhost, _) => "localhost".to_owned(),
            (_, Some(_)) if self.kind().proxy.is_some() => "target.invalid".to_owned(),
            (_, Some(IpAddr::V6(ip))) => format!("[{ip}]"),
            (_, Some(ip)) => ip.to_string(),
            (_, None) => unreachable!(),
        }
    }

    fn config(&self, peer: &Peer) -> Config {
        let (via, address) = (self.kind().proxy, peer.address());
        let port = address
            .filter(|_| via.is_none())
            .map_or(String::new(), |address| format!(":{}", address.port()));
        let url = format!("{}://{}{port}", self.scheme_name(), self.host(peer));
        let mut config = Config::new(url.as_str(), KEY);
        config.set_allow_http(true);
        config.set_timeout_ms(self.row.timeout.as_millis() as u32);
        config.set_connect_timeout_ms(self.row.connect_timeout.as_millis() as u32);
        config.set_proxy("");
        if let (Some(via), Some(address)) = (via, address) {
            let scheme = if via == Via::Tls { "https" } else { "http" };
            config.set_proxy(format!("{scheme}://user:{PROXY_PASSWORD}@{address}").as_str());
        }
        config
    }

    /// The details tell support the destination of the call, and the step at which it failed.
    fn judge_details(&self, peer: &Peer, outcome: &Outcome) -> Option<Failure> {
        let Err(error) = outcome else { return None };
        let details = error.details();
        let mut missing: Vec<String> = Vec::new();
        let mut want = |words: String| {
            if !details.contains(&words) {
                missing.push(words);
            }
        };
        want(format!("autoshares-reset {}", env!("CARGO_PKG_VERSION")));
        want(format!("outcome: {:?}", error.code()));
        let (proxy, host) = (self.kind().proxy, self.host(peer));
        want(format!("service: {}, {host}, port ", self.scheme_name()));
        if let Some(address) = peer.address() {
            let port = address.port();
            want(match proxy {
                None => format!(", port {port}\nproxy: none\n"),
                Some(_) => format!("proxy: {}, port {port}, from the setting", address.ip()),
            });
            if !error.request_sent() {
                want(format!("{address}: "));
            }
        }
        if matches!(error.code(), Code::ResolveFailed | Code::ConnectFailed)
            && !error.request_sent()
        {
            want("connection: none\n".into());
        }
        if error.http_status().is_none() {
            let ends = [": failed", ": no response after "];
            if !ends.iter().any(|end| details.contains(end)) {
                want("the step that failed".into());
            }
        }
        self.row.expect.details_has.iter().cloned().for_each(want);
        let secrets = SECRETS.into_iter().chain(["username="]);
        let leaked = secrets.filter(|secret| details.contains(secret));
        missing.extend(leaked.map(|secret| format!("{secret} left out")));
        let wrong = || Wrong(format!("the details want {missing:?}: {details}"));
        (!missing.is_empty()).then(wrong)
    }

    /// Both deadlines are kept, also the one that the row does not reach.
    fn judge_time(&self, outcome: &Outcome, took: Duration) -> Option<Failure> {
        let row = self.row;
        let limit = row.timeout.min(row.connect_timeout);
        let ran_out = matches!(outcome, Err(e) if e.code() == Code::Timeout)
            && row.expect.http_status != Some(408);
        if ran_out && took < limit {
            return Some(Wrong(format!(
                "gave up after {took:?}, before its {limit:?}"
            )));
        }
        let limit = if ran_out { limit } else { row.timeout };
        (took > limit + TOLERANCE)
            .then(|| Late(format!("took {took:?} where {limit:?} are allowed")))
    }

    /// The client is as usable as before; without a server, it fails again in the same way.
    fn call_again(&self, client: &Client, before: &Outcome) -> Option<Failure> {
        let again = Call::Question.make(client, &texts(LATER_USER));
        let is_good = match (&again, before) {
            (Err(again), Err(before)) if matches!(self.row.place, Place::Nowhere(_)) => {
                again.code() == before.code()
            }
            (again, _) => again.as_ref().is_ok_and(|q| q.as_deref() == Some(QUESTION)),
        };
        let failure = format!("the next call on the client: {again:?}");
        match again {
            _ if is_good => None,
            Err(e) if e.code() == Code::Timeout => Some(Late(failure)),
            _ => Some(Wrong(failure)),
        }
    }

    /// The request arrived at most once, and the key only at the configured host.
    fn leaks(&self, server: &Server, outcome: &Outcome) -> Option<Failure> {
        let line = match self.call {
            Call::Question => format!("secret-question?username={USER} "),
            Call::Reset | Call::Code => "POST /".to_owned(),
            Call::Password | Call::LongPassword => "PUT /".to_owned(),
        };
        let came = server.heard(&line);
        let may_have_come = match outcome {
            Err(e) if !e.request_sent() => 0,
            _ => 1,
        };
        if came > may_have_come {
            return Some(Wrong(format!("the request came {came} times")));
        }
        // If it were not found here, its absence elsewhere would prove nothing.
        if came == 1 && server.heard(KEY) == 0 && self.row.expect.code.is_none() {
            return Some(Wrong("the app key did not come with the request".into()));
        }
        let secrets = [KEY, USER, LATER_USER, ANSWER, PASSWORD, TOKEN];
        let leaked = secrets.iter().find(|secret| server.overheard(secret) > 0)?;
        Some(Wrong(format!("{leaked} could be overheard")))
    }
}

/// The texts of a call by this user.
fn texts(user: &str) -> Texts<'_> {
    Texts {
        user,
        answer: Some(ANSWER),
        code: CODE,
        token: TOKEN,
        password: PASSWORD,
    }
}

fn differences(expect: &Expect, call: Call, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |is_right: bool, what: &str| {
        if !is_right {
            found.push(format!("{what}: {outcome:?}"));
        }
    };
    let error = match outcome {
        Ok(value) => {
            check(expect.code.is_none(), "a failure");
            if call == Call::Question {
                check(value.as_deref() == expect.question, "the question");
            }
            return found;
        }
        Err(error) => error,
    };
    check(Some(error.code()) == expect.code, "the code");
    let status = error.http_status();
    check(
        expect.any_status || status == expect.http_status,
        "the status",
    );
    check(
        expect.sent.is_none_or(|sent| error.request_sent() == sent),
        "whether it was sent",
    );
    let message = error.message();
    for words in &expect.message_has {
        check(
            message.contains(words.as_str()),
            &format!("a message with {words:?}"),
        );
    }
    check(
        !message.is_empty() && message.len() <= 500,
        "the message's length",
    );
    for secret in SECRETS {
        check(
            !message.contains(secret),
            &format!("a message without {secret}"),
        );
    }
    let waits = match (expect.retry_after, error.retry_after()) {
        (None, given) => given.is_none(),
        (Some(Seconds::Exactly(seconds)), given) => given == Some(seconds),
        (Some(Seconds::Until(second)), given) => {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_secs();
            given.is_some_and(|wait| (now + u64::from(wait)).abs_diff(second) <= 3)
        }
    };
    check(waits, "when to come back");
    check(
        expect.os_error.is_none_or(|n| error.os_error() == Some(n)),
        "the system's number",
    );
    found
}

/// A failed check if this process ever used too much memory.
fn grown_memory() -> Option<Failure> {
    let (start, now) = (*MEMORY_AT_START.get()?, peak_memory()?);
    (now > start + MEMORY_KIB).then(|| Wrong(format!("memory grew from {start} to {now} KiB")))
}

static MEMORY_AT_START: std::sync::OnceLock<u64> = std::sync::OnceLock::new();

/// Begins to watch memory, if the system shows it.
pub fn watch_memory() {
    if let Some(now) = peak_memory() {
        MEMORY_AT_START.get_or_init(|| now);
    }
}

/// The largest growth of memory, in KiB.
pub fn memory_growth() -> Option<u64> {
    Some(peak_memory()? - MEMORY_AT_START.get()?)
}

fn peak_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
