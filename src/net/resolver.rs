//! From host names to addresses: remembered for a minute, looked up once for all who ask.

use std::collections::HashMap;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::call;
use super::cancel::Wake;
use super::failure::Failure;
use super::sys::{self, PerProcess};
use crate::base_url::{LOCALHOST, is_localhost};
use crate::error::Code;

const REMEMBERED: Duration = Duration::from_secs(60);

/// One look-up, under way or done.
///
/// `getaddrinfo` cannot be interrupted, so it runs in a thread that a call which gives up leaves
/// behind. The table is the process's and not a client's, so that callers who try again and again
/// with new clients join that one look-up instead of starting more.
static LOOKUPS: PerProcess<Mutex<HashMap<String, Arc<Lookup>>>> = PerProcess::new();

#[derive(Default)]
struct Lookup {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Pending,
    Found(Vec<IpAddr>, Instant),
    Failed(Failure),
}

impl Lookup {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_worth_keeping(&self) -> bool {
        match &*self.state() {
            State::Pending => true,
            State::Found(_, at) => at.elapsed() < REMEMBERED,
            State::Failed(_) => false,
        }
    }
}

impl Wake for Lookup {
    fn wake(&self) {
        // With the lock, so that a waiter that has just looked at its token is asleep by now.
        let _state = self.state();
        self.done.notify_all();
    }
}

fn table() -> MutexGuard<'static, HashMap<String, Arc<Lookup>>> {
    let table = LOOKUPS.get_or_init(Mutex::default);
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The addresses of `host`, as it stands in a URL, in the order in which to try them.
pub(super) fn addresses(host: &str) -> Result<Vec<IpAddr>, Failure> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse() {
        return Ok(vec![address]);
    }
    if is_localhost(host) {
        return Ok(LOCALHOST.to_vec());
    }
    let lookup = find_or_start(&host.to_ascii_lowercase())?;
    call::watch(&lookup);
    let mut state = lookup.state();
    loop {
        match &*state {
            State::Found(addresses, _) => return Ok(addresses.clone()),
            State::Failed(failure) => return Err(failure.clone()),
            State::Pending => {
                let left = call::time_left()?;
                let waited = lookup.done.wait_timeout(state, left);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

/// Forgets what was remembered, because none of the addresses could be connected to.
pub(super) fn forget(host: &str) {
    let host = host.to_ascii_lowercase();
    let mut table = table();
    if let Some(lookup) = table.get(&host) {
        if matches!(&*lookup.state(), State::Found(..)) {
            table.remove(&host);
        }
    }
}

fn find_or_start(host: &str) -> Result<Arc<Lookup>, Failure> {
    let mut table = table();
    table.retain(|_, lookup| lookup.is_worth_keeping());
    if let Some(lookup) = table.get(host) {
        return Ok(Arc::clone(lookup));
    }
    let lookup = Arc::new(Lookup::default());
    let (name, result) = (host.to_owned(), Arc::clone(&lookup));
    sys::spawn("asr-resolver", move || look_up(&name, &result))
        .map_err(|e| Failure::io(Code::ResolveFailed, &e))?;
    table.insert(host.to_owned(), Arc::clone(&lookup));
    Ok(lookup)
}

fn look_up(host: &str, lookup: &Lookup) {
    let outcome = match (host, 0).to_socket_addrs() {
        Ok(found) => {
            let mut addresses: Vec<IpAddr> = Vec::new();
            for address in found.map(|a| a.ip()) {
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            State::Found(addresses, Instant::now())
        }
        // The system's words may be in the user's language; that of the message is English.
        Err(e) => State::Failed(
            Failure::io(Code::ResolveFailed, &e)
                .in_words("the name is unknown, or no name server answered"),
        ),
    };
    *lookup.state() = outcome;
    lookup.done.notify_all();
}
