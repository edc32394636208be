//! The race of a host's addresses: dead, silent and refusing ones cause little delay if another one
//! works. Each test makes a network for it.
#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use autoshares_reset::{Cancel, Client, Code, Config};
use autoshares_test_support::certificates;
use autoshares_test_support::network::Address::{self, Dead4, Dead6, Good4, Good6, Refusing4};
use autoshares_test_support::network::{Far, half_made, within};
use autoshares_test_support::server::{
    HTTP, HTTPS, Kind, Opening, Script, Server, Step, Via, ask, good_response,
};

/// RFC 8305's Connection Attempt Delay, and the time that a call and each handshake may take beyond it.
const DELAY: Duration = Duration::from_millis(250);
const TOLERANCE: Duration = Duration::from_millis(50);

fn tolerance(kind: Kind) -> Duration {
    let handshakes = u32::from(kind.https) + u32::from(kind.proxy == Some(Via::Tls));
    (1 + handshakes) * TOLERANCE
}

/// The test repeats a race this often if it took too long, because the machine may be busy.
const TRIES: usize = 5;

/// Names of one host. Each try uses another one, as does each test: which address has won is
/// remembered by all clients of the process.
struct Names([String; TRIES]);

impl Names {
    fn new() -> Self {
        static HOSTS: AtomicUsize = AtomicUsize::new(0);
        let host = HOSTS.fetch_add(1, Ordering::Relaxed);
        Self(std::array::from_fn(|number| {
            format!("try-{number}.host-{host}.test")
        }))
    }

    /// The lines of a hosts file that give these addresses to each name.
    fn at(&self, addresses: &[Address]) -> String {
        let lines = self.0.iter().flat_map(|name| {
            let lines = addresses.iter();
            lines.map(move |address| format!("{} {name}\n", address.ip()))
        });
        lines.collect()
    }

    /// Repeats an attempt with one name after the other, until its time is in this range.
    fn take(&self, from: Duration, to: Duration, attempt: impl Fn(&str) -> Duration) {
        let mut times = Vec::new();
        for name in &self.0 {
            let took = attempt(name);
            assert!(took >= from, "{took:?}");
            if took <= to {
                return;
            }
            times.push(took);
        }
        panic!("{times:?} where {to:?} are allowed");
    }

    /// An opening with a certificate for these names.
    fn opening(&self) -> Opening {
        let names = self.0.iter().map(String::as_str);
        let names: Vec<&str> = names.chain(["target.invalid"]).collect();
        Opening::Tls(certificates::of(&names))
    }
}

fn config(url: &str) -> Config {
    let mut config = Config::new(url, "key");
    config.set_allow_http(true);
    config.set_proxy("");
    config
}

/// A server at this address, which closes each connection after one response.
fn server(far: &Far, address: Address, kind: Kind, names: &Names) -> Server {
    let script = Script {
        opening: names.opening(),
        steps: [Step::Read, Step::Send(good_response()), Step::End].into(),
    };
    Server::on(far.listen(address), kind, vec![script; 2 * TRIES])
}

/// The first call to a host with these addresses waits for this number of delays, and the next one, on a
/// new connection, for none.
fn first_call(addresses: &[Address], kind: Kind, delays: u32) {
    let good = *addresses.last().unwrap();
    let names = Names::new();
    within(&names.at(addresses), |far| {
        let server = server(far, good, kind, &names);
        names.take(delays * DELAY, delays * DELAY + tolerance(kind), |name| {
            let scheme = if kind.https { "https" } else { "http" };
            let port = server.address().port();
            let client = certificates::trusting(config(&format!("{scheme}://{name}:{port}")));
            let started = Instant::now();
            ask(&client).unwrap();
            let took = started.elapsed();
            assert_eq!(half_made(), 0);
            let started = Instant::now();
            ask(&client).unwrap();
            let again = started.elapsed();
            // Less than the time to try the others first.
            assert!(delays == 0 || again < DELAY, "{again:?}");
            took
        });
        assert_eq!(server.connections() % 2, 0);
    });
}

#[test]
fn one_dead_address_takes_one_delay() {
    first_call(&[Dead4(0), Good4], HTTP, 1);
    first_call(&[Dead4(0), Good4], HTTPS, 1);
}

#[test]
fn one_or_several_dead_ipv6_addresses_take_one_delay() {
    let dead: Vec<Address> = (0..8).map(Dead6).collect();
    for count in [1, 4, 8] {
        first_call(&[&dead[..count], &[Good4]].concat(), HTTP, 1);
    }
}

#[test]
fn dead_ipv4_addresses_take_no_delay_if_ipv6_works() {
    let dead: Vec<Address> = (0..8).map(Dead4).collect();
    for count in [1, 4, 8] {
        first_call(&[&dead[..count], &[Good6]].concat(), HTTP, 0);
    }
}

#[test]
fn the_winner_may_come_third() {
    first_call(&[Dead4(0), Dead4(1), Good4], HTTP, 2);
    first_call(&[Dead6(0), Dead4(0), Dead6(1), Good4], HTTPS, 3);
}

#[test]
fn an_address_that_refuses_takes_no_delay() {
    first_call(&[Refusing4, Good4], HTTP, 0);
    first_call(&[Dead4(0), Refusing4, Good4], HTTP, 1);
    first_call(&[Refusing4, Dead4(0), Good4], HTTP, 1);
}

#[test]
fn the_connect_timeout_holds_if_all_addresses_are_dead() {
    for all in [
        vec![Dead4(0)],
        vec![Dead4(0), Dead6(0), Dead4(1), Dead6(1)],
        (0..8).map(Dead4).collect(),
    ] {
        let names = Names::new();
        within(&names.at(&all), |_| {
            let limit = Duration::from_millis(700);
            names.take(limit, limit + TOLERANCE, |name| {
                let mut config = config(&format!("http://{name}:9"));
                config.set_connect_timeout_ms(700);
                let client = Client::new(&config).unwrap();
                let started = Instant::now();
                let error = ask(&client).unwrap_err();
                let took = started.elapsed();
                assert_eq!((error.code(), error.request_sent()), (Code::Timeout, false));
                assert_eq!(half_made(), 0);
                took
            });
        });
    }
}

#[test]
fn a_call_fails_at_once_if_all_addresses_refuse() {
    let names = Names::new();
    within(&names.at(&[Refusing4, Good4]), |_| {
        names.take(Duration::ZERO, TOLERANCE, |name| {
            let client = Client::new(&config(&format!("http://{name}:9"))).unwrap();
            let started = Instant::now();
            let error = ask(&client).unwrap_err();
            assert_eq!(error.code(), Code::ConnectFailed);
            assert_eq!(error.os_error(), Some(libc::ECONNREFUSED));
            started.elapsed()
        });
    });
}

#[test]
fn a_race_is_cancelled_at_once() {
    let names = Names::new();
    within(&names.at(&[Dead4(0), Dead6(0), Dead4(1), Dead6(1)]), |_| {
        // Cancels before the second attempt, and during the third.
        for after in [100, 600] {
            names.take(Duration::ZERO, TOLERANCE, |name| {
                let client = Client::new(&config(&format!("http://{name}:9"))).unwrap();
                let cancel = Cancel::new();
                let trigger = cancel.clone();
                let canceller = thread::spawn(move || {
                    thread::sleep(Duration::from_millis(after));
                    trigger.trigger();
                    Instant::now()
                });
                let error = ask(&client.with_cancel(&cancel)).unwrap_err();
                let ended = Instant::now();
                assert_eq!(
                    (error.code(), error.request_sent()),
                    (Code::Cancelled, false)
                );
                assert_eq!(half_made(), 0);
                ended.saturating_duration_since(canceller.join().unwrap())
            });
        }
    });
}

#[test]
fn a_proxys_addresses_are_raced_too() {
    for (via, kind) in [(Via::Plain, HTTP), (Via::Plain, HTTPS), (Via::Tls, HTTPS)] {
        let names = Names::new();
        within(&names.at(&[Dead4(0), Good4]), |far| {
            let kind = Kind {
                proxy: Some(via),
                ..kind
            };
            let script = Script {
                opening: names.opening(),
                steps: [].into(),
            };
            let server = Server::on(far.listen(Good4), kind, vec![script; TRIES]);
            names.take(DELAY, DELAY + tolerance(kind), |name| {
                let scheme = |is_https| if is_https { "https" } else { "http" };
                let mut config = config(&format!("{}://target.invalid", scheme(kind.https)));
                let proxy = format!(
                    "{}://{name}:{}",
                    scheme(via == Via::Tls),
                    server.address().port()
                );
                config.set_proxy(proxy.as_str());
                let client = certificates::trusting(config);
                let started = Instant::now();
                ask(&client).unwrap();
                let took = started.elapsed();
                assert_eq!(half_made(), 0);
                took
            });
        });
    }
}
