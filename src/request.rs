//! Each of the service's calls as data: method, path, query, body, and the secrets in them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use ureq::http::Method;
use ureq::http::uri::PathAndQuery;

use crate::argument;
use crate::error::Error;

/// Escapes all characters except those that RFC 3986 calls unreserved.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The limit of the `http` crate for a path with its query.
const MAX_TARGET: usize = u16::MAX as usize - 1;

/// The kind of a call, on which the meaning of its response depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    SecretQuestion,
    RequestReset,
    ConfirmCode,
    SetPassword,
}

/// A call with validated arguments.
pub(crate) struct Request<'a> {
    pub kind: Kind,
    pub method: Method,
    pub query: Option<(&'static str, &'a str)>,
    /// The routes it may take. Few calls have a second one, for installations without the first.
    pub routes: [Option<Route<'a>>; 2],
    /// The arguments, which no message may show.
    pub secrets: [Option<&'a str>; 2],
}

/// A request's path and body.
pub(crate) struct Route<'a> {
    /// The part after the API version.
    pub path: &'static str,
    pub body: Option<Payload<'a>>,
}

/// The bodies, by their shapes.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "PascalCase")]
pub(crate) enum Payload<'a> {
    Reset {
        user: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        secret_question_answer: Option<&'a str>,
    },
    Code {
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        identifier: Option<&'static str>,
    },
    Password {
        token: &'a str,
        password: &'a str,
        password_confirmation: &'a str,
    },
}

impl<'a> Request<'a> {
    pub fn secret_question(username: &'a str) -> Result<Self, Error> {
        name_argument(argument::USERNAME, username)?;
        Ok(Self {
            kind: Kind::SecretQuestion,
            method: Method::GET,
            query: Some(("username", username)),
            routes: [route("/users/password/secret-question", None), None],
            secrets: [Some(username), None],
        })
    }

    pub fn request_reset(username: &'a str, answer: Option<&'a str>) -> Result<Self, Error> {
        name_argument(argument::USERNAME, username)?;
        if let Some(answer) = answer {
            argument::check_required(argument::ANSWER, answer)?;
        }
        let body = Payload::Reset {
            user: username,
            secret_question_answer: answer,
        };
        Ok(Self {
            kind: Kind::RequestReset,
            method: Method::POST,
            query: None,
            routes: [route("/users/password/reset", Some(body)), None],
            secrets: [Some(username), answer],
        })
    }

    pub fn confirm_code(code: &'a str) -> Result<Self, Error> {
        argument::check_required(argument::CODE, code)?;
        let body = |identifier| Some(Payload::Code { code, identifier });
        Ok(Self {
            kind: Kind::ConfirmCode,
            method: Method::POST,
            query: None,
            // AutoShares documents the first, ETNA the second.
            routes: [
                route("/users/password/reset/code", body(None)),
                route("/users/identifiers/reset/code", body(Some("ResetPassword"))),
            ],
            secrets: [Some(code), None],
        })
    }

    pub fn set_password(token: &'a str, new_password: &'a str) -> Result<Self, Error> {
        argument::check_required(argument::TOKEN, token)?;
        argument::check_required(argument::NEW_PASSWORD, new_password)?;
        let body = Payload::Password {
            token,
            password: new_password,
            password_confirmation: new_password,
        };
        Ok(Self {
            kind: Kind::SetPassword,
            method: Method::PUT,
            query: None,
            // Documented in the plural and with a slash at the end, unlike the others.
            routes: [route("/users/passwords/reset/", Some(body)), None],
            secrets: [Some(token), Some(new_password)],
        })
    }
}

fn route<'a>(path: &'static str, body: Option<Payload<'a>>) -> Option<Route<'a>> {
    Some(Route { path, body })
}

impl Request<'_> {
    /// The routes in the order in which they are tried.
    pub fn routes(&self, prefers_second: bool) -> [Option<&Route<'_>>; 2] {
        match &self.routes {
            [first, Some(second)] if prefers_second => [Some(second), first.as_ref()],
            [first, second] => [first.as_ref(), second.as_ref()],
        }
    }

    /// The path after `prefix`, with the query.
    pub fn target(&self, prefix: &str, path: &str) -> Result<PathAndQuery, Error> {
        let value_size = self.query.map_or(0, |(_, value)| 3 * value.len());
        let mut target = String::with_capacity(prefix.len() + path.len() + 16 + value_size);
        target.push_str(prefix);
        target.push_str(path);
        if let Some((name, value)) = self.query {
            target.extend(["?", name, "="]);
            target.extend(utf8_percent_encode(value, QUERY_VALUE));
        }
        if target.len() > MAX_TARGET {
            return Err(Error::argument(
                argument::USERNAME,
                "is too long for a URL together with the base URL",
            ));
        }
        target.try_into().map_err(|_| Error::internal())
    }
}

fn name_argument(name: &str, value: &str) -> Result<(), Error> {
    argument::check_required(name, value)?;
    // A fast path: control characters beyond ASCII begin with the byte 0xc2.
    let may_hold_one = |byte: u8| byte.is_ascii_control() || byte == 0xc2;
    if value.bytes().any(may_hold_one) && value.chars().any(char::is_control) {
        return Err(Error::argument(name, "contains a control character"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(made: Result<T, Error>) -> String {
        made.err().expect("a refusal").message().to_owned()
    }

    #[test]
    fn an_argument_that_cannot_be_sent_is_refused_with_the_reason() {
        let long = "a".repeat(argument::MAX_TEXT + 1);
        for (value, why) in [
            ("", "is empty"),
            (&long, "is longer than 16384 bytes"),
            ("a\0", "contains a null character"),
        ] {
            for message in [
                refusal(Request::secret_question(value)),
                refusal(Request::request_reset(value, None)),
                refusal(Request::request_reset("user", Some(value))),
                refusal(Request::confirm_code(value)),
                refusal(Request::set_password(value, "password")),
                refusal(Request::set_password("token", value)),
            ] {
                assert!(message.ends_with(&format!(" {why}.")), "{message}");
            }
        }
        assert!(Request::confirm_code(&long[1..]).is_ok());
    }

    #[test]
    fn a_name_has_no_control_character_and_other_texts_may() {
        for name in ["a\tb", "a\u{7f}", "\u{85}", "\u{9f}x"] {
            let message = refusal(Request::secret_question(name));
            assert!(
                message.ends_with(" contains a control character."),
                "{message}"
            );
            assert!(Request::request_reset(name, None).is_err());
            assert!(Request::request_reset("user", Some(name)).is_ok());
            assert!(Request::set_password(name, name).is_ok());
        }
        for name in ["Ö", "\u{a0}", "\u{2028}", "hello@autoshares.com"] {
            assert!(Request::secret_question(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn a_target_is_as_long_as_http_allows() {
        let username = "é".repeat(8192);
        let request = Request::secret_question(&username).unwrap();
        let path = "/users/password/secret-question";
        let rest = MAX_TARGET - path.len() - "?username=".len() - 3 * username.len();
        let longest = request.target(&format!("/{}", "p".repeat(rest - 1)), path);
        assert_eq!(longest.unwrap().as_str().len(), MAX_TARGET);
        let message = refusal(request.target(&format!("/{}", "p".repeat(rest)), path));
        assert!(
            message.contains(" is too long for a URL together with "),
            "{message}"
        );
    }
}
