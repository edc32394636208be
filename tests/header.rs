//! The committed header is generated from the source, and its sentences are true.

const COMMITTED: &str = include_str!("../include/autoshares_reset.h");
const GENERATED: &str = include_str!(concat!(env!("OUT_DIR"), "/autoshares_reset.h"));

fn macro_value(name: &str) -> &'static str {
    let line = COMMITTED
        .lines()
        .find_map(|line| line.strip_prefix("#define ")?.strip_prefix(name));
    line.unwrap_or_else(|| panic!("{name} is defined")).trim()
}

#[test]
fn the_committed_header_is_up_to_date() {
    if std::env::var_os("UPDATE_HEADER").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/include/autoshares_reset.h");
        return std::fs::write(path, GENERATED).expect("the header is written");
    }
    assert!(
        COMMITTED == GENERATED,
        "include/autoshares_reset.h is stale; run `make header` and commit it"
    );
}

#[test]
fn the_macros_agree_with_the_crate() {
    let version =
        ["MAJOR", "MINOR", "PATCH"].map(|part| macro_value(&format!("ASR_VERSION_{part}")));
    assert_eq!(version.join("."), env!("CARGO_PKG_VERSION"));
    let quoted = |text: &str| format!("{text:?}");
    assert_eq!(
        macro_value("ASR_BASE_URL_SANDBOX"),
        quoted(autoshares_reset::BASE_URL_SANDBOX)
    );
    assert_eq!(
        macro_value("ASR_BASE_URL_PRODUCTION"),
        quoted(autoshares_reset::BASE_URL_PRODUCTION)
    );
}

#[test]
fn the_header_uses_no_words_of_rust() {
    let foreign = [
        "Rust", "Option", "None", "Some", "unsafe", "panic", "str", "Box", "Arc",
    ];
    let mut words = COMMITTED.split(|c: char| !c.is_alphanumeric() && c != '_');
    assert_eq!(words.find(|word| foreign.contains(word)), None);
}

/// Each sentence, and the line of code that makes it true, if there is one.
#[test]
fn the_headers_sentences_are_true() {
    let text: String = COMMITTED.replace(" * ", " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let resolver = include_str!("../src/net/resolver.rs");
    let manifest = include_str!("../Cargo.toml");
    for (sentence, code, line) in [
        (
            "It caches them for 60 seconds, for all clients of the process",
            resolver,
            "const CACHE_TIME: Duration = Duration::from_secs(60);",
        ),
        (
            "The library speaks TLS 1.2 and 1.3.",
            manifest,
            r#"features = ["ring", "std", "tls12"]"#,
        ),
        ("within 100 ms after asr_cancel_trigger()", "", ""),
        ("chooses its own text by `code`", "", ""),
    ] {
        assert!(text.contains(sentence), "the header lacks: {sentence}");
        assert!(code.contains(line), "no longer true: {sentence}");
    }
}

#[test]
fn every_call_names_the_account_by_the_same_parameter() {
    let count = |start| COMMITTED.matches(start).count();
    assert_eq!(count("const char *user"), count("const char *username"));
    assert!(count("const char *username") > 2);
}
