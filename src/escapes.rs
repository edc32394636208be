//! Reads text that may be encoded (percent, form, JSON, HTML), nested up to [`DEPTH`] times.
//!
//! A text does not say how it is encoded, and a `%` may also be meant literally. So a place has
//! several readings, each with the place where the next character begins.

/// The deepest nesting of encodings, as in `%2540` or `\u0026amp;`.
const DEPTH: u8 = 2;

/// A possible meaning of a place in the text: a character, and the place of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    pub char: char,
    pub end: usize,
}

/// The unencoded reading of the character at `at`; `None` at the end of the text.
pub(crate) fn raw(text: &str, at: usize) -> Option<Reading> {
    let char = text[at..].chars().next()?;
    let end = at + char.len_utf8();
    Some(Reading { char, end })
}

/// True if an encoded character can begin with this byte.
pub(crate) fn may_begin(byte: u8) -> bool {
    matches!(byte, b'%' | b'+' | b'\\' | b'&')
}

/// The other readings of the place.
pub(crate) fn decoded(text: &str, at: usize) -> Vec<Reading> {
    let mut all = readings(text, at, DEPTH);
    all.drain(..all.len().min(1));
    all
}

/// All readings of the place, the raw one first.
fn readings(text: &str, at: usize, depth: u8) -> Vec<Reading> {
    let Some(inner) = depth.checked_sub(1) else {
        return raw(text, at).into_iter().collect();
    };
    let mut all = readings(text, at, inner);
    for index in 0..all.len() {
        let Reading { char, end } = all[index];
        let found = match char {
            '+' => Some(Reading { char: ' ', end }),
            '%' => percent(text, end, inner),
            '\\' => json(text, end, inner),
            '&' => entity(text, end, inner),
            _ => None,
        };
        if let Some(reading) = found.filter(|reading| !all.contains(reading)) {
            all.push(reading);
        }
    }
    all
}

/// The first reading that `accept` accepts, and the place of the next character.
fn read<T>(
    text: &str,
    at: usize,
    depth: u8,
    accept: impl Fn(char) -> Option<T>,
) -> Option<(T, usize)> {
    let all = readings(text, at, depth);
    all.iter().find_map(|r| Some((accept(r.char)?, r.end)))
}

/// Skips `wanted`, encoded or not; returns the place after it.
fn skip(text: &str, at: usize, depth: u8, wanted: &str) -> Option<usize> {
    let mut rest = wanted.chars();
    let Some(first) = rest.next() else {
        return Some(at);
    };
    let all = readings(text, at, depth);
    let mut fitting = all.iter().filter(|reading| reading.char == first);
    fitting.find_map(|reading| skip(text, reading.end, depth, rest.as_str()))
}

fn hexadecimal(text: &str, at: usize, depth: u8, digits: usize) -> Option<(u32, usize)> {
    (0..digits).try_fold((0, at), |(value, at), _| {
        let (digit, end) = read(text, at, depth, |c| c.to_digit(16))?;
        Some((value * 16 + digit, end))
    })
}

/// Reads what follows a `%`: a byte, or the bytes of one UTF-8 character.
fn percent(text: &str, at: usize, depth: u8) -> Option<Reading> {
    let (first, mut end) = hexadecimal(text, at, depth, 2)?;
    let mut bytes = [first as u8, 0, 0, 0];
    let length = match first {
        0..0x80 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    for byte in &mut bytes[1..length] {
        // In `%25C3%2596` the second `%` is encoded like the first; how the first was encoded is
        // not tracked.
        let percents = readings(text, end, depth);
        let mut percents = percents.iter().filter(|reading| reading.char == '%');
        let next = percents.find_map(|percent| {
            let next = hexadecimal(text, percent.end, depth, 2)?;
            matches!(next.0, 0x80..0xc0).then_some(next)
        });
        let (next, behind) = next?;
        (*byte, end) = (next as u8, behind);
    }
    let char = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    Some(Reading { char, end })
}

/// Reads what follows a `\` in a JSON string.
fn json(text: &str, at: usize, depth: u8) -> Option<Reading> {
    let kind = |c| matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u').then_some(c);
    let (kind, end) = read(text, at, depth, kind)?;
    let char = match kind {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return utf16(text, end, depth),
        char => char,
    };
    Some(Reading { char, end })
}

/// Four digits, or twice four for a surrogate pair.
fn utf16(text: &str, at: usize, depth: u8) -> Option<Reading> {
    let (unit, end) = hexadecimal(text, at, depth, 4)?;
    if let Some(char) = char::from_u32(unit) {
        return Some(Reading { char, end });
    }
    let digits = skip(text, end, depth, "\\u")?;
    let (low, end) = hexadecimal(text, digits, depth, 4)?;
    let char = char::decode_utf16([unit as u16, low as u16]).next()?.ok()?;
    Some(Reading { char, end })
}

/// Reads what follows an `&` in HTML.
fn entity(text: &str, mut at: usize, depth: u8) -> Option<Reading> {
    let mut name = String::new();
    loop {
        let part = |c: char| (c.is_ascii_alphanumeric() || matches!(c, '#' | ';')).then_some(c);
        match read(text, at, depth, part)? {
            (';', end) => {
                let char = named(&name)?;
                return Some(Reading { char, end });
            }
            (char, end) if name.len() < MAX_NAME => {
                name.push(char);
                at = end;
            }
            _ => return None,
        }
    }
}

/// The longest name; it leaves room for a number with leading zeros.
const MAX_NAME: usize = 12;

fn named(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let number = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return char::from_u32(number.ok()?);
    }
    let mut all = ENTITIES.iter();
    let found = all.find(|(_, known)| known.eq_ignore_ascii_case(name));
    found.map(|(char, _)| *char)
}

/// The named entities of characters that a secret may hold: all for ASCII, and the letters of HTML
/// 4. Names and characters are compared without regard to letter case, so `&Ouml;` is found too.
static ENTITIES: [(char, &str); 128] = [
    ('&', "amp"),
    ('<', "lt"),
    ('>', "gt"),
    ('"', "quot"),
    ('\'', "apos"),
    ('\t', "Tab"),
    ('\n', "NewLine"),
    ('!', "excl"),
    ('#', "num"),
    ('$', "dollar"),
    ('%', "percnt"),
    ('(', "lpar"),
    (')', "rpar"),
    ('*', "ast"),
    ('+', "plus"),
    (',', "comma"),
    ('.', "period"),
    ('/', "sol"),
    (':', "colon"),
    (';', "semi"),
    ('=', "equals"),
    ('?', "quest"),
    ('@', "commat"),
    ('[', "lsqb"),
    ('\\', "bsol"),
    (']', "rsqb"),
    ('^', "Hat"),
    ('_', "lowbar"),
    ('`', "grave"),
    ('{', "lcub"),
    ('|', "verbar"),
    ('}', "rcub"),
    ('\u{a0}', "nbsp"),
    ('¡', "iexcl"),
    ('¢', "cent"),
    ('£', "pound"),
    ('¤', "curren"),
    ('¥', "yen"),
    ('¦', "brvbar"),
    ('§', "sect"),
    ('¨', "uml"),
    ('©', "copy"),
    ('ª', "ordf"),
    ('«', "laquo"),
    ('¬', "not"),
    ('\u{ad}', "shy"),
    ('®', "reg"),
    ('¯', "macr"),
    ('°', "deg"),
    ('±', "plusmn"),
    ('²', "sup2"),
    ('³', "sup3"),
    ('´', "acute"),
    ('µ', "micro"),
    ('¶', "para"),
    ('·', "middot"),
    ('¸', "cedil"),
    ('¹', "sup1"),
    ('º', "ordm"),
    ('»', "raquo"),
    ('¼', "frac14"),
    ('½', "frac12"),
    ('¾', "frac34"),
    ('¿', "iquest"),
    ('×', "times"),
    ('÷', "divide"),
    ('€', "euro"),
    ('ß', "szlig"),
    ('à', "agrave"),
    ('á', "aacute"),
    ('â', "acirc"),
    ('ã', "atilde"),
    ('ä', "auml"),
    ('å', "aring"),
    ('æ', "aelig"),
    ('ç', "ccedil"),
    ('è', "egrave"),
    ('é', "eacute"),
    ('ê', "ecirc"),
    ('ë', "euml"),
    ('ì', "igrave"),
    ('í', "iacute"),
    ('î', "icirc"),
    ('ï', "iuml"),
    ('ð', "eth"),
    ('ñ', "ntilde"),
    ('ò', "ograve"),
    ('ó', "oacute"),
    ('ô', "ocirc"),
    ('õ', "otilde"),
    ('ö', "ouml"),
    ('ø', "oslash"),
    ('ù', "ugrave"),
    ('ú', "uacute"),
    ('û', "ucirc"),
    ('ü', "uuml"),
    ('ý', "yacute"),
    ('þ', "thorn"),
    ('ÿ', "yuml"),
    ('œ', "oelig"),
    ('š', "scaron"),
    ('ƒ', "fnof"),
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('ο', "omicron"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('ς', "sigmaf"),
    ('σ', "sigma"),
    ('τ', "tau"),
    ('υ', "upsilon"),
    ('φ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
    ('ϑ', "thetasym"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_reading_for_each_encoding() {
        for (text, expected) in [
            ("a", vec![]),
            ("%41", vec![('A', 3)]),
            ("%c3%96", vec![('Ö', 6)]),
            ("%E2%82%AC", vec![('€', 9)]),
            ("%F0%9F%90%B6", vec![('🐶', 12)]),
            ("%2541", vec![('%', 3), ('A', 5)]),
            ("+", vec![(' ', 1)]),
            ("%2B", vec![('+', 3), (' ', 3)]),
            (r"\u00D6", vec![('Ö', 6)]),
            (r"\ud83d\udc36", vec![('🐶', 12)]),
            (r"\\ud83d\\udc36", vec![('\\', 2), ('🐶', 14)]),
            ("%5Cud83d%5Cudc36", vec![('\\', 3), ('🐶', 16)]),
            ("%25C3%2596", vec![('%', 3), ('Ö', 10)]),
            (r"\\u00d6", vec![('\\', 2), ('Ö', 7)]),
            (r"\/", vec![('/', 2)]),
            ("&Ouml;", vec![('ö', 6)]),
            ("&Scaron;", vec![('š', 8)]),
            ("&Lambda;", vec![('λ', 8)]),
            ("&#214;", vec![('Ö', 6)]),
            ("&#xD6;", vec![('Ö', 6)]),
            ("&#00000000214;", vec![('Ö', 14)]),
            ("&#000000000214;", vec![]),
            ("&amp;ouml;", vec![('&', 5), ('ö', 10)]),
            (r"\u0026#39;", vec![('&', 6), ('\'', 10)]),
            ("%26%2339%3B", vec![('&', 3), ('\'', 11)]),
        ] {
            let found: Vec<_> = decoded(text, 0)
                .iter()
                .map(|reading| (reading.char, reading.end))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn malformed_encodings_have_only_the_raw_reading() {
        for text in [
            "%",
            "%4",
            "%4g",
            "%c3",
            "%c3%41",
            "%ff%ff%ff%ff",
            "\\",
            r"\x41",
            r"\u00d",
            r"\ud83d",
            r"\ud83d\u0041",
            r"\udc36\ud83d",
            "&",
            "&;",
            "&#000000000214;",
            "&#;",
            "&#x;",
            "&#xd800;",
            "&#1114112;",
            "&ouml",
            "&nosuchname;",
            "&aaaaaaaaaaaaaaaaaaaa;",
        ] {
            assert_eq!(decoded(text, 0), [], "{text}");
        }
        assert_eq!(decoded("", 0), []);
    }
}
