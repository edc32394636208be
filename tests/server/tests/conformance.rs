//! The conformance table as a Rust program sees it: each row is a test, named by its id.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use autoshares_case_server::CaseServer;
use autoshares_case_server::table::{Call, Config, Expect, Row, Seconds, Table, Text};
use autoshares_reset as reset;
// Links its getaddrinfo.
use autoshares_test_names as _;
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = root.join("tests/cases.json");
    let table = Table::read(&file).expect("a good table");
    let server = Arc::new(CaseServer::start(&file).expect("a server"));
    let trials = table.cases.into_iter().map(|row| {
        let (server, root) = (Arc::clone(&server), root.clone());
        Trial::test(row.id.clone(), move || {
            match run(&row, server.base_url(&row.id), &root) {
                failures if failures.is_empty() => Ok(()),
                failures => Err(failures.join("\n").into()),
            }
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The outcome of a row, in the table's terms.
#[derive(Debug, Default)]
struct Outcome {
    code: &'static str,
    question: Option<String>,
    token: Option<String>,
    error: Option<reset::Error>,
    /// True if the row has a null that Rust cannot express.
    stand_in: bool,
}

/// The differences from the row.
fn run(row: &Row, url: String, root: &Path) -> Vec<String> {
    let config = config(&row.config, url, root);
    let outcome = match reset::Client::new(&config) {
        Ok(client) => call(row, &client),
        Err(error) => Outcome {
            stand_in: [&row.config.base_url, &row.config.app_key]
                .into_iter()
                .any(|text| matches!(text, Some(None))),
            ..Outcome::failed(error)
        },
    };
    let mut failures = failures(&row.expect, &outcome);
    if !failures.is_empty() {
        failures.push(format!("{outcome:?}"));
    }
    failures
}

fn config(row: &Config, mut url: String, root: &Path) -> reset::Config {
    let text = |text: &Option<Text>| text.as_ref().map(Text::expand);
    url.extend(row.base_path.as_deref());
    let base_url = row.base_url.as_ref().map_or(Some(url), text);
    let app_key = row
        .app_key
        .as_ref()
        .map_or(Some("test-app-key".into()), text);
    let mut config = reset::Config::new(
        base_url.as_deref().unwrap_or_default(),
        app_key.as_deref().unwrap_or_default(),
    );
    if let Some(version) = &row.api_version {
        config.set_api_version(text(version).as_deref());
    }
    if let Some(milliseconds) = row.timeout_ms {
        config.set_timeout_ms(milliseconds);
    }
    if let Some(milliseconds) = row.connect_timeout_ms {
        config.set_connect_timeout_ms(milliseconds);
    }
    if let Some(file) = &row.ca_file {
        let path = text(file).map(|file| match &*file {
            "" => PathBuf::new(),
            file => root.join(file),
        });
        config.set_ca_file(path.as_ref().and_then(|path| path.to_str()));
    }
    if let Some(pem) = &row.ca_pem {
        config.set_ca_pem(text(pem).as_deref());
    }
    if let Some(url) = &row.proxy {
        config.set_proxy(text(url).as_deref());
    }
    if let Some(name) = &row.user_agent {
        config.set_user_agent(text(name).as_deref());
    }
    if let Some(allow) = row.allow_http {
        config.set_allow_http(allow);
    }
    config
}

impl Outcome {
    fn done(code: &'static str) -> Self {
        Self {
            code,
            ..Self::default()
        }
    }

    fn failed(error: reset::Error) -> Self {
        Self {
            error: Some(error.clone()),
            ..Self::done(name(error.code()))
        }
    }
}

fn call(row: &Row, client: &reset::Client) -> Outcome {
    let args: Vec<_> = row
        .args
        .iter()
        .map(|text| text.as_ref().map(Text::expand))
        .collect();
    let arg = |index: usize| args[index].as_deref();
    let required = |index| arg(index).unwrap_or("");
    let outcome = match row.call {
        Call::ClientNew => Ok(Outcome::done("ASR_OK")),
        Call::SecretQuestion => client.secret_question(required(0)).map(|question| Outcome {
            code: match question {
                Some(_) => "ASR_OK",
                None => "ASR_NO_QUESTION",
            },
            question,
            ..Outcome::default()
        }),
        Call::RequestReset => client
            .request_reset(required(0), arg(1))
            .map(|()| Outcome::done("ASR_OK")),
        Call::ConfirmCode => client.confirm_code(required(0)).map(|token| Outcome {
            token: Some(token.expose().to_owned()),
            ..Outcome::done("ASR_OK")
        }),
        Call::SetPassword => client
            .set_password(required(0), required(1))
            .map(|()| Outcome::done("ASR_OK")),
    };
    let required_count = match row.call {
        Call::ClientNew => 0,
        Call::SetPassword => 2,
        _ => 1,
    };
    Outcome {
        stand_in: args[..required_count].contains(&None),
        ..outcome.unwrap_or_else(Outcome::failed)
    }
}

fn failures(expect: &Expect, outcome: &Outcome) -> Vec<String> {
    let mut failures = Vec::new();
    let mut check = |good: bool, what: &str| {
        if !good {
            failures.push(format!("{what} is not as in the table"));
        }
    };
    check(outcome.code == expect.code, "the code");
    let same = |wanted: &Option<Option<String>>, given: Option<&str>| {
        wanted
            .as_ref()
            .is_none_or(|wanted| wanted.as_deref() == given)
    };
    check(
        same(&expect.question, outcome.question.as_deref()),
        "question",
    );
    check(same(&expect.token, outcome.token.as_deref()), "token");
    let Some(error) = &outcome.error else {
        return failures;
    };
    let status = error.http_status().unwrap_or(0);
    check(
        expect.http_status.is_none_or(|wanted| wanted == status),
        "http_status",
    );
    let sent = u16::from(error.request_sent());
    check(
        expect.request_sent.is_none_or(|wanted| wanted == sent),
        "request_sent",
    );
    let wait = error.retry_after().unwrap_or(0);
    let waits_as_wanted = match expect.retry_after_s {
        None => true,
        Some(Seconds::Exactly(wanted)) => wait == wanted,
        Some(Seconds::Between { min, max }) => (min..=max).contains(&wait),
    };
    check(waits_as_wanted, "retry_after_s");
    check(
        same(&expect.service_code, error.service_code()),
        "service_code",
    );
    if outcome.stand_in {
        return failures;
    }
    let message = error.message();
    check(same(&expect.message, Some(message)), "message");
    for part in &expect.message_has {
        check(
            message.contains(part),
            &format!("the message without {part:?}"),
        );
    }
    for part in &expect.message_lacks {
        check(
            !message.contains(part),
            &format!("the message with {part:?}"),
        );
    }
    failures
}

fn name(code: reset::Code) -> &'static str {
    use reset::Code;
    match code {
        Code::InvalidArgument => "ASR_INVALID_ARGUMENT",
        Code::InsecureUrl => "ASR_INSECURE_URL",
        Code::Cancelled => "ASR_CANCELLED",
        Code::ResolveFailed => "ASR_RESOLVE_FAILED",
        Code::ConnectFailed => "ASR_CONNECT_FAILED",
        Code::TlsFailed => "ASR_TLS_FAILED",
        Code::Timeout => "ASR_TIMEOUT",
        Code::ConnectionLost => "ASR_CONNECTION_LOST",
        Code::AppKeyRejected => "ASR_APP_KEY_REJECTED",
        Code::Rejected => "ASR_REJECTED",
        Code::AnswerIncorrect => "ASR_ANSWER_INCORRECT",
        Code::RateLimited => "ASR_RATE_LIMITED",
        Code::ServerError => "ASR_SERVER_ERROR",
        Code::InvalidResponse => "ASR_INVALID_RESPONSE",
        Code::Internal => "ASR_INTERNAL",
        _ => "a code that this test does not know",
    }
}
