//! The rules of the service: a request goes in, an answer comes out. Nothing here knows sockets, and the time is an
//! argument.

use std::collections::BTreeMap;
use std::time::Instant;

use http::{HeaderMap, Method, Request, StatusCode, header};
use hyper::body::Bytes;
use serde::Serialize;
use serde_json::json;

use crate::accounts::{Accounts, Mail, NoReset};
use crate::options::Options;
use crate::wire::{self, CodeRequest, Envelope, PasswordRequest, ResetRequest};

const VERSION: &str = "1.0";
const MAIL_PATH: &str = "/emulator/mail";
const RETRY_AFTER: &str = "30";

// Guesses: no public source says how the service answers here.
const UNKNOWN_USER: Envelope<'static> = Envelope::refusal(&["User was not found."]);
const WRONG_CODE: Envelope<'static> =
    Envelope::refusal(&["The confirmation code is wrong or has expired."]);
const WRONG_TOKEN: Envelope<'static> = Envelope::refusal(&["The token is wrong or has expired."]);

pub(crate) struct Service {
    accounts: Accounts,
    app_key: String,
    app_key_status: StatusCode,
}

/// What goes back to the client, and the mail that is sent with it.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
    pub(crate) mail: Option<Mail>,
}

/// The body or the query is not what the call needs.
struct Invalid;

type Call = fn(&mut Service, &Request<Bytes>, Instant) -> Result<Reply, Invalid>;

/// The calls of the service. A path that is not here is not found; one that is, with another method, is "not supported".
fn route(path: &str) -> Option<(Method, Call)> {
    Some(match path {
        "users/password/secret-question" => (Method::GET, Service::secret_question),
        "users/password/reset" => (Method::POST, Service::request_reset),
        "users/password/reset/code" => (Method::POST, Service::confirm_code),
        "users/passwords/reset/" => (Method::PUT, Service::set_password),
        _ => return None,
    })
}

impl Service {
    pub(crate) fn new(options: &Options) -> Self {
        Service {
            accounts: Accounts::new(options.code_lifetime, options.token_lifetime),
            app_key: options.app_key.clone(),
            app_key_status: if options.app_key_status == 403 {
                StatusCode::FORBIDDEN
            } else {
                StatusCode::UNAUTHORIZED
            },
        }
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Answers a request that came to `origin`, such as `http://127.0.0.1:8700`.
    pub(crate) fn answer(&mut self, request: &Request<Bytes>, origin: &str, now: Instant) -> Reply {
        let path = request.uri().path();
        let method = request.method();
        if path == MAIL_PATH && method == Method::GET {
            return self
                .mailed(request)
                .unwrap_or_else(|Invalid| Reply::invalid());
        }
        if !self.knows_key(request.headers()) {
            let body = json!({"error": "Application key is not defined or does not exist"});
            return Reply::json(self.app_key_status, &body);
        }
        let Some((version, (allowed, call))) =
            split_version(path).and_then(|(v, rest)| Some((v, route(rest)?)))
        else {
            return Reply::not_found(origin, path);
        };
        if version != VERSION || method != allowed {
            return Reply::unsupported(version, method);
        }
        call(self, request, now).unwrap_or_else(|Invalid| Reply::invalid())
    }

    fn knows_key(&self, headers: &HeaderMap) -> bool {
        headers
            .get("et-app-key")
            .is_some_and(|key| key.as_bytes() == self.app_key.as_bytes())
    }

    fn secret_question(
        &mut self,
        request: &Request<Bytes>,
        _now: Instant,
    ) -> Result<Reply, Invalid> {
        let user = query_value(request, "username").ok_or(Invalid)?;
        if self.accounts.is_rate_limited(&user) {
            return Ok(Reply::rate_limited());
        }
        Ok(Reply::ok(&match self.accounts.find(&user) {
            Some(account) => Envelope::model(account.question()),
            None => UNKNOWN_USER,
        }))
    }

    fn request_reset(&mut self, request: &Request<Bytes>, now: Instant) -> Result<Reply, Invalid> {
        let body: ResetRequest = json_body(request)?;
        if self.accounts.is_rate_limited(&body.user) {
            return Ok(Reply::rate_limited());
        }
        Ok(
            match self.accounts.request_reset(
                &body.user,
                body.secret_question_answer.as_deref(),
                now,
            ) {
                Ok(mail) => Reply {
                    mail: Some(mail),
                    ..Reply::ok(&Envelope::DONE)
                },
                Err(NoReset::AnswerIncorrect) => Reply::ok(&Envelope::ANSWER_INCORRECT),
                Err(NoReset::UnknownUser) => Reply::ok(&UNKNOWN_USER),
            },
        )
    }

    fn confirm_code(&mut self, request: &Request<Bytes>, now: Instant) -> Result<Reply, Invalid> {
        let body: CodeRequest = json_body(request)?;
        Ok(Reply::ok(&match &self.accounts.confirm(&body.code, now) {
            Some(token) => Envelope::model(token),
            None => WRONG_CODE,
        }))
    }

    /// A password that is refused leaves the token as it was: the user may try another.
    fn set_password(&mut self, request: &Request<Bytes>, now: Instant) -> Result<Reply, Invalid> {
        let body: PasswordRequest = json_body(request)?;
        if !self.accounts.is_token(&body.token, now) {
            return Ok(Reply::ok(&WRONG_TOKEN));
        }
        let faults = password_faults(&body);
        if !faults.is_empty() {
            // The typo is the service's.
            let body = json!({"Message": "Validation error occured while processing entity", "ModelState": faults});
            return Ok(Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &body));
        }
        self.accounts.set_password(&body.token, &body.password, now);
        Ok(Reply::ok(&Envelope::DONE))
    }

    /// The control path: the real service has a mailbox in its place.
    fn mailed(&self, request: &Request<Bytes>) -> Result<Reply, Invalid> {
        let user = query_value(request, "user").ok_or(Invalid)?;
        Ok(match self.accounts.last_code(&user) {
            Some(code) => Reply::json(StatusCode::OK, &json!({"code": code})),
            None => Reply::message(StatusCode::NOT_FOUND, "No code was mailed to this user."),
        })
    }
}

impl Reply {
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body =
            serde_json::to_string(body).expect("strings, lists and maps of strings are JSON");
        Reply {
            status,
            headers: vec![(
                header::CONTENT_TYPE.as_str(),
                "application/json; charset=utf-8",
            )],
            body,
            mail: None,
        }
    }

    pub(crate) fn message(status: StatusCode, message: &str) -> Self {
        Reply::json(status, &json!({"Message": message}))
    }

    pub(crate) fn invalid() -> Self {
        Reply::message(StatusCode::BAD_REQUEST, "The request is invalid.")
    }

    fn ok(envelope: &Envelope) -> Self {
        Reply::json(StatusCode::OK, envelope)
    }

    /// The real service quotes the whole URI; the query is left out here, so that no username comes back.
    fn not_found(origin: &str, path: &str) -> Self {
        let message =
            format!("No HTTP resource was found that matches the request URI '{origin}{path}'.");
        Reply::message(StatusCode::NOT_FOUND, &message)
    }

    fn unsupported(version: &str, method: &Method) -> Self {
        let message = format!(
            "The requested resource with API version '{version}' does not support HTTP method '{method}'."
        );
        let error = json!({"Code": "UnsupportedApiVersion", "Message": message});
        Reply::json(StatusCode::NOT_FOUND, &json!({"Error": error}))
    }

    fn rate_limited() -> Self {
        let mut reply = Reply::message(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests, try again later.",
        );
        reply.headers.extend([
            ("Retry-After", RETRY_AFTER),
            ("X-RateLimit-Limit", "10"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", RETRY_AFTER),
        ]);
        reply
    }
}

/// `/v1.0/users/…` is version `1.0` and `users/…`.
fn split_version(path: &str) -> Option<(&str, &str)> {
    let (version, rest) = path.strip_prefix("/v")?.split_once('/')?;
    let is_version = !version.is_empty()
        && version
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    is_version.then_some((version, rest))
}

fn query_value(request: &Request<Bytes>, name: &str) -> Option<String> {
    let query = request.uri().query()?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn json_body<T: serde::de::DeserializeOwned>(request: &Request<Bytes>) -> Result<T, Invalid> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let media_type = content_type.split(';').next().unwrap_or("").trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Invalid);
    }
    wire::read(request.body()).ok_or(Invalid)
}

/// Each field that is at fault, with its sentences.
fn password_faults(body: &PasswordRequest) -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut faults: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let password = &body.password;
    let rules = [
        (
            password.chars().count() >= 8,
            "Password must be at least 8 characters long",
        ),
        (
            password.chars().any(char::is_alphabetic),
            "Password must contain a letter",
        ),
        (
            password.chars().any(char::is_numeric),
            "Password must contain a digit",
        ),
    ];
    for (_, sentence) in rules.into_iter().filter(|(kept, _)| !kept) {
        faults
            .entry("userPassword.Password")
            .or_default()
            .push(sentence);
    }
    if *password != body.password_confirmation {
        faults
            .entry("userPassword.PasswordConfirmation")
            .or_default()
            .push("Passwords do not match");
    }
    faults
}
