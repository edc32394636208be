#!/usr/bin/env bash
# Builds with the oldest Rust that Cargo.toml promises: rustup's if it is installed, else Debian's,
# unpacked below target/, so that the system's Rust does not change, else one that rustup fetches.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"
need_cc

oldest=$(cargo_field rust-version)
home=$root/target/rust-$oldest

# Debian builds its browsers with newer versions of Rust than its own; one of these is the oldest Rust.
unpack_debians() {
  [ ! -e "$home/.complete" ] || return 0
  # The libraries of this compiler and this cargo, by Debian 12's names.
  apt_need libllvm19 libcurl4 libhttp-parser2.9 libpcre3 libsqlite3-0 libssh2-1 || return 1
  say "fetching Rust $oldest into target/rust-$oldest"
  rm -rf "$home"
  mkdir -p "$home/download"
  (
    cd "$home/download"
    apt-get download -qq -o APT::Sandbox::User=root \
      {rustc-web,cargo-web,libstd-rust-web-dev,"libstd-rust-web-$oldest"}="$oldest.*" || exit 1
    for package in ./*.deb; do dpkg-deb -x "$package" ..; done
  ) || return 1
  rm -r "$home/download"
  touch "$home/.complete"
}

if rustup toolchain list 2>/dev/null | grep -q "^$oldest"; then
  export RUSTUP_TOOLCHAIN=$oldest
elif command -v apt-get >/dev/null && (unpack_debians); then
  triplet=$(cc -print-multiarch)
  export PATH=$home/usr/bin:$PATH LD_LIBRARY_PATH=$home/usr/lib/$triplet
elif command -v rustup >/dev/null && rustup toolchain install "$oldest" --profile minimal --no-self-update; then
  export RUSTUP_TOOLCHAIN=$oldest
else
  skip_or_fail "the oldest Rust: no package of $oldest here (rustup toolchain install $oldest)"
  exit 0
fi
# Separate from the builds of the system's Rust.
export CARGO_TARGET_DIR=$home/build CARGO_PROFILE_DEV_DEBUG=0

is_the_oldest() { rustc --version | grep "^rustc $oldest\." && cargo --version | grep "^cargo $oldest\."; }
loads() {
  python3 -c 'import ctypes, sys; l = ctypes.CDLL(sys.argv[1]); l.asr_version.restype = ctypes.c_char_p
sys.exit(l.asr_version().decode() != sys.argv[2])' "$CARGO_TARGET_DIR/debug/libautoshares_reset.so" "$(cargo_field version)"
}

check "this is Rust $oldest" is_the_oldest
check "every crate of the workspace builds" cargo check --locked --quiet --workspace
check "the Rust library without the C ABI builds" cargo check --locked --quiet --lib --no-default-features
check "the shared and the static library build" cargo rustc --locked --quiet --lib --crate-type cdylib,staticlib
check "the shared library loads" loads
close_count
