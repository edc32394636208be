//! Any bytes as a response: the outcome is one of the documented ones, and no secret is shown.
#![no_main]

use autoshares_reset::{Code, fuzzing};
use libfuzzer_sys::fuzz_target;

const SECRETS: [&str; 2] = ["k3y-of-the-app", "user@example"];

// The input: the call, the status, a line for Location and one for Retry-After, X-RateLimit-Reset, Date and
// Reason with tabs between them, then the body. Recorded responses are easily made into seeds.
fuzz_target!(|input: &[u8]| {
    let [call, status, rest @ ..] = input else {
        return;
    };
    let mut parts = rest.splitn(3, |byte| *byte == b'\n');
    let mut line = || {
        let text = String::from_utf8_lossy(parts.next()?).into_owned();
        (!text.is_empty()).then_some(text)
    };
    let location = line();
    let others = line().unwrap_or_default();
    let mut others = others.split('\t').map(|value| Some(value.to_owned()));
    let mut other = || others.next().flatten();
    let header = [location, other(), other(), other(), other()];
    let body = parts.next().unwrap_or_default().to_vec();
    // Mostly statuses that a service sends; the outcome table has one row for all others.
    let status = match *status {
        n @ 0..200 => [200, 400, 401, 403, 422, 429, 500, 503][usize::from(n) % 8],
        n => 100 + u16::from(n - 200) * 16,
    };
    let is_json = serde_json::from_slice::<serde_json::Value>(&body).is_ok();
    match fuzzing::interpret(*call, status, header, body, &SECRETS) {
        Ok(value) => {
            assert!((200..300).contains(&status), "success at HTTP {status}");
            assert!(value.is_none_or(|v| !v.is_empty() && !v.contains('\0')));
        }
        Err(error) => {
            let texts = [error.message(), error.service_code().unwrap_or("")];
            assert!(!texts[0].is_empty() && texts[0].len() <= 500 && texts[1].len() <= 100);
            for text in texts {
                assert!(!text.chars().any(char::is_control), "{text:?}");
                let lower = text.to_lowercase();
                let is_shown = |secret: &&str| lower.contains(secret);
                assert!(!SECRETS.iter().any(is_shown), "{text:?}");
            }
            if !is_json && (200..300).contains(&status) {
                // serde_json is stricter about what it ignores than about what it reads.
                assert!(error.code() != Code::Internal);
            }
            #[cfg(planted_bug)]
            assert!(error.code() != Code::AnswerIncorrect, "the planted bug");
        }
    }
});
