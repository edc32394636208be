//! Responses that carry the tag of their request. A test gives each of its users a number and
//! writes it into what it sends; a response to that request, and no other, has `tagged: NUMBER`.

use super::call::{Call, Outcome, Texts};
use super::server::http_response;
use autoshares_reset::Client;

/// The prefix of the number in a user's name, code, or token.
const USER: &str = "who-";
const TAG: &str = "tagged: ";

/// A success for any call, which no request asked for.
pub fn smuggled() -> Vec<u8> {
    http_response("200 OK", r#"{"IsSucceed":true,"Model":"smuggled"}"#)
}

/// A user's name, code, or token.
pub fn user(number: u32) -> String {
    // The suffix keeps one number from being the beginning of another.
    format!("{USER}{number}-")
}

/// Makes a call for the user with this number.
pub fn make(call: Call, client: &Client, number: u32) -> Outcome {
    let user = &user(number);
    let texts = Texts {
        user,
        answer: None,
        code: user,
        token: user,
        password: "correct horse",
    };
    call.make(client, &texts)
}

/// The end of the first request in this, once it is whole.
pub fn end_of(requests: &[u8]) -> Option<usize> {
    let header = requests.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let fields = String::from_utf8_lossy(&requests[..header]).to_lowercase();
    let length = fields
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let end = header + length.map_or(0, |value| value.parse().expect("a number"));
    (requests.len() >= end).then_some(end)
}

/// The number in this request, once it has arrived.
pub fn tag_of(request: &[u8]) -> Option<u32> {
    let request = String::from_utf8_lossy(request);
    let (_, rest) = request.split_once(USER)?;
    rest.split_once('-')?.0.parse().ok()
}

/// The number in this text.
pub fn tag_in(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once(TAG)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit());
    rest[..digits.unwrap_or(rest.len())].parse().ok()
}

/// The right response to this request. A call that returns a text succeeds with the tag; the others
/// are refused with it, so that their success can only be a wrong response.
pub fn response(request: &[u8]) -> Vec<u8> {
    let number = tag_of(request).map_or("nobody".into(), |number| number.to_string());
    let returns_a_text =
        request.starts_with(b"GET ") || String::from_utf8_lossy(request).contains("/reset/code ");
    if returns_a_text {
        let body = format!(r#"{{"IsSucceed":true,"Model":"{TAG}{number}"}}"#);
        http_response("200 OK", &body)
    } else {
        let body = format!(r#"{{"IsSucceed":false,"Errors":["{TAG}{number}"]}}"#);
        http_response("400 Bad Request", &body)
    }
}
