//! Redacts secrets in every spelling, and leaves all else as it is.

use super::*;

fn shown(text: &str, secrets: &[&str], max: usize) -> String {
    let secrets: Vec<_> = secrets.iter().map(|secret| Some(*secret)).collect();
    ServiceText::new(text).redact(&secrets, max)
}

#[test]
fn sentences_are_joined_and_closed() {
    let joined = |sentences: &[&str]| ServiceText::join(sentences).redact(&[], 500);
    let said = ["One", " Two! ", "", "three 3", "(four)"];
    assert_eq!(joined(&said), "One. Two! three 3. (four)");
    assert_eq!(joined(&["One\u{1}", "\u{1} \u{2}"]), "One.");
    assert_eq!(joined(&["One\r\n", "\n\r\n", "Two"]), "One. Two.");
}

#[test]
fn a_text_is_shown_on_one_line() {
    for (text, expected) in [
        ("null.\r\nName: user", "null. Name: user"),
        ("a\r\n\n\rb\nc\n", "a b c"),
        ("a\n\u{0}\nb", "a b"),
        ("a \n b", "a   b"),
        ("j\u{0}o\u{85}e\t!", "joe!"),
        ("a\u{2028}b\u{2029}c", "abc"),
        ("\u{202a}a\u{202b}b\u{202c}c\u{202d}d\u{202e}", "abcd"),
        ("\u{2066}a\u{2067}b\u{2068}c\u{2069}", "abc"),
        ("a\u{200d}b\u{2065}c\u{206a}", "a\u{200d}b\u{2065}c\u{206a}"),
    ] {
        assert_eq!(shown(text, &[], 500), expected, "{text:?}");
    }
}

#[test]
fn a_question_keeps_its_tabs_and_loses_its_lines() {
    for (text, expected) in [
        ("Which\tpet?", "Which\tpet?"),
        ("Which\r\npet\u{1b}[2J?", "Which  pet [2J?"),
        ("Which\u{85}\u{2028}pet\u{202e}?", "Which pet?"),
    ] {
        let question = question_on_one_line(text.into());
        assert_eq!(question.expose(), expected, "{text:?}");
    }
}

#[test]
fn short_secrets_are_redacted_as_whole_words_only() {
    for (text, secret, expected) in [
        ("user joe unknown", "joe", "user *** unknown"),
        ("joey and banjoe", "joe", "joey and banjoe"),
        (
            "joe\u{e9} and \u{65e5}joe",
            "joe",
            "joe\u{e9} and \u{65e5}joe",
        ),
        ("a%6aoe and a%20joe", "joe", "a%6aoe and a%20***"),
        ("JOE and \\u004aoe", "joe", "*** and ***"),
        ("at %741175 and 100%741175", "741175", "at %*** and 100%***"),
        ("'joe'/joe.", "joe", "'***'/***."),
        (
            "a%40b.c and a@b.c and A%40b.c",
            "a@b.c",
            "*** and *** and ***",
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
fn secrets_that_overlap_are_redacted_as_one() {
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
fn control_characters_go_before_redaction_and_the_text_is_cut_last() {
    assert_eq!(shown("j\u{0}o\u{85}e\t!", &["joe"], 500), "***!");
    let long = format!("{}secret", "é".repeat(248));
    assert_eq!(shown(&long, &["secret"], 500).len(), 500);
    let cut = shown(&format!("a{}", "é".repeat(300)), &[], 500);
    assert_eq!(cut.len(), 499);
}

#[test]
fn a_long_text_full_of_near_misses_takes_bounded_work() {
    let secret = format!("{}?", "!".repeat(16_000));
    assert_eq!(shown(&"!".repeat(1_000_000), &[&secret], 500).len(), 500);
    let secret = "!".repeat(16_000);
    assert_eq!(shown(&"!".repeat(1_000_000), &[&secret], 500), "***");
    for encoded in [
        "%25",
        "%",
        "&",
        "%2525",
        "&percnt;",
        "+",
        "&#0000037;",
        ". ",
    ] {
        let secret = "%".repeat(16_000);
        shown(&encoded.repeat(300_000), &[&secret], 500);
    }
}

#[test]
fn a_long_text_without_near_misses_is_shown_whole() {
    let text = "The request could not be carried out. ".repeat(12_000);
    assert_eq!(shown(&text, &["Maple Street"], text.len()), text.trim_end());
}

#[test]
fn text_that_was_not_searched_is_not_shown() {
    let near_miss = format!("{}?", "!".repeat(16_000));
    let text = format!("{} Maple Street", "!".repeat(20_000));
    let text = shown(&text, &[&near_miss, "Maple Street"], text.len());
    assert!(!text.contains('M'), "{} bytes", text.len());
    assert!(text.starts_with("!!!"));
    // A message is never empty.
    let secret = "\\".repeat(16_000);
    assert_eq!(shown(&"\\".repeat(500_000), &[&secret], 500), "***");
}

#[test]
fn a_secret_is_found_in_any_letter_case() {
    for text in ["Öl-Tür", "öl-tür", "ÖL-TÜR", "öL-tÜr"] {
        assert_eq!(shown(text, &["Öl-Tür"], 500), "***", "{text}");
    }
    assert_eq!(shown("Äl-Tär", &["Öl-Tür"], 500), "Äl-Tär");
}

#[test]
fn an_empty_secret_is_found_nowhere() {
    assert_eq!(shown("Not found.", &[""], 500), "Not found.");
}

#[test]
fn a_secret_is_found_however_it_is_encoded() {
    for (text, secret) in [
        ("is \\u00d6zil here", "Özil"),
        ("is \\u00D6zil here", "Özil"),
        ("is \\ud83d\\udc36 here", "🐶"),
        (r#"is a\"b\\c\/d here"#, r#"a"b\c/d"#),
        ("is a\\tb here", "a\tb"),
        ("is Maple+Street here", "Maple Street"),
        ("is Maple%20Street here", "Maple Street"),
        ("is Maple%2520Street here", "Maple Street"),
        ("is %25C3%2596zil here", "Özil"),
        ("is hello%2540x.y here", "hello@x.y"),
        ("is a%2Bb here", "a b"),
        ("is Tom &amp; Co here", "Tom & Co"),
        ("is O&#39;Neil here", "O'Neil"),
        ("is O&#x27;Neil here", "O'Neil"),
        ("is O&#X0027;Neil here", "O'Neil"),
        ("is O&apos;Neil here", "O'Neil"),
        ("is &lt;a&gt;&quot;b here", "<a>\"b"),
        ("is &Ouml;zil here", "Özil"),
        ("is &ouml;zil here", "Özil"),
        ("is a&commat;b&period;c here", "a@b.c"),
        ("is O\\u0026#39;Neil here", "O'Neil"),
        ("is O&amp;#39;Neil here", "O'Neil"),
        ("is O%26%2339%3BNeil here", "O'Neil"),
        ("is O%5Cu0027Neil here", "O'Neil"),
        ("is MAPLE street here", "Maple Street"),
        ("is mAPLE%20%53treet here", "Maple Street"),
        ("is ÖZIL here", "özil"),
        ("is STRASSE here", "Straße"),
        ("is Maple. Street here", "Maple Street"),
        ("is xxMaple Streetxx here", "Maple Street"),
    ] {
        let shown = shown(text, &[secret], 500);
        let expected = if text.contains("xx") {
            "is xx***xx here"
        } else {
            "is *** here"
        };
        assert_eq!(shown, expected, "{text} {secret}");
    }
}
