//! The first sentence on each outcome is the same in every language: the C header's is the one that counts.

use std::collections::BTreeMap;

/// The meanings by the code's name in C without its `ASR_`.
type Meanings = BTreeMap<String, String>;

const HEADER: &str = include_str!("../include/autoshares_reset.h");
const CPP: &str = include_str!("../include/autoshares_reset.hpp");
const RUST: &str = include_str!("../src/error.rs");
const PYTHON: &str = include_str!("../bindings/python/src/autoshares_reset/_errors.py");
const CSHARP: &str = include_str!("../bindings/csharp/src/AutoShares.Reset/ResetCode.cs");
const README: &str = include_str!("../README.md");

/// The text between `start` and `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, text) = text.split_once(start).expect(start);
    text.split_once(end).expect(end).0
}

fn first_sentence(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    text[..end].to_owned()
}

/// `CamelCase` as `CAMEL_CASE`.
fn upper(name: &str) -> String {
    let mut upper = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !upper.is_empty() && name.chars().any(char::is_lowercase) {
            upper.push('_');
        }
        upper.extend(c.to_uppercase());
    }
    upper
}

/// The entries `name = number` of an enumeration, each with the comment above it.
fn enumeration(body: &str) -> Meanings {
    let mut meanings = Meanings::new();
    let mut comment = String::new();
    for line in body.lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" = ") {
            let name = upper(name.trim_start_matches("ASR_"));
            meanings.insert(name, first_sentence(&comment));
            comment.clear();
        } else {
            comment += line.trim_start_matches(['/', '*']).trim_end_matches("*/");
            comment.push('\n');
        }
    }
    meanings
}

/// The entries of Python's enumeration, each with its docstring below it.
fn docstrings(body: &str, name: impl Fn(&str) -> Option<&str>) -> Meanings {
    let lines: Vec<&str> = body.lines().map(str::trim).collect();
    let pairs = lines.windows(2);
    pairs
        .filter_map(|pair| {
            let text = pair[1].strip_prefix("\"\"\"")?.trim_end_matches("\"\"\"");
            Some((name(pair[0])?.to_owned(), first_sentence(text)))
        })
        .collect()
}

fn table(readme: &str) -> Meanings {
    let rows = readme.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `ASR_")?.split(" | ");
        let name = cells.next()?.trim_end_matches('`');
        let text = cells.nth(1)?.trim_end_matches('|');
        Some((name.to_owned(), first_sentence(text)))
    });
    rows.collect()
}

fn meanings() -> Meanings {
    enumeration(between(HEADER, "enum asr_code_names {", "}"))
}

fn failures() -> Meanings {
    let mut failures = meanings();
    failures.retain(|name, _| name != "OK" && name != "NO_QUESTION");
    failures
}

#[test]
fn the_header_has_a_meaning_for_each_code() {
    let meanings = meanings();
    assert_eq!(meanings.len(), 17);
    assert!(meanings.values().all(|meaning| meaning.ends_with('.')));
    assert_eq!(meanings["RESOLVE_FAILED"], "The host name was not found.");
}

#[test]
fn rust_has_the_meanings_of_the_header() {
    assert_eq!(
        enumeration(between(RUST, "pub enum Code {", "}")),
        failures()
    );
}

#[test]
fn cpp_has_the_meanings_of_the_header() {
    let body = between(CPP, "enum class Code : asr_code {", "};");
    assert_eq!(enumeration(body), meanings());
}

#[test]
fn python_has_the_meanings_of_the_header() {
    let entries = docstrings(between(PYTHON, "class Code", "@classmethod"), |line| {
        Some(line.split_once(" = ")?.0)
    });
    assert_eq!(entries, meanings());
    let exceptions = docstrings(PYTHON, |line| {
        line.split_once("code=Code.")?.1.strip_suffix("):")
    });
    assert_eq!(exceptions, failures());
}

#[test]
fn csharp_has_the_meanings_of_the_header() {
    let body = between(CSHARP, "enum ResetCode\n    {", "\n    }");
    let body = body.replace("<summary>", "").replace("</summary>", "");
    assert_eq!(enumeration(&body), meanings());
}

#[test]
fn the_readme_has_the_meanings_of_the_header() {
    assert_eq!(table(README), meanings());
}
