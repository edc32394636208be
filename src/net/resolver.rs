//! Resolves host names: one look-up for all calls that wait for it, cached for a minute.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::call::Limits;
use super::failure::Failure;
use super::single_flight::SingleFlight;
use crate::base_url::{LOCALHOST, is_localhost};
use crate::error::Code;

const CACHE_TIME: Duration = Duration::from_secs(60);

/// `getaddrinfo` cannot be interrupted.
static LOOKUPS: SingleFlight<String, Lookup> = SingleFlight::new(
    "resolver",
    (
        Code::ResolveFailed,
        "no thread can be started for the look-up",
    ),
);

type Lookup = Result<Found, Failure>;

#[derive(Clone)]
struct Found {
    /// Without a port, and with the scope that a link-local one has.
    addresses: Vec<SocketAddr>,
    at: Instant,
}

/// The addresses of `host`, which is spelled as in a URL, in the order of the attempts.
pub(super) fn addresses(
    host: &str,
    port: u16,
    limits: &Limits,
) -> Result<Vec<SocketAddr>, Failure> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    if is_localhost(host) {
        return Ok(LOCALHOST.map(|address| (address, port).into()).to_vec());
    }
    let fresh = |known: &Lookup| matches!(known, Ok(found) if found.at.elapsed() < CACHE_TIME);
    let name = host.to_ascii_lowercase();
    let sought = name.clone();
    let lookup = LOOKUPS.outcome(name, fresh, move || look_up(&sought), limits)?;
    let mut addresses = lookup?.addresses;
    addresses
        .iter_mut()
        .for_each(|address| address.set_port(port));
    Ok(addresses)
}

/// Removes a host's addresses from the cache, because no connection to any of them succeeded.
pub(super) fn forget(host: &str) {
    LOOKUPS.revise(&host.to_ascii_lowercase(), |_| false);
}

/// Tries this address first from now on, because connections to those before it failed.
pub(super) fn prefer(host: &str, mut address: SocketAddr) {
    address.set_port(0);
    LOOKUPS.revise(&host.to_ascii_lowercase(), |known| {
        if let Ok(found) = known {
            let place = found.addresses.iter().position(|known| *known == address);
            if let Some(place) = place {
                found.addresses[..=place].rotate_right(1);
            }
        }
        true
    });
}

fn look_up(host: &str) -> Lookup {
    let found = (host, 0).to_socket_addrs().map_err(unknown)?;
    let mut addresses = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(Found {
        addresses: interleaved(&addresses),
        at: Instant::now(),
    })
}

/// Alternates the two address families as RFC 8305 does, each in its given order.
fn interleaved(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let leads = |address: &&SocketAddr| address.is_ipv6() == addresses[0].is_ipv6();
    let (leading, others): (Vec<&SocketAddr>, Vec<_>) = addresses.iter().partition(leads);
    let mut turns = Vec::with_capacity(addresses.len());
    for place in 0..addresses.len() {
        turns.extend(leading.get(place).copied());
        turns.extend(others.get(place).copied());
    }
    turns
}

/// The system's text may be in the user's language; the message is in English.
fn unknown(error: io::Error) -> Failure {
    Failure::io(Code::ResolveFailed, &error)
        .with_detail("the name is unknown, or no name server responded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_in_the_resolvers_order() {
        for (given, wanted) in [
            ("", ""),
            ("::1", "::1"),
            ("::1 ::2 ::3 1.1.1.1", "::1 1.1.1.1 ::2 ::3"),
            ("1.1.1.1 ::1 ::2 2.2.2.2", "1.1.1.1 ::1 2.2.2.2 ::2"),
        ] {
            let address = |text: &str| (text.parse::<IpAddr>().unwrap(), 0).into();
            let list =
                |text: &str| -> Vec<SocketAddr> { text.split_whitespace().map(address).collect() };
            assert_eq!(interleaved(&list(given)), list(wanted));
        }
    }
}
