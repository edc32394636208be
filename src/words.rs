//! Makes the service's words fit to show: one line, no secrets, not too long.

/// Joins sentences by a blank, with a full stop after one that lacks its end; control characters
/// go first, since they would hide where it ends.
pub(crate) fn join<S: AsRef<str>>(sentences: impl IntoIterator<Item = S>) -> String {
    let mut text = String::new();
    for sentence in sentences {
        let sentence = without_controls(sentence.as_ref());
        let sentence = sentence.trim();
        if sentence.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(sentence);
        if sentence.ends_with(char::is_alphanumeric) {
            text.push('.');
        }
    }
    text
}

/// `text` without control characters, with `***` for each secret that stands in it as a whole
/// word, raw or percent-encoded, and cut at `max` bytes.
pub(crate) fn shown(text: &str, secrets: &[&str], max: usize) -> String {
    let text = without_controls(text);
    // The service's words lose control characters and the blanks around a sentence; a secret in
    // them has lost the same.
    let bare: Vec<String> = secrets.iter().map(|s| without_controls(s)).collect();
    let trimmed = bare.iter().map(|s| s.trim());
    let all = secrets
        .iter()
        .copied()
        .chain(bare.iter().map(String::as_str))
        .chain(trimmed);
    let mut forms: Vec<&str> = Vec::new();
    for form in all {
        if !form.is_empty() && !forms.contains(&form) {
            forms.push(form);
        }
    }

    let mut output = String::new();
    // Up to here the text is covered by `***`.
    let mut covered = 0;
    let mut work = MAX_WORK;
    for (at, next) in text.char_indices() {
        let (before, rest) = text.split_at(at);
        let found = forms
            .iter()
            .filter_map(|s| word_at(before, rest, s, &mut work));
        let found = found.max();
        if output.len() > max || work == 0 {
            break;
        }
        if let Some(length) = found {
            if at >= covered {
                output.push_str("***");
            }
            covered = covered.max(at + length);
        } else if at >= covered {
            output.push(next);
        }
    }
    output.truncate(output.floor_char_boundary_at(max));
    output
}

/// How many bytes are compared at the most: a long text full of long near misses must not keep
/// the call busy. What was not looked at then is not shown.
const MAX_WORK: usize = 32 * 1024 * 1024;

pub(crate) fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

trait CharBoundary {
    fn floor_char_boundary_at(&self, max: usize) -> usize;
}

impl CharBoundary for str {
    // str::floor_char_boundary is younger than the Rust version this crate promises.
    fn floor_char_boundary_at(&self, max: usize) -> usize {
        (0..=max.min(self.len()))
            .rev()
            .find(|&i| self.is_char_boundary(i))
            .unwrap_or(0)
    }
}

/// The length of `secret` at the start of `rest`, if it stands there and not within a longer run
/// of letters and digits.
fn word_at(before: &str, rest: &str, secret: &str, work: &mut usize) -> Option<usize> {
    let glued = |inner: Option<char>, outer: Option<char>| {
        inner.is_some_and(char::is_alphanumeric) && outer.is_some_and(char::is_alphanumeric)
    };
    if glued(secret.chars().next(), before.chars().next_back()) && !ends_encoded(before) {
        return None;
    }
    // A `%` in the secret may stand raw before two hex digits, so both readings are tried.
    let length = [true, false]
        .into_iter()
        .find_map(|encoded_first| length_at(rest.as_bytes(), secret, encoded_first, work))?;
    let after = rest.get(length..)?;
    (!glued(secret.chars().next_back(), after.chars().next())).then_some(length)
}

fn length_at(text: &[u8], secret: &str, encoded_first: bool, work: &mut usize) -> Option<usize> {
    let mut at = 0;
    for byte in secret.bytes() {
        *work = work.checked_sub(1)?;
        let raw = text.get(at) == Some(&byte);
        let encoded = encoded_byte(text.get(at..)?) == Some(byte);
        at += match (raw, encoded) {
            (true, true) if encoded_first => 3,
            (true, _) => 1,
            (false, true) => 3,
            (false, false) => return None,
        };
    }
    Some(at)
}

fn encoded_byte(text: &[u8]) -> Option<u8> {
    let &[b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |d: u8| (d as char).to_digit(16);
    Some((digit(high)? * 16 + digit(low)?) as u8)
}

/// Whether the text ends with an encoded character, as in `%20`, which is no part of a word.
fn ends_encoded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let last = bytes.len().checked_sub(3).map(|start| &bytes[start..]);
    last.and_then(encoded_byte)
        .is_some_and(|byte| !byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_joined_and_closed() {
        assert_eq!(
            join(["One", " Two! ", "", "three 3", "(four)"]),
            "One. Two! three 3. (four)"
        );
        assert_eq!(join(["One\u{1}", "\u{1} \u{2}"]), "One.");
    }

    #[test]
    fn secrets_are_masked_as_whole_words_only() {
        for (text, secret, expected) in [
            ("user joe unknown", "joe", "user *** unknown"),
            ("joey and banjoe", "joe", "joey and banjoe"),
            ("'joe'/joe.", "joe", "'***'/***."),
            (
                "a%40b.c and a@b.c and A%40b.c",
                "a@b.c",
                "*** and *** and A%40b.c",
            ),
            ("x=%c3%a9t%C3%A9&y", "été", "x=***&y"),
            ("been %20joe here", "joe", "been %20*** here"),
            ("50%25 is 50% of", "50%", "*** is *** of"),
            ("raw %41 stays", "%41", "raw *** stays"),
            ("it is %2541 here", "%41", "it is *** here"),
            ("!s! x!s!", "!s!", "*** x***"),
            ("is correcthorse weak", "correct\thorse", "is *** weak"),
            ("has correct%09horse", "correct\thorse", "has ***"),
            ("Not hunter2.", "hunter2 ", "Not ***."),
        ] {
            assert_eq!(shown(text, &[secret], 500), expected, "{text} {secret}");
        }
    }

    #[test]
    fn secrets_that_overlap_are_masked_as_one() {
        for (text, secrets, expected) in [
            ("a b c d e f", ["a b", "b c d e f"], "***"),
            ("a b c d e f", ["b c d e f", "a b c"], "***"),
            ("x (a) b (a) x", ["(a) b", "b (a)"], "x *** x"),
            ("a b", ["a", "b"], "*** ***"),
            ("!a!!b!", ["!a!", "!b!"], "******"),
        ] {
            assert_eq!(shown(text, &secrets, 500), expected, "{text}");
        }
    }

    #[test]
    fn control_characters_go_before_masking_and_cutting_comes_last() {
        assert_eq!(shown("j\u{0}o\u{85}e\r\n!", &["joe"], 500), "***!");
        let long = format!("{}secret", "é".repeat(248));
        assert_eq!(shown(&long, &["secret"], 500).len(), 500);
        let cut = shown(&format!(" {}", "é".repeat(300)), &[], 500);
        assert_eq!(cut.len(), 499);
    }

    #[test]
    fn a_long_text_full_of_near_misses_is_done_with_quickly() {
        let secret = format!("{}?", "!".repeat(16_000));
        assert_eq!(shown(&"!".repeat(1_000_000), &[&secret], 500).len(), 500);
        let secret = "!".repeat(16_000);
        assert_eq!(shown(&"!".repeat(1_000_000), &[&secret], 500), "***");
    }
}
