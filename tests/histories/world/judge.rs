//! Decides the expected outcome of a call from the events.

use autoshares_reset::{Code, Error};

use super::Call;
use autoshares_test_support::told;

/// The fault in the outcome of this call.
pub fn judge(call: &Call, outcome: Result<Option<String>, Error>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |is_right: bool, what: &str| {
        if !is_right {
            wrong.push(what.to_owned());
        }
    };
    let (told, was_sent) = match &outcome {
        Ok(Some(text)) => (told::told_to(text), true),
        Ok(None) => (None, true),
        Err(e) => {
            check(!e.message().contains("smuggled"), "it repeats the unasked");
            (told::told_to(e.message()), e.request_sent())
        }
    };
    check(
        told.is_none_or(|told| told == call.number),
        "told another's",
    );
    check(outcome.is_err() || told.is_some(), "a success of nobody's");
    check(
        call.must_fail || told.is_some(),
        "nothing keeps it from being told",
    );
    check(
        was_sent == (call.bytes_sent > 0),
        "what it says of having been sent",
    );
    check(
        was_sent || call.bytes_arrived == 0,
        "it came, but was not sent",
    );
    if let (Err(e), None) = (&outcome, told) {
        let is_possible = match e.code() {
            Code::Cancelled => call.was_cancelled,
            Code::Timeout => call.was_late,
            Code::ConnectionLost | Code::ConnectFailed | Code::TlsFailed => true,
            _ => false,
        };
        check(is_possible, "the code");
    }
    wrong
}
