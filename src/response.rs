//! Turns a response into a call's outcome: the value or the error, with its message and the time to
//! wait. `outcome.rs` has the table that chooses among the codes.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use ureq::http::header::{DATE, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderName};

use crate::envelope::Object;
use crate::error::{Code, Error, MAX_MESSAGE};
use crate::net::agent::{Body, Reply};
use crate::outcome::{self, Content};
use crate::redaction::ServiceText;
use crate::request::Kind;
use crate::secret::Secret;

/// The error of a call on one of its routes, and whether the other route may be tried.
pub(crate) struct AttemptError {
    pub error: Error,
    /// The installation does not have the route, so it did nothing.
    pub is_no_route: bool,
}

impl From<Error> for AttemptError {
    fn from(error: Error) -> Self {
        Self {
            error,
            is_no_route: false,
        }
    }
}

/// The beginning of the 404 message of an installation that does not have the route.
const NO_ROUTE: &str = "No HTTP resource was found";

const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const REASON: HeaderName = HeaderName::from_static("reason");

/// The header fields in which services identify a request for their support staff.
const REQUEST_IDS: [HeaderName; 3] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-correlation-id"),
];

/// The longest service code in an error, in bytes.
const MAX_SERVICE_CODE: usize = 100;

/// Turns a response into the call's outcome: the question or token of a success, if the call has
/// one, or an error with the service's message, from which the `secrets` are redacted.
pub(crate) fn interpret(
    kind: Kind,
    reply: Reply,
    host: &str,
    secrets: &[Option<&str>],
) -> Result<Option<Secret>, AttemptError> {
    let Reply {
        status,
        header,
        body,
    } = reply;
    let bytes = match body {
        Ok(Body::Whole(bytes)) => Some(bytes),
        Ok(Body::Cut | Body::Skipped) => None,
        Err(error) => return Err(error.with_retry_after(wait(status, &header)).into()),
    };
    let content = match bytes.as_deref() {
        Some(bytes) => Content::of(bytes),
        None => Content::NotObject,
    };
    let code = match outcome::of(kind, status, &content) {
        Ok(value) => return Ok(value),
        Err(code) => code,
    };
    let object = match &content {
        Content::Object(object) => Some(object),
        _ => None,
    };
    let reason = field(&header, &REASON);
    let text = text_of_service(status, object, reason.as_deref());
    let message = if text.is_empty() {
        let redirect = field(&header, &LOCATION).map(|location| {
            let other = host_of_location(&location).map(ServiceText::new);
            let other = other.map(|other| other.redact(secrets, MAX_MESSAGE));
            other.unwrap_or_else(|| host.to_owned())
        });
        default_message(code, status, host, &content, redirect.as_deref())
    } else {
        text.redact(secrets, MAX_MESSAGE)
    };
    let service_code = object
        .and_then(Object::service_code)
        .map(|code| code.redact(secrets, MAX_SERVICE_CODE))
        .filter(|code| !code.is_empty());
    let mut error = Error::new(code, message)
        .with_status(Some(status))
        .with_service_code(service_code)
        .with_retry_after(wait(status, &header));
    let is_no_route = code == Code::Rejected && status == 404 && text.begins_with(NO_ROUTE);
    if is_no_route {
        error = error.with_hint("The base URL may be wrong: check its path.");
    }
    Err(AttemptError { error, is_no_route })
}

/// The service's identifier of a failed request.
pub(crate) fn request_id(reply: &Reply) -> Option<Cow<'_, str>> {
    let is_success = (200..300).contains(&reply.status);
    let named = || {
        REQUEST_IDS
            .iter()
            .find_map(|name| field(&reply.header, name))
    };
    (!is_success).then(named)?
}

fn field<'a>(header: &'a HeaderMap, name: &HeaderName) -> Option<Cow<'a, str>> {
    let value = header.get(name)?.as_bytes();
    Some(String::from_utf8_lossy(value.trim_ascii()))
}

/// The service's own text about a failure; empty if it sent none.
fn text_of_service(status: u16, object: Option<&Object>, reason: Option<&str>) -> ServiceText {
    // A gateway that limits requests with 401 says so in a `Reason`, in the body or as a header.
    if status == 401 && object.is_none_or(|object| object.is_succeed().is_none()) {
        let in_body = object.and_then(Object::reason);
        let reason = in_body.or_else(|| Some(ServiceText::join(reason)));
        if let Some(reason) = reason.filter(|reason| !reason.is_empty()) {
            return reason;
        }
    }
    object.map(Object::sentences).unwrap_or_default()
}

/// The message for a response that has none.
fn default_message(
    code: Code,
    status: u16,
    host: &str,
    content: &Content,
    redirect: Option<&str>,
) -> String {
    match code {
        Code::InvalidResponse if (300..400).contains(&status) && redirect.is_some() => {
            let target = redirect.unwrap_or(host);
            // The status comes first: a long name would push it out of the message.
            format!(
                "{host} responded with HTTP {status}, a redirect to {target}, which is not followed: the \
                 app key goes to the configured host alone; check the base URL."
            )
        }
        Code::InvalidResponse if status == 511 => format!(
            "The network asks for a login before it lets anything through (HTTP {status}); open \
             a web page in a browser, log in there and try again."
        ),
        Code::InvalidResponse if (400..500).contains(&status) => format!(
            "{host} responded with HTTP {status} and something other than the service's JSON; a \
             gateway may have responded, or the base URL may be wrong."
        ),
        Code::InvalidResponse => {
            let what = match content {
                Content::Empty => "an empty body",
                Content::NotObject => "something other than the service's JSON",
                Content::Object(_) => "JSON in an undocumented form",
            };
            format!("{host} responded with HTTP {status} and {what}; check the base URL.")
        }
        Code::ConnectFailed => {
            format!("A proxy on the way to {host} asks for credentials (HTTP {status}).")
        }
        Code::Timeout => format!("{host} gave up waiting for the request (HTTP {status})."),
        Code::RateLimited => {
            format!("{host} received too many requests (HTTP {status}); wait before the next try.")
        }
        Code::AppKeyRejected => format!("{host} does not accept the app key (HTTP {status})."),
        Code::AnswerIncorrect => {
            format!("The answer is incorrect, or one is required (HTTP {status}).")
        }
        Code::ServerError => format!("{host} failed to serve the request (HTTP {status})."),
        _ => format!("{host} refused the request without a reason (HTTP {status})."),
    }
}

/// The host that a redirect points to; `None` if it stays on the host. Not parsed by `Uri`, which
/// refuses locations that browsers follow.
fn host_of_location(location: &str) -> Option<&str> {
    let (scheme, rest) = location.split_once("//")?;
    let may_name_one = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let is_scheme = |text: &str| text.chars().all(may_name_one);
    if !scheme.is_empty() && !scheme.strip_suffix(':').is_some_and(is_scheme) {
        return None; // a path
    }
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let is_port = |at: &usize| !host.starts_with('[') || host[..*at].ends_with(']');
    let port = host.rfind(':').filter(is_port);
    Some(&host[..port.unwrap_or(host.len())]).filter(|host| !host.is_empty())
}

/// The number of seconds that the service asks to wait.
fn wait(status: u16, header: &HeaderMap) -> Option<u32> {
    let retry_after = || seconds_until(&field(header, &RETRY_AFTER)?);
    match status {
        429 => retry_after().or_else(|| {
            let reset = field(header, &RATE_LIMIT_RESET)?;
            seconds_until_reset(&reset, field(header, &DATE).as_deref())
        }),
        503 => retry_after(),
        _ => None,
    }
}

/// `Retry-After`: a number of seconds, or a date.
fn seconds_until(value: &str) -> Option<u32> {
    if is_number(value) {
        // A number too large for 32 bits is a long wait.
        return Some(value.parse().unwrap_or(u32::MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let wait = date.duration_since(SystemTime::now()).unwrap_or_default();
    Some(rounded_up(wait).try_into().unwrap_or(u32::MAX))
}

/// `X-RateLimit-Reset`: the Unix time at which the limit ends, by the service's clock if `Date`
/// gives it. A time in the past, or more than a day ahead, is ignored.
fn seconds_until_reset(value: &str, date: Option<&str>) -> Option<u32> {
    let seconds = value.parse().ok().filter(|_| is_number(value))?;
    let reset = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let wait = reset.duration_since(date.unwrap_or_else(SystemTime::now));
    let wait = rounded_up(wait.ok()?);
    (1..=DAY).contains(&wait).then_some(wait as u32)
}

const DAY: u64 = 24 * 60 * 60;

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit())
}

/// Rounded up, because a request that is a moment too early would be refused again.
fn rounded_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status,
            header: HeaderMap::new(),
            body: Ok(Body::Whole(body.into())),
        }
    }

    fn message(reply: Reply) -> String {
        let judged = interpret(Kind::ConfirmCode, reply, "broker.example", &[]);
        judged.expect_err("a failure").error.message().to_owned()
    }

    #[test]
    fn only_a_failed_request_has_an_identifier() {
        for (status, expected) in [(199, Some("7")), (200, None), (299, None), (300, Some("7"))] {
            let mut reply = reply(status, "");
            reply.header.insert(&REQUEST_IDS[1], "7".parse().unwrap());
            assert_eq!(request_id(&reply).as_deref(), expected, "{status}");
        }
    }

    #[test]
    fn a_part_of_a_second_counts_as_a_whole_one() {
        for (milliseconds, seconds) in [(0, 0), (1, 1), (1_000, 1), (1_001, 2)] {
            assert_eq!(rounded_up(Duration::from_millis(milliseconds)), seconds);
        }
    }

    #[test]
    fn a_response_without_a_message_gets_a_default_one() {
        for (status, body, sentence) in [
            (
                200,
                " ",
                "broker.example responded with HTTP 200 and an empty body; check the base URL.",
            ),
            (
                200,
                "[]",
                "broker.example responded with HTTP 200 and something other than the service's JSON; \
                 check the base URL.",
            ),
            (
                200,
                "{}",
                "broker.example responded with HTTP 200 and JSON in an undocumented form; \
                 check the base URL.",
            ),
            (
                404,
                "<html>",
                "broker.example responded with HTTP 404 and something other than the service's JSON; a \
                 gateway may have responded, or the base URL may be wrong.",
            ),
            (
                511,
                "",
                "The network asks for a login before it lets anything through (HTTP 511); open a \
                 web page in a browser, log in there and try again.",
            ),
            (
                302,
                "",
                "broker.example responded with HTTP 302 and an empty body; check the base URL.",
            ),
            (
                407,
                "",
                "A proxy on the way to broker.example asks for credentials (HTTP 407).",
            ),
            (
                408,
                "",
                "broker.example gave up waiting for the request (HTTP 408).",
            ),
            (
                429,
                "",
                "broker.example received too many requests (HTTP 429); wait before the next try.",
            ),
            (
                401,
                "",
                "broker.example does not accept the app key (HTTP 401).",
            ),
            (
                400,
                r#"{"IsSucceed":false,"ErrorsCode":["ErrorIncorrectAnswer"]}"#,
                "The answer is incorrect, or one is required (HTTP 400).",
            ),
            (
                503,
                "",
                "broker.example failed to serve the request (HTTP 503).",
            ),
            (
                400,
                "{}",
                "broker.example refused the request without a reason (HTTP 400).",
            ),
        ] {
            assert_eq!(message(reply(status, body)), sentence);
        }
    }

    #[test]
    fn the_message_of_a_redirect_names_its_target() {
        for (location, host) in [
            ("https://other.example/path", "other.example"),
            ("https://other.example:8443?x", "other.example"),
            ("//user@other.example#x", "other.example"),
            ("https://[::1]:80/", "[::1]"),
            ("https://[::1]\\path", "[::1]"),
            ("/path//there", "broker.example"),
            ("/login?ReturnUrl=https://other.example/x", "broker.example"),
            ("https://[::1", "[::1"),
            ("https://", "broker.example"),
        ] {
            let redirect = Reply {
                status: 307,
                header: HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]),
                body: Ok(Body::Skipped),
            };
            let sentence = format!(
                "broker.example responded with HTTP 307, a redirect to {host}, which is not followed: \
                 the app key goes to the configured host alone; check the base URL."
            );
            assert_eq!(message(redirect), sentence, "{location}");
        }
    }
}
