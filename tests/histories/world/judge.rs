//! Decides the expected outcome of a call from the events.

use autoshares_reset::Code;

use super::CurrentCall;
use autoshares_test_support::call::Outcome;
use autoshares_test_support::tagged;

/// The fault in the outcome of this call.
pub fn judge(call: &CurrentCall, outcome: Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |is_right: bool, what: &str| {
        if !is_right {
            wrong.push(what.to_owned());
        }
    };
    let (tag, was_sent) = match &outcome {
        Ok(Some(text)) => (tagged::tag_in(text), true),
        Ok(None) => (None, true),
        Err(e) => {
            check(
                !e.message().contains("smuggled"),
                "a message with unsolicited data",
            );
            (tagged::tag_in(e.message()), e.request_sent())
        }
    };
    check(
        tag.is_none_or(|tag| tag == call.number),
        "the tag of another call",
    );
    check(outcome.is_err() || tag.is_some(), "a success without a tag");
    check(
        call.must_fail || tag.is_some(),
        "no tag, although no event made the call fail",
    );
    check(was_sent == (call.bytes_sent > 0), "request_sent");
    check(
        was_sent || call.bytes_arrived == 0,
        "unsent, but part of it arrived",
    );
    if let (Err(e), None) = (&outcome, tag) {
        let is_possible = match e.code() {
            Code::Cancelled => call.was_cancelled,
            Code::Timeout => call.was_late,
            Code::ConnectionLost | Code::ConnectFailed | Code::TlsFailed => true,
            _ => false,
        };
        check(is_possible, "a code without its event");
    }
    wrong
}
