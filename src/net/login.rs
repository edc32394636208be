//! A login to a proxy as the user who is signed in to the system.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::prelude::{BASE64_STANDARD, Engine};

use super::call::Limits;
use super::failure::Failure;
use super::single_flight::SingleFlight;
use crate::error::Code;
use crate::secret::Secret;

/// A login in progress. Dropping it ends it.
pub(super) trait Login: Send {
    /// The token for the proxy's last challenge, which is empty at first.
    fn next(&mut self, challenge: &[u8]) -> io::Result<Vec<u8>>;
}

/// Begins a login by this scheme to the proxy at this host.
pub(super) type Begin = fn(scheme: &'static str, host: &str) -> io::Result<Box<dyn Login>>;

#[cfg(windows)]
pub(super) const BEGIN: Option<Begin> = Some(super::sys::begin_login);
#[cfg(not(windows))]
pub(super) const BEGIN: Option<Begin> = None;

/// Lets the compiler remove the code on systems that offer no login.
pub(super) const EXISTS: bool = cfg!(any(test, windows));

/// The schemes of a login, the preferred one first.
pub(super) const SCHEMES: [&str; 2] = ["Negotiate", "NTLM"];

/// The most tokens that each side may send.
const MAX_ROUNDS: u32 = 3;

type Step = Result<(Box<dyn Login>, Vec<u8>), Failure>;

/// The system may contact a domain controller, and cannot be interrupted. No two calls share a
/// step.
static STEPS: SingleFlight<u64, Arc<Mutex<Option<Step>>>> = SingleFlight::new(
    "login",
    (
        Code::ConnectFailed,
        "no thread can be started for the login to the proxy",
    ),
);

/// A login whose steps keep within the limits of their call.
pub(super) struct Dialogue {
    pub scheme: &'static str,
    begin: Begin,
    host: String,
    login: Option<Box<dyn Login>>,
    rounds: u32,
}

impl Dialogue {
    pub fn new(begin: Begin, scheme: &'static str, host: &str) -> Self {
        Self {
            scheme,
            begin,
            host: host.to_owned(),
            login: None,
            rounds: 0,
        }
    }

    pub fn may_go_on(&self) -> bool {
        self.rounds < MAX_ROUNDS
    }

    /// The value of `Proxy-Authorization` for the proxy's last challenge.
    pub fn next(&mut self, challenge: Vec<u8>, limits: &Limits) -> Result<Secret, Failure> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        if !EXISTS {
            return Err(Failure::internal());
        }
        self.rounds += 1;
        let (scheme, begin, host) = (self.scheme, self.begin, self.host.clone());
        let login = self.login.take();
        let step = move || -> io::Result<_> {
            let mut login = login.map_or_else(|| begin(scheme, &host), Ok)?;
            let token = login.next(&challenge)?;
            Ok((login, token))
        };
        let work = move || {
            let step = step().map_err(|e| {
                let cause = Failure::io(Code::ConnectFailed, &e);
                let cause = cause.in_short();
                let detail = format!("the signed-in user cannot log in by {scheme} ({cause})");
                Failure::new(Code::ConnectFailed, detail)
            });
            Arc::new(Mutex::new(Some(step)))
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let step = STEPS.outcome(number, |_| false, work, limits)?;
        let step = step.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (login, token) = step.ok_or_else(Failure::internal)??;
        self.login = Some(login);
        let token = Secret::from(BASE64_STANDARD.encode(token));
        Ok(format!("{scheme} {}", token.expose()).into())
    }
}
