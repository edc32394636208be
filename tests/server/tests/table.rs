//! Checks that the table is sound and complete: each row of the outcome table for each call to which
//! it applies, each code, each refused argument.

use std::collections::BTreeSet;
use std::path::Path;
use std::str;
use std::sync::LazyLock;

use autoshares_case_server::table::{Call, Config, Row, Table, Text, Wanted};
use serde_json::Value;

use Call::{ClientNew, ConfirmCode, RequestReset, SecretQuestion, SetPassword};

const CALLS: [Call; 4] = [SecretQuestion, RequestReset, ConfirmCode, SetPassword];

/// All codes, and whether a server's response or an argument can cause them.
const CODES: [(&str, bool); 17] = [
    ("ASR_OK", true),
    ("ASR_NO_QUESTION", true),
    ("ASR_INVALID_ARGUMENT", true),
    ("ASR_INSECURE_URL", true),
    ("ASR_CANCELLED", false),
    ("ASR_RESOLVE_FAILED", true),
    ("ASR_CONNECT_FAILED", true),
    ("ASR_TLS_FAILED", false),
    ("ASR_TIMEOUT", true),
    ("ASR_CONNECTION_LOST", true),
    ("ASR_APP_KEY_REJECTED", true),
    ("ASR_REJECTED", true),
    ("ASR_ANSWER_INCORRECT", true),
    ("ASR_RATE_LIMITED", true),
    ("ASR_SERVER_ERROR", true),
    ("ASR_INVALID_RESPONSE", true),
    ("ASR_INTERNAL", false),
];

/// The longest string that is taken, in bytes.
const MAX_TEXT: usize = 16 * 1024;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases.json");
    // Unknown calls and keys, ids that are there twice and the like fail here already.
    Table::read(&file).unwrap()
});

fn rows_of(call: Call) -> impl Iterator<Item = &'static Row> {
    TABLE.cases.iter().filter(move |row| row.call == call)
}

fn is_refusal(row: &Row) -> bool {
    matches!(
        &*row.expect.code,
        "ASR_INVALID_ARGUMENT" | "ASR_INSECURE_URL"
    )
}

#[test]
fn every_row_has_the_arguments_of_its_call() {
    for row in &TABLE.cases {
        let count = match row.call {
            ClientNew => 0,
            SecretQuestion | ConfirmCode => 1,
            RequestReset | SetPassword => 2,
        };
        assert_eq!(row.args.len(), count, "{}", row.id);
    }
}

#[test]
fn every_code_is_known_and_reached() {
    let expected: BTreeSet<_> = TABLE.cases.iter().map(|row| &*row.expect.code).collect();
    let all: BTreeSet<_> = CODES.iter().map(|(code, _)| *code).collect();
    let reachable = CODES.iter().filter(|(_, is_reachable)| *is_reachable);
    assert_eq!(expected, reachable.map(|(code, _)| *code).collect());
    assert!(expected.is_subset(&all));
}

#[test]
fn a_wrong_request_fails_every_row() {
    for row in &TABLE.cases {
        let Row { id, expect, .. } = row;
        assert_ne!(expect.http_status, Some(418), "{id}");
        // The server refuses a wrong request with a status of its own.
        let is_distinct = expect.code != "ASR_REJECTED" || expect.http_status.is_some();
        assert!(is_distinct, "{id} expects no http_status");
        if is_refusal(row) || row.call == ClientNew {
            assert!(row.request.is_none(), "{id} waits for a request");
            assert_eq!(expect.request_sent, Some(0), "{id}");
            assert_eq!(expect.http_status, Some(0), "{id}");
        }
    }
}

#[test]
fn every_named_request_is_used() {
    for name in TABLE.requests.keys() {
        let uses_it = |row: &Row| {
            let second = row.second.as_ref().map(|second| &second.request);
            let mut all = row.request.iter().chain(second);
            all.any(|wanted| matches!(wanted, Wanted::Named(n) if n == name))
        };
        assert!(TABLE.cases.iter().any(uses_it), "{name}");
    }
}

#[test]
fn a_success_is_distinct_from_another() {
    for row in TABLE.cases.iter().filter(|row| row.expect.code == "ASR_OK") {
        let expect = &row.expect;
        let is_long = row.id == "response-of-the-largest-body";
        match row.call {
            SecretQuestion => assert!(is_long || matches!(expect.question, Some(Some(_)))),
            ConfirmCode => assert!(matches!(expect.token, Some(Some(_)))),
            _ => assert!(expect.question.is_none() || expect.question == Some(None)),
        }
        assert!(
            expect.message_has.is_empty() && expect.message_lacks.is_empty(),
            "{}",
            row.id
        );
    }
}

/// The settings that are strings, by their names in messages.
fn strings(config: &Config) -> [(&'static str, &Option<Option<Text>>); 7] {
    [
        ("The base URL", &config.base_url),
        ("The app key", &config.app_key),
        ("The API version", &config.api_version),
        ("The CA file", &config.ca_file),
        ("The CA PEM text", &config.ca_pem),
        ("The proxy", &config.proxy),
        ("The user agent", &config.user_agent),
    ]
}

#[test]
fn runners_get_strings_that_all_of_them_can_read() {
    for row in &TABLE.cases {
        let settings = strings(&row.config)
            .into_iter()
            .filter_map(|(_, text)| text.as_ref());
        for text in row.args.iter().chain(settings).flatten() {
            if let Text::Repeated(it) = text {
                assert!(it.before.is_empty() && it.after.is_empty(), "{}", row.id);
            }
            assert!(!text.expand().contains('\0'), "{}", row.id);
        }
    }
}

#[test]
fn every_setting_is_refused_by_name_and_accepted() {
    let made = |row: &Row| row.expect.code != "ASR_INVALID_ARGUMENT";
    let named = |row: &Row, name: &str| row.expect.message_has.iter().any(|part| part == name);
    for (index, (name, _)) in strings(&Config::default()).iter().enumerate() {
        let given = |row: &Row| strings(&row.config)[index].1.clone();
        let too_long = |text: Text| text.expand().len() > MAX_TEXT;
        let refused = |row: &&Row| !made(row) && named(row, name);
        assert!(
            rows_of(ClientNew)
                .filter(refused)
                .any(|row| given(row).flatten().is_some_and(too_long)),
            "{name} is nowhere too long"
        );
        assert!(
            TABLE
                .cases
                .iter()
                .any(|row| made(row) && given(row).is_some()),
            "{name}"
        );
    }
    for (name, value) in [
        (
            "The timeout",
            (|config| config.timeout_ms) as fn(&Config) -> Option<u32>,
        ),
        ("The connect timeout", |config| config.connect_timeout_ms),
    ] {
        let with =
            |wanted| rows_of(ClientNew).filter(move |row| value(&row.config) == Some(wanted));
        assert!(with(0).any(|row| !made(row) && named(row, name)), "{name}");
        assert!(with(u32::MAX).any(made), "{name}");
    }
}

#[test]
fn every_argument_is_refused_in_every_way_and_accepted_at_its_longest() {
    type Kind = fn(Option<&str>) -> bool;
    let null: (&str, Kind) = ("null", |text| text.is_none());
    let kinds: [(&str, Kind); 3] = [
        ("empty", |text| text == Some("")),
        ("too long", |text| text.is_some_and(|t| t.len() > MAX_TEXT)),
        ("too long in bytes alone", |text| {
            text.is_some_and(|t| t.len() > MAX_TEXT && t.chars().count() <= MAX_TEXT)
        }),
    ];
    let control: [(&str, Kind); 2] = [
        ("with a line break", |text| {
            text.is_some_and(|t| t.contains('\n'))
        }),
        ("with a late control character", |text| {
            text.is_some_and(|t| t.contains('\u{85}'))
        }),
    ];
    for (call, index, is_name, is_optional) in [
        (SecretQuestion, 0, true, false),
        (RequestReset, 0, true, false),
        (RequestReset, 1, false, true),
        (ConfirmCode, 0, false, false),
        (SetPassword, 0, false, false),
        (SetPassword, 1, false, false),
    ] {
        let argument = |row: &Row| row.args[index].as_ref().map(Text::expand);
        let mut wanted = kinds.to_vec();
        wanted.extend((!is_optional).then_some(null));
        wanted.extend(control.iter().filter(|_| is_name));
        for (name, kind) in wanted {
            let is_there = rows_of(call).any(|row| {
                row.expect.code == "ASR_INVALID_ARGUMENT" && kind(argument(row).as_deref())
            });
            assert!(is_there, "{call:?}: argument {index}: {name}");
        }
        let longest = |row: &Row| argument(row).is_some_and(|text| text.len() == MAX_TEXT);
        let is_there = rows_of(call).any(|row| row.expect.code == "ASR_OK" && longest(row));
        assert!(is_there, "{call:?}: argument {index}: the longest");
    }
}

/// The parts of a row's response that the outcome table tells apart.
struct Seen {
    code: &'static str,
    /// 0 if the response has none.
    status: u16,
    header_size: usize,
    body: Vec<u8>,
    json: Option<Value>,
}

impl Seen {
    fn of(row: &'static Row) -> Option<Self> {
        let bytes = row.response.as_ref()?.bytes(&TABLE.files).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (header, body) = bytes.split_at(end.map_or(bytes.len(), |end| end + 4));
        let status = str::from_utf8(header)
            .ok()
            .and_then(|header| header.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        Some(Self {
            code: &row.expect.code,
            status: status.unwrap_or(0),
            header_size: header.len(),
            json: serde_json::from_slice(body).ok(),
            body: body.to_vec(),
        })
    }

    fn field(&self, name: &str) -> Option<&Value> {
        self.json.as_ref()?.get(name)
    }

    fn succeeds(&self) -> Option<bool> {
        self.field("IsSucceed")?.as_bool()
    }

    fn is_2xx(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn has_model(&self, fits: impl Fn(Option<&Value>) -> bool) -> bool {
        self.is_2xx() && self.succeeds() == Some(true) && fits(self.field("Model"))
    }

    fn blames_the_key(&self) -> bool {
        let error = self.field("error").and_then(Value::as_str);
        error.is_some_and(|words| words.to_lowercase().contains("application key"))
    }

    fn is_strange(&self) -> bool {
        !self.body.is_empty() && !self.json.as_ref().is_some_and(Value::is_object)
    }
}

/// Judges a response apart from its code.
type Fits = fn(&Seen) -> bool;

const QUESTION: &[Call] = &[SecretQuestion];
const RESET: &[Call] = &[RequestReset];
const CODE: &[Call] = &[ConfirmCode];
const OTHERS: &[Call] = &[SecretQuestion, ConfirmCode, SetPassword];
const WITHOUT_A_VALUE: &[Call] = &[RequestReset, SetPassword];

/// The outcome table: a row's name, the calls to which it applies, the code, and its responses.
const OUTCOMES: [(&str, &[Call], &str, Fits); 38] = [
    ("no HTTP", &CALLS, "ASR_INVALID_RESPONSE", |s| s.status == 0),
    ("101", &CALLS, "ASR_INVALID_RESPONSE", |s| s.status == 101),
    ("above 599", &CALLS, "ASR_INVALID_RESPONSE", |s| {
        s.status > 599
    }),
    ("skipped 1xx", &CALLS, "ASR_OK", |s| s.status == 100),
    ("too much header", &CALLS, "ASR_INVALID_RESPONSE", |s| {
        s.header_size > 65536
    }),
    ("too much body", &CALLS, "ASR_INVALID_RESPONSE", |s| {
        s.body.len() > 1 << 20
    }),
    ("3xx", &CALLS, "ASR_INVALID_RESPONSE", |s| {
        s.status / 100 == 3
    }),
    ("incorrect at 2xx", &CALLS, "ASR_ANSWER_INCORRECT", |s| {
        s.is_2xx()
    }),
    ("incorrect at 4xx", &CALLS, "ASR_ANSWER_INCORRECT", |s| {
        s.status / 100 == 4
    }),
    ("incorrect at 5xx", &CALLS, "ASR_ANSWER_INCORRECT", |s| {
        s.status / 100 == 5
    }),
    ("key at 2xx", &CALLS, "ASR_APP_KEY_REJECTED", |s| {
        s.is_2xx() && s.blames_the_key()
    }),
    ("key at another 4xx", &CALLS, "ASR_APP_KEY_REJECTED", |s| {
        s.status == 400 && s.blames_the_key()
    }),
    ("a question", QUESTION, "ASR_OK", |s| {
        s.has_model(|m| m.is_some_and(Value::is_string))
    }),
    ("no question", QUESTION, "ASR_NO_QUESTION", |s| {
        s.has_model(|m| m.and_then(Value::as_str) == Some(""))
    }),
    ("null question", QUESTION, "ASR_NO_QUESTION", |s| {
        s.has_model(|m| m.is_some_and(Value::is_null))
    }),
    ("absent question", QUESTION, "ASR_NO_QUESTION", |s| {
        s.has_model(|m| m.is_none())
    }),
    ("strange question", QUESTION, "ASR_INVALID_RESPONSE", |s| {
        s.has_model(|m| m.is_some_and(Value::is_number))
    }),
    ("a token", CODE, "ASR_OK", |s| {
        s.has_model(|m| m.is_some_and(Value::is_string))
    }),
    ("empty token", CODE, "ASR_INVALID_RESPONSE", |s| {
        s.has_model(|m| m.and_then(Value::as_str) == Some(""))
    }),
    ("null token", CODE, "ASR_INVALID_RESPONSE", |s| {
        s.has_model(|m| m.is_some_and(Value::is_null))
    }),
    ("absent token", CODE, "ASR_INVALID_RESPONSE", |s| {
        s.has_model(|m| m.is_none())
    }),
    ("strange token", CODE, "ASR_INVALID_RESPONSE", |s| {
        s.has_model(|m| m.is_some_and(Value::is_number))
    }),
    ("done", WITHOUT_A_VALUE, "ASR_OK", |s| {
        s.has_model(|m| m.is_none())
    }),
    ("done with a model", WITHOUT_A_VALUE, "ASR_OK", |s| {
        s.has_model(|m| m.is_some())
    }),
    ("accepted", RESET, "ASR_OK", |s| {
        s.is_2xx() && s.succeeds() == Some(false)
    }),
    ("no reason", OTHERS, "ASR_REJECTED", |s| {
        let is_bare = s
            .field("Errors")
            .is_none_or(|list| list.as_array().is_some_and(Vec::is_empty));
        s.is_2xx() && s.succeeds() == Some(false) && is_bare
    }),
    ("refused at 2xx", &CALLS, "ASR_REJECTED", |s| {
        s.is_2xx() && s.succeeds() == Some(false)
    }),
    ("empty at 200", &CALLS, "ASR_INVALID_RESPONSE", |s| {
        s.status == 200 && s.body.is_empty()
    }),
    ("204", &CALLS, "ASR_INVALID_RESPONSE", |s| s.status == 204),
    ("not JSON at 2xx", &CALLS, "ASR_INVALID_RESPONSE", |s| {
        s.is_2xx() && s.is_strange()
    }),
    (
        "another shape at 2xx",
        &CALLS,
        "ASR_INVALID_RESPONSE",
        |s| s.is_2xx() && s.json.is_some() && s.succeeds().is_none(),
    ),
    ("407", &CALLS, "ASR_CONNECT_FAILED", |s| s.status == 407),
    ("408", &CALLS, "ASR_TIMEOUT", |s| s.status == 408),
    ("429", &CALLS, "ASR_RATE_LIMITED", |s| s.status == 429),
    (
        "a page at another 4xx",
        &CALLS,
        "ASR_INVALID_RESPONSE",
        |s| s.status == 404 && s.is_strange(),
    ),
    ("other 4xx", &CALLS, "ASR_REJECTED", |s| {
        s.status == 400 && s.succeeds().is_none()
    }),
    ("511", &CALLS, "ASR_INVALID_RESPONSE", |s| s.status == 511),
    ("other 5xx", &CALLS, "ASR_SERVER_ERROR", |s| {
        s.status / 100 == 5
    }),
];

/// The outcomes of both 401 and 403.
const UNAUTHORIZED: [(&str, &str, Fits); 4] = [
    ("empty", "ASR_APP_KEY_REJECTED", |s| s.body.is_empty()),
    ("JSON", "ASR_APP_KEY_REJECTED", |s| s.json.is_some()),
    ("strange", "ASR_INVALID_RESPONSE", Seen::is_strange),
    ("a refusal", "ASR_REJECTED", |s| s.json.is_some()),
];

#[test]
fn every_row_of_the_outcome_table_is_there_for_every_call_it_applies_to() {
    let seen = |call| rows_of(call).filter_map(Seen::of);
    for (name, calls, code, fits) in OUTCOMES {
        for &call in calls {
            let is_there = seen(call).any(|s| s.code == code && fits(&s));
            assert!(is_there, "{name}: {call:?}");
        }
    }
    for call in CALLS {
        for status in [401, 403] {
            for (name, code, fits) in UNAUTHORIZED {
                let is_it = |s: Seen| s.status == status && s.code == code && fits(&s);
                assert!(seen(call).any(is_it), "{name} at {status}: {call:?}");
            }
        }
    }
}
