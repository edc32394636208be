//! Makes the service's text fit to show: on one line, without secrets, not too long.

use std::collections::BTreeMap;

use crate::escapes::{self, Reading};
use crate::secret::Secret;

#[cfg(test)]
mod tests;

/// Text from the service, on one line. It may repeat a secret, so only [`ServiceText::redact`]
/// turns it into text that can be shown.
#[derive(Default)]
pub(crate) struct ServiceText(String);

impl ServiceText {
    pub fn new(text: &str) -> Self {
        Self(one_line(text).trim().to_owned())
    }

    /// Joins sentences with blanks, and adds a full stop to one that ends without punctuation.
    pub fn join<S: AsRef<str>>(sentences: impl IntoIterator<Item = S>) -> Self {
        let mut text = String::new();
        for sentence in sentences {
            let Self(sentence) = Self::new(sentence.as_ref());
            if sentence.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&sentence);
            if sentence.ends_with(char::is_alphanumeric) {
                text.push('.');
            }
        }
        Self(text)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn begins_with(&self, words: &str) -> bool {
        self.0.starts_with(words)
    }

    /// The text, with `***` in place of each secret, cut at `max` bytes.
    ///
    /// A secret is found in any letter case and in the encodings that [`escapes`] reads: as a whole
    /// word, or anywhere if it is too long to be part of another word by chance.
    pub fn redact(&self, secrets: &[Option<&str>], max: usize) -> String {
        let forms = forms(secrets);
        let mut search = Search::new(&self.0);
        let mut output = String::new();
        // `***` stands for the text up to here.
        let mut covered = 0;
        for (at, char) in self.0.char_indices() {
            let found = forms.iter().filter_map(|form| search.end_of(form, at));
            let mut found = found.max();
            if search.work == 0 {
                // The rest was not searched.
                found = Some(self.0.len());
            }
            if output.len() > max || covered == self.0.len() {
                break;
            }
            if let Some(end) = found {
                if at >= covered {
                    output.push_str("***");
                }
                covered = covered.max(end);
            } else if at >= covered {
                output.push(char);
            }
            search.pass(at);
        }
        shorten(&mut output, max);
        output
    }
}

/// Drops control characters, and replaces each run of line breaks by a blank.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut is_in_break = false;
    for c in text.chars() {
        if matches!(c, '\r' | '\n') {
            if !is_in_break {
                line.push(' ');
            }
            is_in_break = true;
        } else if !c.is_control() && !redirects_text(c) {
            line.push(c);
            is_in_break = false;
        }
    }
    line
}

/// Line and paragraph separators, and the controls that change the direction of text.
fn redirects_text(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A question, fit to be shown on one line. It is not redacted, because only the user sees it.
pub(crate) fn question_on_one_line(question: Secret) -> Secret {
    let text = question.expose();
    // A fast path: most questions are plain ASCII. The compiler vectorizes a loop that never breaks
    // off.
    let is_strange = |byte: u8| !matches!(byte, b' '..=b'~');
    let has_strange = text.bytes().fold(false, |has, byte| has | is_strange(byte));
    if !has_strange || !text.chars().any(|c| c.is_control() || redirects_text(c)) {
        return question;
    }
    // Allocated at its full size: a string that grows leaves a copy behind.
    let mut line = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !redirects_text(*c)) {
        line.push(if c.is_control() && c != '\t' { ' ' } else { c });
    }
    line.into()
}

/// Cuts a text at `max` bytes, or a little earlier if that would split a character.
pub(crate) fn shorten(text: &mut String, max: usize) {
    // `str::floor_char_boundary` needs a newer Rust than this crate supports.
    let end = (0..=max.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at));
    text.truncate(end.unwrap_or(0));
}

/// A secret of at least this many characters is also found inside words.
const LONG: usize = 8;

/// A form in which a secret may be in the text.
#[derive(PartialEq)]
struct Form {
    letters: Vec<char>,
    /// True if its first, and its last, character must be at a word boundary.
    at_boundary: [bool; 2],
}

impl Form {
    fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().map(fold).collect();
        let needs_boundary = |letter: Option<&char>| {
            letters.len() < LONG && letter.is_some_and(|letter| letter.is_alphanumeric())
        };
        Self {
            at_boundary: [
                needs_boundary(letters.first()),
                needs_boundary(letters.last()),
            ],
            letters,
        }
    }
}

fn forms(secrets: &[Option<&str>]) -> Vec<Form> {
    let mut forms = Vec::new();
    for secret in secrets.iter().flatten() {
        // A secret in the service's text has gone through the same changes as the text.
        let line = one_line(secret);
        for text in [*secret, &line, line.trim()] {
            // Some letters become two in the other letter case.
            for text in [text, &text.to_uppercase(), &text.to_lowercase()] {
                let form = Form::new(text);
                if !text.is_empty() && !forms.contains(&form) {
                    forms.push(form);
                }
            }
        }
    }
    forms
}

/// Maps both cases of a letter to one.
fn fold(c: char) -> char {
    fn single(mut letters: impl Iterator<Item = char>, or: char) -> char {
        match (letters.next(), letters.next()) {
            (Some(letter), None) => letter,
            _ => or,
        }
    }
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let upper = single(c.to_uppercase(), c);
    single(upper.to_lowercase(), upper)
}

/// The most readings that are compared: a long text full of near misses must not keep the call
/// busy. Text that was not searched is not shown.
const MAX_WORK: usize = 8 * 1024 * 1024;

/// The cost of decoding a place, in comparisons.
const WORK_TO_DECODE: usize = 32;

/// A search from the left to the right.
struct Search<'a> {
    text: &'a str,
    /// The readings of encoded places, each decoded once.
    decoded: BTreeMap<usize, Vec<Reading>>,
    /// The ends of encoded characters that separate words, such as `%20`.
    word_starts: Vec<usize>,
    work: usize,
}

impl<'a> Search<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            decoded: BTreeMap::new(),
            word_starts: Vec::new(),
            work: MAX_WORK,
        }
    }

    fn decoded(&mut self, at: usize) -> &[Reading] {
        let text = self.text;
        match text.as_bytes().get(at) {
            Some(&byte) if escapes::may_begin(byte) => {
                self.work = self.work.saturating_sub(WORK_TO_DECODE);
                let decode = || escapes::decoded(text, at);
                self.decoded.entry(at).or_insert_with(decode)
            }
            _ => &[],
        }
    }

    /// The end of `form`, if it begins at `at`.
    fn end_of(&mut self, form: &Form, at: usize) -> Option<usize> {
        let [starts_word, ends_word] = form.at_boundary;
        if starts_word && self.is_in_word(at) {
            return None;
        }
        // An encoded character may also be meant literally, so there can be several places.
        let mut places = vec![at];
        let mut next = Vec::new();
        for letter in &form.letters {
            if let [place] = &mut places[..] {
                if let Some(plain) = self.plain(*place) {
                    self.work = self.work.checked_sub(1)?;
                    if fold(plain.into()) != *letter {
                        return None;
                    }
                    *place += 1;
                    continue;
                }
            }
            for place in places.drain(..) {
                self.work = self.work.checked_sub(1)?;
                let raw = escapes::raw(self.text, place);
                let sentence_end = sentence_end(self.text, place);
                let decoded = self.decoded(place).iter().copied();
                for reading in raw.into_iter().chain(sentence_end).chain(decoded) {
                    if fold(reading.char) == *letter && !next.contains(&reading.end) {
                        next.push(reading.end);
                    }
                }
            }
            if next.is_empty() {
                return None;
            }
            std::mem::swap(&mut places, &mut next);
        }
        let ends = places.into_iter();
        ends.filter(|&end| !ends_word || !self.goes_on(end)).max()
    }

    /// The character at `at`, if it is ASCII and has no other reading, as most do.
    fn plain(&self, at: usize) -> Option<u8> {
        let byte = *self.text.as_bytes().get(at)?;
        (byte.is_ascii() && byte != b'.' && !escapes::may_begin(byte)).then_some(byte)
    }

    /// True if a letter or a digit comes before `at`, in every reading.
    fn is_in_word(&self, at: usize) -> bool {
        let before = self.text[..at].chars().next_back();
        before.is_some_and(char::is_alphanumeric) && !self.word_starts.contains(&at)
    }

    /// True if a letter or a digit is at `at`.
    fn goes_on(&self, at: usize) -> bool {
        escapes::raw(self.text, at).is_some_and(|reading| reading.char.is_alphanumeric())
    }

    /// Records the word separators that begin at `at`, and drops those that the search has passed.
    fn pass(&mut self, at: usize) {
        self.word_starts.retain(|&start| start > at);
        let others = self.decoded(at).iter();
        let others = others.filter(|reading| !reading.char.is_alphanumeric());
        let ends: Vec<usize> = others.map(|reading| reading.end).collect();
        self.word_starts.extend(ends);
    }
}

/// [`ServiceText::join`] may have added a full stop inside a secret that was split into two
/// sentences.
fn sentence_end(text: &str, at: usize) -> Option<Reading> {
    text[at..].starts_with(". ").then_some(Reading {
        char: ' ',
        end: at + 2,
    })
}
