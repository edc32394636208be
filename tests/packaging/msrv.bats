#!/usr/bin/env bats
# The oldest Rust that Cargo.toml promises builds the project.

# The linter cannot follow `load`.
# shellcheck disable=SC2154
load support

setup_file() {
  export OLDEST
  OLDEST=$(cargo_field rust-version)
  # shellcheck source-path=SCRIPTDIR source=../../scripts/offline/msrv.sh
  . "$root/scripts/offline/msrv.sh"
  # Separate from the builds of the system's Rust.
  export CARGO_TARGET_DIR=$root/target/rust-$OLDEST/build CARGO_PROFILE_DEV_DEBUG=0
}

setup() { cd "$root" || return; }

@test "this is the oldest Rust" {
  rustc --version | grep "^rustc $OLDEST\."
  cargo --version | grep "^cargo $OLDEST\."
}

@test "every crate of the workspace builds" {
  cargo check --locked --quiet --workspace
}

@test "the Rust library without the C ABI builds" {
  cargo check --locked --quiet --lib --no-default-features
}

@test "the shared and the static library build, and the shared one loads" {
  cargo rustc --locked --quiet --lib --crate-type cdylib,staticlib
  [ "$(python3 -c 'import ctypes, sys; l = ctypes.CDLL(sys.argv[1]); l.asr_version.restype = ctypes.c_char_p
print(l.asr_version().decode())' "$CARGO_TARGET_DIR/debug/libautoshares_reset.so")" = "$(cargo_field version)" ]
}
