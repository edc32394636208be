//! Hundreds of thousands of histories of a client's calls: at each point of an exchange the other
//! side sends nothing, a part, all, more than all, or closes; sends fail or are short, calls are
//! cancelled and run out of time. Whatever happens, no response is given to another call, no POST
//! or PUT arrives twice, and nothing that was not sent is sent later.
//!
//! `ASR_HISTORIES` is the number of random histories. The other test runs all histories of `ASR_WALK`
//! calls (1). `ASR_HISTORY=WAY:NUMBER` prints the events of a random history.
#![cfg(target_os = "linux")]

mod choices;
mod peer;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use std::{env, thread};

use autoshares_reset::{Client, Config};
use autoshares_test_support::call::Call;
use autoshares_test_support::certificates;
use autoshares_test_support::server::{HTTP, HTTPS, Kind, Via, through};
use autoshares_test_support::tagged;
use choices::Choices;
use world::World;

/// The ways to the service, by name, and the number of a thousand histories that use each. A handshake
/// takes as long as many calls.
const WAYS: [(&str, Kind, u64); 6] = [
    ("http", HTTP, 890),
    ("http-by-http", through(Via::Plain, HTTP), 80),
    ("http-by-https", through(Via::Tls, HTTP), 5),
    ("https", HTTPS, 15),
    ("https-by-http", through(Via::Plain, HTTPS), 5),
    ("https-by-https", through(Via::Tls, HTTPS), 5),
];

const FEW: u64 = 2000;

const ALL: [Call; 4] = [Call::Question, Call::Reset, Call::Password, Call::Code];

type SharedWorld = Rc<RefCell<World>>;

/// A client of this world.
fn client(kind: Kind, listener: &TcpListener) -> Client {
    let address = listener.local_addr().unwrap();
    let host = match kind.proxy {
        None => address.to_string(),
        Some(_) => "target.invalid".into(),
    };
    let scheme = |is_https| if is_https { "https" } else { "http" };
    let url = format!("{}://{host}", scheme(kind.https));
    let mut config = Config::new(url.as_str(), "key");
    config.set_allow_http(true);
    config.set_proxy("");
    if let Some(via) = kind.proxy {
        let proxy = format!("{}://{address}", scheme(via == Via::Tls));
        config.set_proxy(proxy.as_str());
    }
    if kind.https || kind.proxy == Some(Via::Tls) {
        return certificates::trusting(config);
    }
    Client::new(&config).expect("good settings")
}

fn call(world: &SharedWorld, client: &Client, number: u32, which: Call) {
    let cancel = world.borrow_mut().begin_call(number, which);
    let outcome = tagged::make(which, &client.with_cancel(&cancel), number);
    world.borrow_mut().end_call(outcome);
}

/// Makes these calls while the world does the chosen moves, and then one that must succeed.
fn run_history(
    world: &SharedWorld,
    kind: Kind,
    listener: &TcpListener,
    calls: usize,
    all: &[Call],
) {
    world.borrow_mut().restart();
    let client = client(kind, listener);
    let watch = autoshares_test_system_calls::watch(world);
    for number in 1..=calls as u32 {
        let which = all[world.borrow_mut().choose(all.len(), false)];
        call(world, &client, number, which);
    }
    world.borrow_mut().nothing_fails = true;
    call(world, &client, calls as u32 + 1, Call::Question);
    drop(client);
    drop(watch);
    world.borrow_mut().close();
}

fn listener() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).unwrap();
    listener
}

fn world(kind: Kind, listener: &TcpListener, choices: Choices) -> SharedWorld {
    let listener = listener.try_clone().unwrap();
    Rc::new(RefCell::new(World::new(kind, listener, choices)))
}

/// The histories that were run, and their failures by kind: the number, and the
/// events of the first.
#[derive(Default)]
struct Totals {
    histories: u64,
    calls: u64,
    wrong: BTreeMap<String, (usize, String)>,
}

impl Totals {
    /// Adds the history with this name, which has just been run.
    fn take(&mut self, world: &SharedWorld, name: &str) {
        let mut world = world.borrow_mut();
        self.histories += 1;
        self.calls += std::mem::take(&mut world.calls);
        for failure in std::mem::take(&mut world.failures) {
            let kind = failure.replace(|c: char| c.is_ascii_digit(), "N");
            let events = || format!("{name}\n{}", world.events.join("\n"));
            self.wrong.entry(kind).or_insert_with(|| (0, events())).0 += 1;
        }
    }

    /// Prints the totals, and fails if any history failed.
    fn conclude(&self, started: Instant) {
        let took = started.elapsed().as_secs_f32();
        println!(
            "{} histories of {} calls in {took:.1} s",
            self.histories, self.calls
        );
        for (kind, (count, events)) in &self.wrong {
            println!("{count} times: {kind}\nin {events}\n");
        }
        assert!(self.wrong.is_empty());
    }
}

#[test]
fn every_call_gets_its_own_response_in_random_histories() {
    if let Ok(history) = env::var("ASR_HISTORY") {
        let (way, number) = history.split_once(':').expect("WAY:NUMBER");
        let mut ways = WAYS.iter();
        let (_, kind, _) = ways.find(|(name, ..)| *name == way).expect("a way");
        let (listener, number) = (listener(), number.parse().expect("a number"));
        let world = world(*kind, &listener, Choices::Drawn(0));
        draw(&world, &listener, *kind, number);
        println!("{}", world.borrow().events.join("\n"));
        assert!(world.borrow().failures.is_empty());
        return;
    }
    let histories = number_from("ASR_HISTORIES", FEW);
    let started = Instant::now();
    let next = AtomicU64::new(0);
    let totals = Mutex::new(Totals::default());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let listener = listener();
                let worlds = WAYS.map(|(_, kind, _)| world(kind, &listener, Choices::Drawn(0)));
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= histories {
                        return;
                    }
                    let mut share = number % 1000;
                    let way = WAYS.iter().position(|(.., shares)| {
                        let is_it = share < *shares;
                        share = share.wrapping_sub(*shares);
                        is_it
                    });
                    let way = way.expect("the shares are a thousand");
                    let (name, kind, _) = WAYS[way];
                    draw(&worlds[way], &listener, kind, number);
                    let name = format!("{name}:{number}");
                    totals.lock().unwrap().take(&worlds[way], &name);
                }
            });
        }
    });
    let totals = totals.into_inner().unwrap();
    totals.conclude(started);
    // Each has from one to four calls, and the one that must succeed.
    assert!(totals.calls > 3 * histories);
}

fn draw(world: &SharedWorld, listener: &TcpListener, kind: Kind, number: u64) {
    world.borrow_mut().choices = Choices::Drawn(number << 20);
    let calls = 1 + world.borrow_mut().choices.choose(4, false);
    run_history(world, kind, listener, calls, &ALL);
}

#[test]
fn every_call_gets_its_own_response_in_all_short_histories() {
    let calls = number_from("ASR_WALK", 1) as usize;
    // Of several calls there are too many histories to tell one kind of POST from another.
    let all = if calls == 1 { &ALL[..] } else { &ALL[..2] };
    let started = Instant::now();
    let mut totals = Totals::default();
    for (name, kind, _) in &WAYS[..2] {
        let listener = listener();
        let world = world(*kind, &listener, Choices::walk());
        // With failing and short sends, there are too many.
        world.borrow_mut().sends_fail = false;
        loop {
            run_history(&world, *kind, &listener, calls, all);
            totals.take(&world, name);
            if !world.borrow_mut().choices.next() {
                break;
            }
        }
    }
    totals.conclude(started);
}

fn number_from(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |number| number.parse().expect("a number"))
}
