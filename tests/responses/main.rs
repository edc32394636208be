//! Every response belongs to its own request: users with numbers call in turn, over every
//! way to a service. Whatever servers and proxies send unsolicited, each call gets its own
//! number, or none. The tests check every byte that each connection carried.
#![cfg(target_os = "linux")]

mod case;
mod framing;

use std::cell::RefCell;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use autoshares_reset::{Cancel, Code};
use autoshares_test_support::certificates;
use autoshares_test_support::server::{DONE, HTTP, Opening, Step, WAYS, http_response};
use autoshares_test_support::tagged::{tag_in, user};
use autoshares_test_system_calls::{Watcher, let_time_pass, watch};
use case::{
    A_MOMENT, CALLS, CONNECTED, Call, Case, OVER_TLS, Password, Question, THROUGH_A_PROXY, call,
    over, script, variant, variants, well,
};
use rustls::version::{TLS12, TLS13};

#[test]
fn every_call_gets_its_own_response_over_every_way() {
    over(
        &WAYS,
        &CALLS,
        &[variant("all is well", [])],
        |which, case| {
            case.gets_its_own(which, 1);
            case.gets_its_own(Question, 2);
            case.gets_its_own(which, 3);
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
        Step::RespondTagged,
    ])];
    over(
        &WAYS,
        &CALLS,
        &[variant("a 100 and a 103", scripts)],
        |which, case| {
            case.gets_its_own(which, 1);
            case.gets_its_own(Question, 2);
            assert_eq!(case.carried().concat(), [1, 2]);
        },
    );
}

#[test]
fn a_byte_after_a_proxys_response_to_connect_fails_the_call() {
    let variants = variants(|bytes| {
        let response = [CONNECTED, &bytes].concat();
        vec![script(Opening::Connect(response), [])]
    });
    over(&THROUGH_A_PROXY, &CALLS, &variants, |which, case| {
        case.fails_unsent(which, 1, Code::ConnectFailed);
        case.gets_its_own(Question, 2);
        case.gets_its_own(which, 3);
        assert_eq!(case.carried(), [vec![], vec![2, 3]], "{}", case.name);
    });
}

/// Delays the library's peeks and sends until the server has finished the script of the connection.
/// The delay is limited, because the server may wait for the library.
struct HoldBeforeSend {
    case: Rc<Case>,
    scripts: usize,
    connections: usize,
}

impl HoldBeforeSend {
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

impl Watcher for HoldBeforeSend {
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
fn a_byte_before_our_request_fails_the_call() {
    let variants = variants(|bytes| {
        let connected = Step::Send(CONNECTED.into());
        let (pause, late) = (Step::Wait(A_MOMENT), Step::Send(bytes));
        let steps = [Step::Read, connected, pause, late, Step::Hold];
        vec![script(Opening::ToProxy, steps)]
    });
    over(&THROUGH_A_PROXY, &CALLS, &variants, |which, case| {
        let case = Rc::new(case);
        let watch = watch(&HoldBeforeSend::new(&case, 1));
        case.fails_unsent(which, 1, Code::ConnectFailed);
        drop(watch);
        case.gets_its_own(Question, 2);
        case.gets_its_own(which, 3);
        assert_eq!(case.carried(), [vec![], vec![2, 3]], "{}", case.name);
    });
}

/// One new connection has unsolicited data: a question is sent on another one, but no other call is.
fn one_has_unsolicited_data(which: Call, case: Case) {
    let case = Rc::new(case);
    let watch = watch(&HoldBeforeSend::new(&case, 1));
    if which == Question {
        case.gets_its_own(which, 1);
    } else {
        case.fails_unsent(which, 1, Code::ConnectionLost);
    }
    drop(watch);
    case.gets_its_own(Question, 2);
    case.gets_its_own(which, 3);
    let first = if which == Question { vec![1] } else { vec![] };
    let all = [first, vec![2, 3]].concat();
    assert_eq!(case.carried(), [vec![], all], "{}", case.name);
}

/// The next connection has such data, too.
fn two_have_unsolicited_data(which: Call, case: Case) {
    let case = Rc::new(case);
    let watch = watch(&HoldBeforeSend::new(&case, 2));
    case.fails_unsent(which, 1, Code::ConnectionLost);
    drop(watch);
    case.gets_its_own(which, 2);
    assert_eq!(case.carried(), [vec![], vec![], vec![2]], "{}", case.name);
}

#[test]
fn data_behind_the_servers_finished_reaches_no_call() {
    for version in [&TLS12, &TLS13] {
        let early = |bytes| {
            let opening = Opening::Early(certificates::early(version), bytes);
            script(opening, [DONE])
        };
        let once = variants(|bytes| vec![early(bytes)]);
        over(&OVER_TLS, &CALLS, &once, one_has_unsolicited_data);
        let twice = variants(|bytes| vec![early(bytes.clone()), early(bytes)]);
        over(&OVER_TLS, &[Question], &twice, two_have_unsolicited_data);
    }
}

#[test]
fn data_of_a_plain_server_that_has_not_read_a_byte_reaches_no_call() {
    let eager = |bytes| well([Step::Send(bytes), DONE]);
    let once = variants(|bytes| vec![eager(bytes)]);
    over(&[HTTP], &CALLS, &once, one_has_unsolicited_data);
    let twice = variants(|bytes| vec![eager(bytes.clone()), eager(bytes)]);
    over(&[HTTP], &[Question], &twice, two_have_unsolicited_data);
}

#[test]
fn data_on_a_kept_connection_reaches_no_call() {
    let variants = variants(|bytes| {
        let late = [Step::Wait(A_MOMENT), Step::Send(bytes), DONE];
        vec![well(
            [&[Step::Read, Step::RespondTagged], &late[..]].concat(),
        )]
    });
    over(&WAYS, &CALLS, &variants, |which, case| {
        case.gets_its_own(Question, 1);
        case.server.await_the_end();
        case.gets_its_own(which, 2);
        case.gets_its_own(Question, 3);
        let (first, later) = case.carried_at_first_and_later();
        assert_eq!((first, later), (vec![1], vec![2, 3]), "{}", case.name);
    });
}

/// Does something at the library's first peek.
struct AtFirstPeek<F>(Option<F>);

impl<F: FnOnce()> Watcher for AtFirstPeek<F> {
    fn receives(&mut self, _: RawFd, waits: bool) -> io::Result<()> {
        if let Some(act) = (!waits).then(|| self.0.take()).flatten() {
            act();
        }
        Ok(())
    }
}

#[test]
fn a_call_that_ends_during_the_peek_at_its_connection_sends_nothing() {
    over(&WAYS, &CALLS, &[variant("cancelled", [])], |which, case| {
        case.gets_its_own(Question, 1);
        let cancel = Cancel::new();
        let trigger = cancel.clone();
        let peek = Rc::new(RefCell::new(AtFirstPeek(Some(move || trigger.trigger()))));
        let watch = watch(&peek);
        let error = call(&case.name, &case.client.with_cancel(&cancel), which, 2).unwrap_err();
        drop(watch);
        let came = (error.code(), error.request_sent());
        assert_eq!(came, (Code::Cancelled, false), "{}", case.name);
        case.gets_its_own(Question, 3);
        assert_eq!(case.carried().concat(), [1, 3], "{}", case.name);
    });
    over(&WAYS, &CALLS, &[variant("suspended", [])], |which, case| {
        case.gets_its_own(Question, 1);
        let suspend = || let_time_pass(Duration::from_secs(11));
        let watch = watch(&Rc::new(RefCell::new(AtFirstPeek(Some(suspend)))));
        case.fails_unsent(which, 2, Code::Timeout);
        drop(watch);
        case.gets_its_own(Question, 3);
        assert_eq!(case.carried().concat(), [1, 3], "{}", case.name);
    });
}

#[test]
fn a_response_to_the_header_of_a_long_request_is_accepted() {
    let response = http_response("413 Content Too Large", r#"{"Errors":["tagged: 1"]}"#);
    let scripts = [well([Step::ReadSome, Step::Send(response), Step::Hold])];
    over(&WAYS, &[Password], &[variant("413", scripts)], |_, case| {
        // Longer than what TLS takes at once: U+0001 takes six bytes in JSON.
        let long = "\u{1}".repeat(16 * 1024);
        let case = Rc::new(case);
        let watch = watch(&HoldBeforeSend::new(&case, 1));
        let error = case.client.set_password(&user(1), &long).unwrap_err();
        drop(watch);
        let came = (error.code(), error.http_status(), error.request_sent());
        assert_eq!(came, (Code::Rejected, Some(413), true), "{}", case.name);
        assert_eq!(tag_in(error.message()), Some(1), "{}", case.name);
    });
}

/// Makes one `send` fail, after this number of successful ones.
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
fn a_failed_send_is_reported_correctly_and_sends_nothing_later() {
    for is_kept in [true, false] {
        for after in 0..6 {
            let what = format!("kept: {is_kept}, a failure after {after} sends");
            over(&WAYS, &CALLS, &[variant(what, [])], |which, case| {
                if is_kept {
                    case.gets_its_own(Question, 1);
                }
                let watch = watch(&Rc::new(RefCell::new(Failing { after: Some(after) })));
                let sent = match case.call(which, 2) {
                    Ok(tag) => {
                        assert_eq!(tag, 2, "{}", case.name);
                        true
                    }
                    Err(error) => error.request_sent(),
                };
                drop(watch);
                let expected = [vec![1; is_kept.into()], vec![2; sent.into()]].concat();
                assert_eq!(case.carried().concat(), expected, "{}", case.name);
                case.gets_its_own(Question, 3);
                let expected = [expected, vec![3]].concat();
                assert_eq!(case.carried().concat(), expected, "{}", case.name);
            });
        }
    }
}
