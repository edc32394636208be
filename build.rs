//! Generates the C header, and gives the shared library its name and its flags.

use std::path::PathBuf;
use std::{env, fs};

/// The files whose items make up the header, in the header's order.
const SOURCES: [&str; 5] = ["code", "result", "config", "client", "cancel"];

fn main() {
    header();
    link_arguments();
}

/// Writes `autoshares_reset.h` into the build folder; `make header` copies it to `include/`.
fn header() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut config =
        cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let part = |name: &str| env::var(format!("CARGO_PKG_VERSION_{name}")).expect("cargo sets it");
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"].map(part);
    // cbindgen makes macros of constants in the source only, and the version is in Cargo.toml.
    let versions = format!(
        "/** The version of this header; asr_version() returns the library's. */\n\
         #define ASR_VERSION_MAJOR {major}\n\
         /** See ASR_VERSION_MAJOR. */\n\
         #define ASR_VERSION_MINOR {minor}\n\
         /** See ASR_VERSION_MAJOR. */\n\
         #define ASR_VERSION_PATCH {patch}\n"
    );
    let rest = config.after_includes.unwrap_or_default();
    config.after_includes = Some(format!("\n{versions}{rest}"));
    let mut builder = cbindgen::Builder::new().with_config(config);
    println!("cargo:rerun-if-changed=cbindgen.toml");
    for name in SOURCES {
        let source = root.join(format!("src/ffi/{name}.rs"));
        println!("cargo:rerun-if-changed={}", source.display());
        builder = builder.with_src(source);
    }
    let mut text = Vec::new();
    builder.generate().expect("the header").write(&mut text);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let text = polish(&String::from_utf8(text).expect("the header is UTF-8"));
    fs::write(out.join("autoshares_reset.h"), text).expect("the build folder can be written");
}

/// Adds the functions' calling convention, and removes what C89 does not allow: the comma after the last number and `//`.
fn polish(header: &str) -> String {
    let mut polished = String::new();
    let mut inside_function = false;
    for line in header.lines() {
        let name = line.find('(').and_then(|open| line[..open].rfind("asr_"));
        if let Some(name) = name.filter(|_| line.starts_with(char::is_alphabetic)) {
            polished += &format!("{}ASR_CALL {}", &line[..name], &line[name..]);
            inside_function = true;
        } else if inside_function {
            polished += &format!("{}{line}", " ".repeat("ASR_CALL ".len()));
        } else if let Some((code, comment)) = line
            .split_once("//")
            .filter(|_| line.starts_with("#endif") || line.starts_with('}'))
        {
            polished += &format!("{code}/*{comment} */");
        } else {
            polished += line;
        }
        inside_function &= !line.ends_with(");");
        polished.push('\n');
    }
    polished.replace(",\n}", "\n}")
}

fn link_arguments() {
    let major = env::var("CARGO_PKG_VERSION_MAJOR").expect("cargo sets it");
    let arguments: &[String] = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos") => &[format!(
            "-Wl,-install_name,@rpath/libautoshares_reset.{major}.dylib"
        )],
        Ok("windows") => &[],
        // Never unloaded: its fork handler and its threads need its code.
        _ => &[
            format!("-Wl,-soname,libautoshares_reset.so.{major}"),
            "-Wl,-z,nodelete".into(),
        ],
    };
    for argument in arguments {
        println!("cargo:rustc-cdylib-link-arg={argument}");
    }
}
