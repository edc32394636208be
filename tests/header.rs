//! The committed header is the one that the source makes, and says what the library is.

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
fn the_header_speaks_to_c_programmers() {
    let foreign = [
        "Rust", "Option", "None", "Some", "unsafe", "panic", "str", "Box", "Arc",
    ];
    let mut words = COMMITTED.split(|c: char| !c.is_alphanumeric() && c != '_');
    assert_eq!(words.find(|word| foreign.contains(word)), None);
}
