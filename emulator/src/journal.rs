//! The latest requests, for tests and for the page.

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use http::Request;
use http::request::Parts;
use hyper::body::Bytes;
use serde_json::{Map, Value};

use crate::reply::Reply;

const RECORDS_KEPT: usize = 1000;
const METHOD_CHARS: usize = 20;
const TEXT_CHARS: usize = 200;
const MASK: &str = "•••";

/// The parameters, body fields and headers that the page shows. It masks all others.
const SHOWN: [&str; 6] = ["User", "user", "username", "Identifier", "status", "count"];

/// A request and its status, without any secret: no query, no header, no body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The method, such as `GET`.
    pub method: String,
    /// The path without its query, cut at 200 characters.
    pub path: String,
    /// The status of the response.
    pub status: u16,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.path, self.status)
    }
}

impl Record {
    pub(crate) fn of(request: &Parts) -> Self {
        Record {
            method: start(request.method.as_str(), METHOD_CHARS),
            path: start(request.uri.path(), TEXT_CHARS),
            status: 0,
        }
    }
}

/// A record and what the page shows beside it.
pub(crate) struct Entry {
    pub(crate) record: Record,
    pub(crate) at: Instant,
    /// The fields of the request, all but the names of users masked.
    pub(crate) sent: String,
    /// The outcome in one line.
    pub(crate) summary: String,
    pub(crate) refused: bool,
}

#[derive(Default)]
pub(crate) struct Journal {
    count: u64,
    entries: VecDeque<Entry>,
}

impl Journal {
    pub(crate) fn add(&mut self, record: Record, sent: String, reply: &Reply) {
        self.count += 1;
        if self.entries.len() == RECORDS_KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            record,
            at: Instant::now(),
            sent,
            summary: start(&reply.summary, TEXT_CHARS),
            refused: reply.refused,
        });
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }
}

/// The fields that a request carries, as `name=value` with every secret value masked.
pub(crate) fn masked_fields(request: &Request<Bytes>) -> String {
    let query = request.uri().query().unwrap_or_default();
    let mut fields: Vec<String> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| masked(&name, &value))
        .collect();
    for name in ["username", "password"] {
        if let Some(value) = request.headers().get(name) {
            fields.push(masked(name, &String::from_utf8_lossy(value.as_bytes())));
        }
    }
    let body = request.body();
    match serde_json::from_slice::<Map<String, Value>>(body) {
        Ok(object) => fields.extend(object.iter().map(|(name, value)| match value {
            Value::String(text) => masked(name, text),
            other => masked(name, &other.to_string()),
        })),
        Err(_) if body.is_empty() => {}
        Err(_) => fields.push(format!("{} bytes that are not a JSON object", body.len())),
    }
    // The masked fields are the least interesting ones.
    fields.sort_by_key(|field| field.ends_with(MASK));
    start(&fields.join(" "), TEXT_CHARS)
}

fn masked(name: &str, value: &str) -> String {
    let value = if SHOWN.contains(&name) { value } else { MASK };
    format!("{name}={value}")
}

fn start(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
