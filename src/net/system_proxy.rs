//! The proxy settings of Windows and macOS, which apply if neither the library's settings nor the
//! environment name a proxy. Other systems have only the environment.

#![cfg_attr(
    not(any(test, windows, target_vendor = "apple")),
    expect(dead_code, reason = "no other system has proxy settings")
)]

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::call::Limits;
use super::failure::Failure;
use super::proxy::{self, Proxy};
use super::single_flight::SingleFlight;
use super::trace::note;
use crate::base_url::BaseUrl;
use crate::error::Code;

#[cfg(any(test, target_vendor = "apple"))]
pub(super) mod macos;
#[cfg(any(test, windows))]
pub(super) mod windows;

/// Asks a system for its proxies. It may fetch and run a script, and cannot be interrupted.
pub(super) type Ask = fn(&BaseUrl) -> SystemProxies;

/// The function that asks this system.
#[cfg(windows)]
pub(super) const ASK: Option<Ask> = Some(windows::ask);
#[cfg(target_vendor = "apple")]
pub(super) const ASK: Option<Ask> = Some(macos::ask);
#[cfg(not(any(windows, target_vendor = "apple")))]
pub(super) const ASK: Option<Ask> = None;

/// The sources of a proxy, for a log.
pub(super) const SETTINGS: &str = "the system's settings";
pub(super) const SCRIPT: &str = "the system's PAC file";

/// Lets the compiler remove the code on the other systems, which make no [`System`].
pub(super) const EXISTS: bool = cfg!(any(test, windows, target_vendor = "apple"));

const CACHE_TIME: Duration = Duration::from_secs(60);

/// Proxies are the same for all clients of a service.
static LOOKUPS: SingleFlight<String, (SystemProxies, Instant)> = SingleFlight::new(
    "proxy",
    (
        Code::ConnectFailed,
        "no thread can be started to ask the system for its proxy",
    ),
);

/// The system's proxies for a service, in the order of the attempts.
#[derive(Clone, Debug)]
pub(super) struct SystemProxies {
    pub hops: Vec<Hop>,
    pub source: &'static str,
    /// Why another source was not used.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Hop {
    Direct,
    Proxy(Proxy),
    /// An unusable proxy, and why, such as "has no host".
    Unusable(&'static str),
}

impl Hop {
    /// A proxy by its URL, or by its host and port alone.
    pub fn parse(source: &'static str, url: &str) -> Self {
        match proxy::parse_url(source, url) {
            // Refused, because redaction does not know the password of a system's proxy.
            Ok(proxy) if proxy.authorization().is_some() => Self::Unusable("has a user name in it"),
            Ok(proxy) => Self::Proxy(proxy),
            Err(why) => Self::Unusable(why),
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("none"),
            Self::Proxy(proxy) => write!(f, "{}, port {}", proxy.host, proxy.port),
            Self::Unusable(why) => write!(f, "one that is unusable: it {why}"),
        }
    }
}

impl SystemProxies {
    /// A hop and its source, for a log.
    pub fn via(&self, hop: &Hop) -> Arc<str> {
        format!("{hop}, from {}", self.source).into()
    }
}

/// Asks the system for the proxies for a service, and caches them.
#[derive(Clone, Debug)]
pub(crate) struct System {
    ask: Ask,
    service: BaseUrl,
}

impl System {
    pub(super) fn new(ask: Ask, service: &BaseUrl) -> Self {
        Self {
            ask,
            service: service.clone(),
        }
    }

    /// The system's proxies: one query for all calls that wait for it, cached for a minute.
    pub(super) fn proxies(
        &self,
        limits: &Limits,
        steps: &mut Vec<String>,
    ) -> Result<SystemProxies, Failure> {
        let started = Instant::now();
        let Self { ask, service } = self.clone();
        let work = move || (ask(&service), Instant::now());
        let is_fresh = |(_, at): &(SystemProxies, Instant)| at.elapsed() < CACHE_TIME;
        let found = LOOKUPS.outcome(self.service.to_string(), is_fresh, work, limits);
        note(steps, "asking the system for a proxy", started, &found);
        let (proxies, _) = found?;
        steps.extend(proxies.notes.iter().cloned());
        Ok(proxies)
    }

    /// Tries this hop first from now on, because those before it failed.
    pub(super) fn prefer(&self, place: usize) {
        LOOKUPS.revise(&self.service.to_string(), |(proxies, _)| {
            // Another call may have changed the order since.
            if let Some(tried) = proxies.hops.get_mut(..=place) {
                tried.rotate_right(1);
            }
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Cancel;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    fn system(ask: Ask, service: &str) -> System {
        System::new(ask, &BaseUrl::parse(service).unwrap())
    }

    fn asked(
        system: &System,
        milliseconds: u64,
        cancel: Option<&Cancel>,
    ) -> Result<SystemProxies, Failure> {
        let limit = Duration::from_millis(milliseconds);
        system.proxies(&Limits::new(limit, limit, cancel), &mut Vec::new())
    }

    fn hops(proxies: &SystemProxies) -> Vec<String> {
        proxies.hops.iter().map(Hop::to_string).collect()
    }

    #[test]
    fn the_systems_proxies_are_cached_and_the_one_that_worked_is_tried_first() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let system = system(
            |_| {
                ASKED.fetch_add(1, Ordering::SeqCst);
                SystemProxies {
                    hops: ["a:1", "b:2", "c:3"]
                        .map(|url| Hop::parse(SETTINGS, url))
                        .into(),
                    source: SETTINGS,
                    notes: Vec::new(),
                }
            },
            "https://remembered.test",
        );
        let proxies = asked(&system, 5000, None).unwrap();
        assert_eq!(hops(&proxies), ["a, port 1", "b, port 2", "c, port 3"]);
        assert_eq!(
            &*proxies.via(&proxies.hops[1]),
            "b, port 2, from the system's settings"
        );
        system.prefer(1);
        let proxies = asked(&system, 5000, None).unwrap();
        assert_eq!(hops(&proxies), ["b, port 2", "a, port 1", "c, port 3"]);
        assert_eq!(ASKED.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_system_that_never_responds_is_abandoned_and_not_asked_again() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let system = system(
            |_| {
                ASKED.fetch_add(1, Ordering::SeqCst);
                loop {
                    thread::park();
                }
            },
            "https://silent.test",
        );
        for _ in 0..2 {
            let failure = asked(&system, 50, None).unwrap_err();
            assert_eq!(failure.code, Code::Timeout);
        }
        let cancel = Cancel::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(50));
                cancel.trigger();
            });
            let failure = asked(&system, 20_000, Some(&cancel)).unwrap_err();
            assert_eq!(failure.code, Code::Cancelled);
        });
        assert_eq!(ASKED.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn an_unusable_proxy_of_the_systems_is_reported_without_its_url() {
        for (url, why) in [
            ("socks://secret:1", "SOCKS"),
            ("ann:secret@p:1", "user name"),
        ] {
            let told = Hop::parse(SETTINGS, url).to_string();
            assert!(told.starts_with("one that is unusable: it "), "{told}");
            assert!(told.contains(why) && !told.contains("secret"), "{told}");
        }
    }
}
