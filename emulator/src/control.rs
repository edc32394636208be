//! The paths that the real service does not have: the page for people, its data, the mailbox and failures on demand.
//! They need no key.

use std::time::Instant;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::accounts::new_token;
use crate::options::{ConfirmRoute, DEFAULT_APP_KEY, UnknownUser};
use crate::reply::Reply;
use crate::service::{Failure, Invalid, query_value};
use crate::state::State;

const PAGE_PATH: &str = "/";
const STATE_PATH: &str = "/emulator/state.json";
const PREFIX: &str = "/emulator/";

const PAGE: &str = include_str!("page.html");
/// A placeholder in the page for the nonce of each response.
const NONCE: &str = "{nonce}";
const REQUESTS_SHOWN: usize = 50;
const MOST_FAILURES: u32 = 1000;

/// Marks the page's own requests. They are not recorded, because they would push out all others.
pub(crate) fn is_page_path(path: &str) -> bool {
    [PAGE_PATH, STATE_PATH].contains(&path)
}

/// Serves a request for a control path; returns nothing for the service's own paths.
pub(crate) fn serve(request: &Request<Bytes>, state: &State) -> Option<Reply> {
    let reply = match (request.method(), request.uri().path()) {
        (&Method::GET, PAGE_PATH) => page(),
        (&Method::GET, STATE_PATH) => {
            Reply::json(StatusCode::OK, "the page's data", &state_json(state))
        }
        (&Method::GET, "/emulator/mail") => {
            last_code(request, state).unwrap_or_else(|Invalid| Reply::invalid())
        }
        (&Method::POST, "/emulator/fail-next") => {
            fail_next(request, state).unwrap_or_else(|Invalid| {
                let message = "The status has to be 400 to 599, and the count 0 to 1000.";
                Reply::message(StatusCode::BAD_REQUEST, message)
            })
        }
        (_, path) if path.starts_with(PREFIX) => {
            let message = "The control paths are GET /emulator/mail?user=USER, GET /emulator/state.json and \
                           POST /emulator/fail-next?status=N&count=N.";
            Reply::message(StatusCode::NOT_FOUND, message)
        }
        _ => return None,
    };
    Some(only_for_this_machine(reply))
}

/// Tells a browser neither to cache the response nor to show it to other sites.
fn only_for_this_machine(reply: Reply) -> Reply {
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    reply
        .with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .with(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
        .with(policy, HeaderValue::from_static("same-origin"))
}

/// The page with its style and script; the policy allows no others.
fn page() -> Reply {
    let nonce = new_token();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("a policy is printable ASCII");
    Reply::html(StatusCode::OK, "the page", PAGE.replace(NONCE, &nonce))
        .with(CONTENT_SECURITY_POLICY, policy)
}

/// The last code mailed to a user. The real service has a mailbox instead.
fn last_code(request: &Request<Bytes>, state: &State) -> Result<Reply, Invalid> {
    let user = query_value(request, "user").ok_or(Invalid)?;
    Ok(match state.service().accounts().last_code(&user) {
        Some(code) => Reply::json(StatusCode::OK, "a code", &json!({"code": code})),
        None => Reply::message(StatusCode::NOT_FOUND, "No code was mailed to this user."),
    })
}

fn fail_next(request: &Request<Bytes>, state: &State) -> Result<Reply, Invalid> {
    let number = |name| query_value(request, name).map(|text| text.parse::<u32>());
    let status = number("status").ok_or(Invalid)?.map_err(|_| Invalid)?;
    let count = number("count").unwrap_or(Ok(1)).map_err(|_| Invalid)?;
    if !(400..=599).contains(&status) || count > MOST_FAILURES {
        return Err(Invalid);
    }
    let code = u16::try_from(status).ok();
    state.service().fail_next(Failure {
        status: code
            .and_then(|code| StatusCode::from_u16(code).ok())
            .ok_or(Invalid)?,
        calls_left: count,
    });
    let body = json!({"status": status, "count": count});
    Ok(Reply::json(StatusCode::OK, "the next calls fail", &body))
}

/// The page's data. It holds no secret except the codes, which the page is for.
fn state_json(state: &State) -> Value {
    let now = Instant::now();
    let ago = |at: Instant| now.duration_since(at).as_secs();
    let options = &state.options;
    let service = state.service();
    let accounts = service.accounts();
    let users: Vec<Value> = accounts
        .all()
        .iter()
        .map(|account| {
            json!({
                "user": account.user,
                "question": account.question,
                "answer": account.answer,
                "rate_limited": account.rate_limited,
                "password": account.password_state(),
            })
        })
        .collect();
    let mails: Vec<Value> = accounts
        .mails()
        .rev()
        .map(|(mail, at)| {
            json!({
                "to": mail.to,
                "code": mail.code,
                "seconds_ago": ago(*at),
                "valid": accounts.is_valid(mail, now),
            })
        })
        .collect();
    let journal = state.journal();
    let requests: Vec<Value> = journal
        .entries()
        .rev()
        .take(REQUESTS_SHOWN)
        .map(|entry| {
            json!({
                "method": entry.record.method,
                "path": entry.record.path,
                "sent": entry.sent,
                "status": entry.record.status,
                "summary": entry.summary,
                "refused": entry.refused,
                "seconds_ago": ago(entry.at),
            })
        })
        .collect();
    let confirm_route = match options.confirm_route {
        ConfirmRoute::Password => "password",
        ConfirmRoute::Identifiers => "identifiers",
        ConfirmRoute::Both => "both",
    };
    let unknown_user = match options.unknown_user {
        UnknownUser::Refuse => "refuse",
        UnknownUser::Crash => "crash",
    };
    // A key that somebody chose may be a real one.
    let app_key = (options.app_key == DEFAULT_APP_KEY).then_some(DEFAULT_APP_KEY);
    let failure = service
        .failure()
        .map(|failure| json!({"status": failure.status.as_u16(), "count": failure.calls_left}));
    json!({
        "app_key": app_key,
        "confirm_route": confirm_route,
        "unknown_user": unknown_user,
        "delay_ms": u64::try_from(options.delay.as_millis()).unwrap_or(u64::MAX),
        "failure": failure,
        "request_count": journal.count(),
        "accounts": users,
        "mails": mails,
        "requests": requests,
    })
}
