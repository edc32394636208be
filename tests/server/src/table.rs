//! The table as Rust types, checked as it is read: a key that no language knows is an error here.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The whole of `cases.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Requests that many rows share, by name.
    pub requests: BTreeMap<String, Request>,
    /// The rows.
    pub cases: Vec<Row>,
    /// The folder of the files that responses name.
    #[serde(skip)]
    pub files: PathBuf,
}

/// One case: a call, the service's response to it, and the expected outcome.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Kebab-case, unique.
    pub id: String,
    /// The call that the case makes.
    pub call: Call,
    /// The call's arguments.
    pub args: Vec<Option<Text>>,
    /// The client's settings, if they differ from the defaults.
    #[serde(default)]
    pub config: Config,
    /// The expected request; `None`: none may arrive.
    pub request: Option<Wanted>,
    /// The server's response to it.
    pub response: Option<Response>,
    /// The call's second request, if the response leads to one.
    pub second: Option<Second>,
    /// The expected outcome.
    pub expect: Expect,
}

/// The calls of the library, and the making of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as in C")]
pub enum Call {
    SecretQuestion,
    RequestReset,
    ConfirmCode,
    SetPassword,
    ClientNew,
}

/// A string that may be long: literal, or with a repeated part.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// A literal string.
    Plain(String),
    /// See [`Repeated`].
    Repeated(Repeated),
}

/// `before`, then `repeat` as many `times`, then `after`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// For the server alone.
    #[serde(default)]
    pub before: String,
    /// The repeated string.
    pub repeat: String,
    /// The number of times.
    pub times: usize,
    /// For the server alone.
    #[serde(default)]
    pub after: String,
}

impl Text {
    /// The expanded string.
    pub fn expand(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Repeated(it) => [&*it.before, &it.repeat.repeat(it.times), &it.after].concat(),
        }
    }
}

/// The settings of a row's client. Of strings, `Some(None)` is NULL.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "named as in C")]
pub struct Config {
    #[serde(deserialize_with = "given")]
    pub base_url: Option<Option<Text>>,
    /// Appended to the base URL that the server gives to the row.
    pub base_path: Option<String>,
    #[serde(deserialize_with = "given")]
    pub app_key: Option<Option<Text>>,
    #[serde(deserialize_with = "given")]
    pub api_version: Option<Option<Text>>,
    pub timeout_ms: Option<u32>,
    pub connect_timeout_ms: Option<u32>,
    #[serde(deserialize_with = "given")]
    pub ca_file: Option<Option<Text>>,
    #[serde(deserialize_with = "given")]
    pub ca_pem: Option<Option<Text>>,
    #[serde(deserialize_with = "given")]
    pub proxy: Option<Option<Text>>,
    #[serde(deserialize_with = "given")]
    pub user_agent: Option<Option<Text>>,
    pub allow_http: Option<bool>,
}

/// The expected outcome of a row. `None` is not checked; of strings, `Some(None)` is NULL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "named as in C")]
pub struct Expect {
    pub code: String,
    pub http_status: Option<u16>,
    pub request_sent: Option<u16>,
    pub retry_after_s: Option<Seconds>,
    #[serde(default, deserialize_with = "given")]
    pub question: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub token: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub service_code: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub message: Option<Option<String>>,
    #[serde(default)]
    pub message_has: Vec<String>,
    #[serde(default)]
    pub message_lacks: Vec<String>,
}

/// A number of seconds, or a range if it depends on the clock.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
#[expect(missing_docs, reason = "they say it")]
pub enum Seconds {
    Exactly(u32),
    Between { min: u32, max: u32 },
}

/// The request that a row expects, by name or in full.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Wanted {
    /// One of the table's `requests`.
    Named(String),
    /// This one.
    Itself(Request),
}

/// A call's second request, and the server's response to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Second {
    /// The expected request.
    pub request: Wanted,
    /// The server's response to it.
    pub response: Response,
}

/// An expected request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `GET` and so on.
    pub method: String,
    /// Path and query, without the row's id.
    pub target: Text,
    /// By lower-case names; `None` for a header that must be missing.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<Text>>,
    /// The body; `None`: there must be none.
    pub json: Option<Value>,
}

/// A response.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The HTTP status, 200 by default.
    pub status: Option<u16>,
    /// Headers; a list stands for several of one name.
    #[serde(default)]
    pub headers: BTreeMap<String, OneOrMore>,
    /// The body as text,
    pub body: Option<Text>,
    /// or as the name of a file,
    pub body_file: Option<String>,
    /// or as bytes.
    pub body_base64: Option<String>,
    /// Instead of all above, the whole response,
    pub raw: Option<Text>,
    /// or its bytes.
    pub raw_base64: Option<String>,
    /// The fate of the connection.
    pub then: Option<Then>,
}

/// The values of a header.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "they say it")]
pub enum OneOrMore {
    One(HeaderValue),
    More(Vec<HeaderValue>),
}

/// A header's value.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum HeaderValue {
    /// A text.
    Text(Text),
    /// A date, this many seconds from now.
    Date {
        /// Less than 0 for the past.
        seconds_from_now: i64,
        /// Its format.
        form: DateForm,
    },
}

/// The ways to write a date in HTTP.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateForm {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    Imf,
    /// `Sunday, 06-Nov-94 08:49:37 GMT`
    Rfc850,
    /// `Sun Nov  6 08:49:37 1994`
    Asctime,
    /// `784111777`, as `X-RateLimit-Reset` has it
    Unix,
}

/// The fate of the connection after a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// The server waits for the next request on it.
    Keep,
    /// The server closes it.
    Close,
    /// The server sends nothing more, and waits until the client closes it.
    Stall,
}

/// Distinguishes null, `Some(None)`, from a missing key.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl Table {
    /// Reads and checks a table, so that the server finds no error in it later.
    pub fn read(path: &Path) -> io::Result<Self> {
        let bad = |words: String| {
            let words = format!("{}: {words}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, words)
        };
        let text = fs::read(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        let mut table: Self = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
        table.files = path.with_file_name("fixtures").join("wire");
        let mut ids = HashSet::new();
        for row in &table.cases {
            let bad = |why: &str| bad(format!("row {}: {why}", row.id));
            if !is_kebab_case(&row.id) {
                return Err(bad("the id is not in kebab-case"));
            }
            if !ids.insert(&row.id) {
                return Err(bad("there are two of this id"));
            }
            if row.request.is_some() != row.response.is_some() {
                return Err(bad("a request and its response come together"));
            }
            if row.second.is_some() && row.request.is_none() {
                return Err(bad("there is a second request and no first"));
            }
            let second = row.second.as_ref();
            for wanted in row
                .request
                .iter()
                .chain(second.map(|second| &second.request))
            {
                if table.request(wanted).is_none() {
                    return Err(bad("there is no request of this name"));
                }
            }
            for response in row
                .response
                .iter()
                .chain(second.map(|second| &second.response))
            {
                response
                    .bytes(&table.files)
                    .map_err(|e| bad(&e.to_string()))?;
            }
        }
        Ok(table)
    }

    /// The row of an id.
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.cases.iter().find(|row| row.id == id)
    }

    /// A request, by name or in full.
    pub fn request<'a>(&'a self, wanted: &'a Wanted) -> Option<&'a Request> {
        match wanted {
            Wanted::Named(name) => self.requests.get(name),
            Wanted::Itself(request) => Some(request),
        }
    }
}

fn is_kebab_case(id: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    id.split('-').all(is_word)
}
