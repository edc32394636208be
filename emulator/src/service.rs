//! The rules of the service, from a request to its response. This file uses no sockets, and takes the time as an
//! argument.

use std::collections::BTreeMap;
use std::time::Instant;

use http::{HeaderMap, Method, Request, StatusCode, header};
use hyper::body::Bytes;
use serde_json::json;

use crate::accounts::{Accounts, NoReset, SignIn, new_token};
use crate::options::{ConfirmRoute, Options, UnknownUser};
use crate::reply::Reply;
use crate::wire::{self, CodeRequest, Envelope, IdentifierRequest, PasswordRequest, ResetRequest};

const VERSION: &str = "1.0";
/// The only documented path without a version.
const SIGN_IN_PATH: &str = "/token";

// Guesses: no public source documents these responses.
const UNKNOWN_USER: Envelope<'static> = Envelope::refusal(&["User was not found."]);
const WRONG_CODE: Envelope<'static> =
    Envelope::refusal(&["The confirmation code is wrong or has expired."]);
const WRONG_TOKEN: Envelope<'static> = Envelope::refusal(&["The token is wrong or has expired."]);

pub(crate) struct Service {
    accounts: Accounts,
    app_key: String,
    app_key_status: StatusCode,
    confirm_route: ConfirmRoute,
    unknown_user: UnknownUser,
    signs_in: bool,
    failure: Option<Failure>,
}

/// A failure of the next calls, whichever they are.
#[derive(Clone, Copy)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) calls_left: u32,
}

/// A part of the request that the call needs is missing from the body, the query or the headers.
pub(crate) struct Invalid;

type Call = fn(&mut Service, &Request<Bytes>, Instant) -> Result<Reply, Invalid>;

impl Service {
    pub(crate) fn new(options: &Options) -> Self {
        let mut accounts = Accounts::new(options.code_lifetime, options.token_lifetime);
        if let Some(user) = &options.expired_password {
            accounts.expire_password(user);
        }
        Service {
            accounts,
            app_key: options.app_key.clone(),
            app_key_status: if options.app_key_status == 403 {
                StatusCode::FORBIDDEN
            } else {
                StatusCode::UNAUTHORIZED
            },
            confirm_route: options.confirm_route,
            unknown_user: options.unknown_user,
            signs_in: options.expired_password.is_some(),
            failure: None,
        }
    }

    pub(crate) fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure
    }

    pub(crate) fn fail_next(&mut self, failure: Failure) {
        self.failure = (failure.calls_left > 0).then_some(failure);
    }

    /// Serves a request that came to `origin`, such as `http://127.0.0.1:8700`.
    pub(crate) fn serve(&mut self, request: &Request<Bytes>, origin: &str, now: Instant) -> Reply {
        let path = request.uri().path();
        let method = request.method();
        if let Some(failure) = self.failure {
            self.fail_next(Failure {
                calls_left: failure.calls_left - 1,
                ..failure
            });
            return Reply::failure(failure.status, origin, path);
        }
        if !self.knows_key(request.headers()) {
            return Reply::wrong_key(self.app_key_status);
        }
        let Some((version, (allowed, call))) = self.route(path) else {
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

    /// The version in the path, and the method and function of its call. The service responds with "not found" to any
    /// other path, and with "not supported" to another method.
    fn route<'a>(&self, path: &'a str) -> Option<(&'a str, (Method, Call))> {
        if path == SIGN_IN_PATH && self.signs_in {
            return Some((VERSION, (Method::POST, Service::sign_in)));
        }
        let (version, rest) = split_version(path)?;
        let call: (Method, Call) = match (rest, self.confirm_route) {
            ("users/password/secret-question", _) => (Method::GET, Service::secret_question),
            ("users/password/reset", _) => (Method::POST, Service::request_reset),
            ("users/password/reset/code", ConfirmRoute::Password | ConfirmRoute::Both) => {
                (Method::POST, Service::confirm_code)
            }
            ("users/identifiers/reset/code", ConfirmRoute::Identifiers | ConfirmRoute::Both) => {
                (Method::POST, Service::confirm_identifier)
            }
            ("users/passwords/reset/", _) => (Method::PUT, Service::set_password),
            _ => return None,
        };
        Some((version, call))
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
        Ok(match self.accounts.find(&user) {
            Some(account) => Reply::envelope(&Envelope::model(account.question)),
            None => self.unknown_user(),
        })
    }

    fn request_reset(&mut self, request: &Request<Bytes>, now: Instant) -> Result<Reply, Invalid> {
        let body: ResetRequest = json_body(request)?;
        if self.accounts.is_rate_limited(&body.user) {
            return Ok(Reply::rate_limited());
        }
        let answer = body.secret_question_answer.as_deref();
        Ok(match self.accounts.request_reset(&body.user, answer, now) {
            Ok(mail) => Reply {
                mail: Some(mail),
                ..Reply::envelope(&Envelope::DONE)
            },
            Err(NoReset::AnswerIncorrect) => Reply::envelope(&Envelope::ANSWER_INCORRECT),
            Err(NoReset::UnknownUser) => self.unknown_user(),
        })
    }

    fn unknown_user(&self) -> Reply {
        match self.unknown_user {
            UnknownUser::Refuse => Reply::envelope(&UNKNOWN_USER),
            UnknownUser::Crash => Reply::null_user(),
        }
    }

    fn confirm_code(&mut self, request: &Request<Bytes>, now: Instant) -> Result<Reply, Invalid> {
        let body: CodeRequest = json_body(request)?;
        Ok(self.token_for(&body.code, now))
    }

    fn confirm_identifier(
        &mut self,
        request: &Request<Bytes>,
        now: Instant,
    ) -> Result<Reply, Invalid> {
        let body: IdentifierRequest = json_body(request)?;
        if body.identifier != "ResetPassword" {
            return Err(Invalid);
        }
        Ok(self.token_for(&body.code, now))
    }

    fn token_for(&mut self, code: &str, now: Instant) -> Reply {
        Reply::envelope(&match &self.accounts.confirm(code, now) {
            Some(token) => Envelope::model(token),
            None => WRONG_CODE,
        })
    }

    /// A refused password leaves the token valid: the user may try another.
    fn set_password(&mut self, request: &Request<Bytes>, now: Instant) -> Result<Reply, Invalid> {
        let body: PasswordRequest = json_body(request)?;
        if !self.accounts.is_token(&body.token, now) {
            return Ok(Reply::envelope(&WRONG_TOKEN));
        }
        let faults = password_faults(&body);
        if !faults.is_empty() {
            let sentences: Vec<_> = faults.values().flatten().copied().collect();
            return Ok(Reply::json(
                StatusCode::UNPROCESSABLE_ENTITY,
                sentences.join("; "),
                &json!({
                    "Message": "Validation error occured while processing entity",
                    "ModelState": faults,
                }),
            ));
        }
        self.accounts.set_password(&body.token, &body.password, now);
        Ok(Reply::envelope(&Envelope::DONE))
    }

    /// The states and their statuses are documented; it is a guess that an expired password is such a further step.
    fn sign_in(&mut self, request: &Request<Bytes>, now: Instant) -> Result<Reply, Invalid> {
        let value = |name| request.headers().get(name)?.to_str().ok();
        let user = value("username").ok_or(Invalid)?;
        let password = value("password").ok_or(Invalid)?;
        if self.accounts.is_rate_limited(user) {
            return Ok(Reply::rate_limited());
        }
        let (status, summary, body) = match self.accounts.sign_in(user, password, now) {
            SignIn::Succeeded => {
                let token = new_token();
                let body = json!({"State": "Succeeded", "Token": token});
                (StatusCode::OK, "signed in", body)
            }
            SignIn::Expired(token) => {
                let reason = "Password has expired";
                let body = json!({
                    "State": "Expecting",
                    "Step": "NewPassword",
                    "Reason": reason,
                    "Token": token,
                });
                (StatusCode::ACCEPTED, reason, body)
            }
            SignIn::Failed => {
                let reason = "Invalid username or password";
                let body = json!({"State": "Failed", "Step": "Credentials", "Reason": reason});
                (StatusCode::UNAUTHORIZED, reason, body)
            }
        };
        Ok(Reply::json(status, summary, &body))
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

pub(crate) fn query_value(request: &Request<Bytes>, name: &str) -> Option<String> {
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

/// Each faulty field with its sentences.
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
