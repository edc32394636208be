#!/usr/bin/env bash
# Shared by the scripts: words on the terminal, installing what is missing, skipping loudly.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# make and LD_PRELOAD split a path at blanks: such a checkout is used through a link.
case $root in
  *[[:space:]:]*)
    link=/tmp/autoshares-reset-$(id -u)-$(cksum <<<"$root" | cut -d' ' -f1)
    ln -sfn "$root" "$link"
    root=$link
    ;;
esac
export root
# The scripts know the library by its place in here.
export CARGO_TARGET_DIR=$root/target

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# In CI nothing is skipped: what is missing there is a failure.
skip_or_fail() {
  if [ "${CI:-}" = true ]; then die "$* (nothing is skipped in CI)"; fi
  printf '\033[1;33m!!! SKIPPED: %s\033[0m\n' "$*" >&2
}

# A field of the [package] table: the one place where the version and the oldest Rust are written down.
cargo_field() { sed -n "s/^$1 = \"\(.*\)\"/\1/p;/^\[[^p]/q" "$root/Cargo.toml"; }

need_rust() {
  local oldest
  oldest=$(cargo_field rust-version)
  command -v cargo >/dev/null || die "there is no Rust here: get version $oldest or newer at https://rustup.rs, then try again"
  local have
  have=$(rustc --version | cut -d' ' -f2)
  printf '%s\n%s\n' "$oldest" "$have" | sort -V -C || die "Rust $have is too old: $oldest or newer is at https://rustup.rs"
}

# native_libs BUILT: what the compiler said that a program needs beside the static library. Without the unwinder: each
# driver links the right one by itself, and -static knows no libgcc_s. Microsoft's options may begin with a dash as well,
# and CMake takes what begins with a slash for a file.
native_libs() { sed 's/ *-lgcc_s//; s|^ *||; s|^/|-|; s| /| -|g' "$1/native-static-libs.txt"; }

# package_config PREFIX LIBDIR BUILT: the pkg-config file.
package_config() {
  sed -e "s|@prefix@|$1|" -e "s|@libdir@|$2|" -e "s|@version@|$(cargo_field version)|" \
    -e "s|@description@|$(cargo_field description)|" -e "s|@native_libs@|$(native_libs "$3")|" \
    "$root/packaging/autoshares_reset.pc.in"
}

# Rust cannot link without a C compiler, and the TLS library has C and assembler parts.
# On Windows Rust finds Microsoft's by itself.
need_cc() {
  case $(uname -s) in
    MINGW* | MSYS*) ;;
    *) command -v cc >/dev/null || apt_need gcc libc6-dev ;;
  esac
}

# What the suite starts from here on asks no name server for a name that is kept for tests. On other systems, where
# nothing keeps the system from asking, the tests leave such names out.
keep_names_here() {
  [ "$(uname -s)" = Linux ] || return 0
  local library=$root/target/tests/lookup.so
  mkdir -p "${library%/*}"
  cc -std=c11 -D_GNU_SOURCE -O1 -shared -fPIC "$root"/tests/c/support/{lookup,event}.c -o "$library.$$" -lpthread -ldl
  mv "$library.$$" "$library"
  export LD_PRELOAD="$library${LD_PRELOAD:+:$LD_PRELOAD}"
}

# need_built: the library, the emulator and the case server, for the suites that do not build them.
need_built() {
  local built names=(libautoshares_reset.so autoshares-emulator autoshares-case-server)
  case $(uname -s) in
    Darwin) names[0]=libautoshares_reset.dylib ;;
    MINGW* | MSYS*) names=(autoshares_reset.dll autoshares-emulator.exe autoshares-case-server.exe) ;;
  esac
  for built in "${names[@]}"; do
    [ -e "$root/target/release/$built" ] || die "target/release/$built is missing: run make build first"
  done
}

# programs_of VENV: the folder of its programs, which on Windows has another name.
programs_of() { if [ -d "$1/Scripts" ]; then printf '%s\n' "$1/Scripts"; else printf '%s\n' "$1/bin"; fi; }

# Python has no name that all systems know.
find_python() { command -v python3 || command -v python; }

# A path as programs that are not bash's own know it: on Windows by another name.
native_path() {
  if command -v cygpath >/dev/null; then cygpath -m "$1"; else printf '%s\n' "$1"; fi
}

# add_rustflags TARGET FLAG…: for what is then built for it, beside the flags in .cargo/config.toml. RUSTFLAGS would
# replace those, so it is added to only where it is set already.
add_rustflags() {
  local variable=RUSTFLAGS
  [ -n "${RUSTFLAGS:-}" ] || variable=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")_RUSTFLAGS
  export "$variable=${!variable:-} ${*:2}"
}

# tell_no_paths TARGET: what is then built for it, in order to be published, names its sources by crate and not by
# where they lay on this machine. Panics and debug information carry those names.
tell_no_paths() {
  local home=${CARGO_HOME:-$HOME/.cargo} folder
  cargo fetch --locked --quiet
  for folder in "$home"/registry/src/* "$root"; do
    folder=$(native_path "$folder")
    # Cargo takes no blanks here.
    case $folder in *' '*) say "not hidden: $folder" >&2 ;; *) add_rustflags "$1" "--remap-path-prefix=$folder=" ;; esac
  done
  # The C in a crate is described for debuggers unasked, with the folders of all headers.
  case $1 in *-msvc) ;; *) export CFLAGS="${CFLAGS:-} -g0" ;; esac
}

# tells_paths FOLDER: prints the files in it that name a folder which this machine builds in; fails if none does.
tells_paths() { grep -rlF -e "$root/target/" -e "${CARGO_HOME:-$HOME/.cargo}/" "$1"; }

# one_at_a_time NAME COMMAND…: waits until no other script of this checkout does what has this name.
one_at_a_time() {
  mkdir -p "$root/target"
  (
    # Systems without it run one suite after the other.
    if command -v flock >/dev/null; then flock 7; fi
    "${@:2}" 7>&-
  ) 7>"$root/target/$1.lock"
}

# Installs the Debian packages that are missing; asks for nothing, touches nothing that is there. Where nothing is to
# be installed, the suite that needs them is skipped: exit status 75.
apt_need() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ -n "${INSTALL_NOTHING:-}" ]; then
    skip_or_fail "${0##*/}: missing here, and nothing is to be installed: ${missing[*]}"
    exit 75
  fi
  command -v apt-get >/dev/null || die "these packages are needed: ${missing[*]} (no apt-get here: install them your system's way)"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || die "run this once, then try again: sudo apt-get install -y ${missing[*]}"
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]}"
  one_at_a_time apt apt_install "${missing[@]}"
}

# A fresh machine has no package lists; an old one has stale ones.
apt_install() {
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
  "${install[@]}" >/dev/null 2>&1 || { "${as_root[@]}" apt-get update -qq && "${install[@]}" >/dev/null; }
}

# ran RID LANGUAGE HOW: notes for docs/platforms.md that a language's suite passed on a platform.
ran() {
  mkdir -p "$root/target/platforms"
  printf '%s\n' "$3" >"$root/target/platforms/$1-$2"
}

# Runs a file of shell tests and closes with the count that all suites close with.
run_bats() {
  command -v bats >/dev/null || apt_need bats
  local output status=0
  output=$(mktemp)
  bats --tap "$root/tests/packaging/$1" | tee "$output" || status=$?
  printf '%d passed, %d failed\n' "$(grep -c '^ok' "$output")" "$(grep -c '^not ok' "$output")"
  rm -f "$output"
  return "$status"
}

# cargo_tool CRATE VERSION: a cargo subcommand, in target/tools and on PATH. Unoptimised: it is built more often than
# it runs long.
cargo_tool() {
  local stamp=$root/target/tools/$1-$2
  export PATH=$root/target/tools/bin:$PATH
  [ ! -e "$stamp" ] || return 0
  say "building $1 $2 into target/tools"
  CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$root/target/tools/build \
    cargo install --quiet --locked --debug --root "$root/target/tools" "$1" --version "$2"
  touch "$stamp"
}
