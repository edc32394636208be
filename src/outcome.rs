//! The outcome table: the outcome of a call by its response's status and body.

use crate::envelope::Object;
use crate::error::Code;
use crate::redaction;
use crate::request::Kind;
use crate::secret::Secret;

/// A response's body, as the table distinguishes it.
pub(crate) enum Content<'a> {
    Empty,
    /// Neither empty nor a JSON object.
    NotObject,
    Object(Object<'a>),
}

impl<'a> Content<'a> {
    pub fn of(bytes: &'a [u8]) -> Self {
        // JSON is UTF-8; parsers may skip a byte order mark before it.
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Self::NotObject;
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Self::Empty;
        }
        serde_json::from_str(text).map_or(Self::NotObject, Self::Object)
    }
}

/// The documented table: the first row that matches decides. A success may have a value.
pub(crate) fn of(kind: Kind, status: u16, content: &Content) -> Result<Option<Secret>, Code> {
    if !(200..600).contains(&status) || (300..400).contains(&status) {
        return Err(Code::InvalidResponse);
    }
    let object = match content {
        Content::Object(object) => Some(object),
        _ => None,
    };
    let envelope = object.and_then(|object| Some((object, object.is_succeed()?)));
    if envelope.is_some_and(|(object, _)| object.has_code("ErrorIncorrectAnswer")) {
        return Err(Code::AnswerIncorrect);
    }
    let is_success = (200..300).contains(&status);
    let is_refusal = (400..500).contains(&status) && status != 429;
    if (is_success || is_refusal)
        && envelope.is_none()
        && object.is_some_and(|object| object.error_mentions("application key"))
    {
        return Err(Code::AppKeyRejected);
    }
    if is_success {
        return match envelope {
            Some((object, true)) => value_of(kind, object),
            Some((object, false)) if kind == Kind::RequestReset && !object.has_errors() => Ok(None),
            Some((_, false)) => Err(Code::Rejected),
            None => Err(Code::InvalidResponse),
        };
    }
    Err(match status {
        407 => Code::ConnectFailed,
        408 => Code::Timeout,
        429 => Code::RateLimited,
        400..=499 if matches!(content, Content::NotObject) => Code::InvalidResponse,
        401 | 403 if envelope.is_none() => Code::AppKeyRejected,
        400..=499 => Code::Rejected,
        511 => Code::InvalidResponse,
        _ => Code::ServerError,
    })
}

fn value_of(kind: Kind, object: &Object) -> Result<Option<Secret>, Code> {
    let text = match kind {
        Kind::RequestReset | Kind::SetPassword => return Ok(None),
        Kind::SecretQuestion | Kind::ConfirmCode => object.model()?,
    };
    match text {
        // A C string cannot hold a NUL.
        Some(text) if text.expose().contains('\0') => Err(Code::InvalidResponse),
        Some(text) if kind == Kind::SecretQuestion && !text.expose().is_empty() => {
            let question = redaction::question_on_one_line(text);
            let shows_something = !question.expose().is_empty();
            shows_something
                .then_some(Some(question))
                .ok_or(Code::InvalidResponse)
        }
        Some(text) if !text.expose().is_empty() => Ok(Some(text)),
        _ if kind == Kind::SecretQuestion => Ok(None),
        _ => Err(Code::InvalidResponse),
    }
}
