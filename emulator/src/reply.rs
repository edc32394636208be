//! The emulator's responses before they become HTTP.

use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;
use serde_json::json;

use crate::accounts::Mail;
use crate::wire::Envelope;

const RETRY_AFTER_SECONDS: u64 = 30;

/// A response, and the mail that the service sends with it.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The outcome of the request in one line, for the page. It holds no secret.
    pub(crate) summary: String,
    /// The service refused the request, possibly with status 200.
    pub(crate) refused: bool,
    pub(crate) mail: Option<Mail>,
}

impl Reply {
    pub(crate) fn json(
        status: StatusCode,
        summary: impl Into<String>,
        body: &impl Serialize,
    ) -> Self {
        let body =
            serde_json::to_string(body).expect("strings, lists and maps of strings are JSON");
        Reply::new(status, summary, "application/json; charset=utf-8", body)
    }

    pub(crate) fn html(status: StatusCode, summary: impl Into<String>, body: String) -> Self {
        Reply::new(status, summary, "text/html; charset=utf-8", body)
    }

    fn new(
        status: StatusCode,
        summary: impl Into<String>,
        content_type: &'static str,
        body: String,
    ) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        Reply {
            status,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]),
            body,
            summary: summary.into(),
            refused: !status.is_success(),
            mail: None,
        }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(crate) fn message(status: StatusCode, message: &str) -> Self {
        Reply::json(status, message, &json!({"Message": message}))
    }

    pub(crate) fn invalid() -> Self {
        Reply::message(StatusCode::BAD_REQUEST, "The request is invalid.")
    }

    pub(crate) fn envelope(envelope: &Envelope) -> Self {
        Reply {
            refused: !envelope.is_succeed,
            ..Reply::json(StatusCode::OK, envelope.summary(), envelope)
        }
    }

    /// Other calls of the same API respond with this if the user does not exist.
    pub(crate) fn null_user() -> Self {
        let sentence = "Value cannot be null.\r\nParameter name: user";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let body = json!({
            "Model": null,
            "Errors": [sentence],
            "ErrorsCode": [],
            "StatusCode": status.as_u16(),
            "IsSucceed": false,
        });
        Reply::json(status, sentence, &body)
    }

    pub(crate) fn wrong_key(status: StatusCode) -> Self {
        let message = "Application key is not defined or does not exist";
        Reply::json(status, message, &json!({"error": message}))
    }

    /// The real service quotes the whole URI; this leaves out the query, so that the response repeats no username.
    pub(crate) fn not_found(origin: &str, path: &str) -> Self {
        let message =
            format!("No HTTP resource was found that matches the request URI '{origin}{path}'.");
        Reply::message(StatusCode::NOT_FOUND, &message)
    }

    pub(crate) fn unsupported(version: &str, method: &Method) -> Self {
        let message = format!(
            "The requested resource with API version '{version}' does not support HTTP method '{method}'."
        );
        let error = json!({"Code": "UnsupportedApiVersion", "Message": message});
        Reply::json(StatusCode::NOT_FOUND, message, &json!({"Error": error}))
    }

    pub(crate) fn rate_limited() -> Self {
        let message = "Too many requests, try again later.";
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let end = now.unwrap_or_default().as_secs() + RETRY_AFTER_SECONDS;
        let number = HeaderValue::from;
        Reply::message(StatusCode::TOO_MANY_REQUESTS, message)
            .with(header::RETRY_AFTER, number(RETRY_AFTER_SECONDS))
            .with(HeaderName::from_static("x-ratelimit-limit"), number(10))
            .with(HeaderName::from_static("x-ratelimit-remaining"), number(0))
            .with(HeaderName::from_static("x-ratelimit-reset"), number(end))
    }

    /// A requested failure: the documented body of its status, or a proxy's page if none is documented.
    pub(crate) fn failure(status: StatusCode, origin: &str, path: &str) -> Self {
        let reason = status.canonical_reason().unwrap_or("Failure");
        match status.as_u16() {
            400 => Reply::invalid(),
            401 | 403 => Reply::wrong_key(status),
            404 => Reply::not_found(origin, path),
            429 => Reply::rate_limited(),
            500 => {
                let message = "An error occurred while processing your request";
                Reply::json(status, message, &json!({"message": message}))
            }
            502..=504 => {
                let page = format!(
                    "<html><body><h1>{} {reason}</h1></body></html>\n",
                    status.as_u16()
                );
                Reply::html(status, reason, page)
            }
            _ => Reply::message(status, reason),
        }
    }
}
