//! The JSON bodies of the service's requests and responses.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The body of a reset request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ResetRequest {
    pub(crate) user: String,
    pub(crate) secret_question_answer: Option<String>,
}

/// The body that confirms a code.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CodeRequest {
    pub(crate) code: String,
}

/// The body that confirms a code by the second route.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IdentifierRequest {
    pub(crate) code: String,
    pub(crate) identifier: String,
}

/// The body that sets a password.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PasswordRequest {
    pub(crate) token: String,
    pub(crate) password: String,
    pub(crate) password_confirmation: String,
}

/// Parses a body that must be a JSON object.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    // serde would accept an array for a struct too.
    if !body.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// The envelope around the service's responses. It leaves out the optional fields that the documentation's samples
/// leave out.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Envelope<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    errors: &'a [&'a str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors_code: &'a [&'a str],
    pub(crate) is_succeed: bool,
}

impl<'a> Envelope<'a> {
    pub(crate) const DONE: Envelope<'static> = Envelope {
        model: None,
        errors: &[],
        errors_code: &[],
        is_succeed: true,
    };

    pub(crate) const ANSWER_INCORRECT: Envelope<'static> = Envelope {
        model: None,
        errors: &["Answer is incorrect, try again."],
        errors_code: &["ErrorIncorrectAnswer"],
        is_succeed: false,
    };

    pub(crate) fn model(model: &'a str) -> Self {
        Envelope {
            model: Some(model),
            ..Envelope::DONE
        }
    }

    /// The outcome of the call in one line, without the token that `Model` may hold.
    pub(crate) fn summary(&self) -> String {
        if self.is_succeed {
            "succeeded".to_owned()
        } else {
            self.errors.join(" ")
        }
    }

    /// A refusal with one sentence and without a code.
    pub(crate) const fn refusal(sentence: &'a [&'a str; 1]) -> Self {
        Envelope {
            errors: sentence,
            is_succeed: false,
            ..Envelope::DONE
        }
    }
}
