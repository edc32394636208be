#!/usr/bin/env bash
# Functions for building for other systems, below target/cross. To be sourced after scripts/lib.sh.
# shellcheck shell=bash

: "${root:?source lib.sh first}"
cross=$root/target/cross

# targets COLUMN VALUE: the targets in packaging/targets.txt whose column, counted from 1, has that value.
targets() { awk -v column="$1" -v value="$2" '!/^#/ && $column == value { print $1 }' "$root/packaging/targets.txt"; }

# describe TARGET: sets a variable for each column of packaging/targets.txt, empty for `-`.
# shellcheck disable=SC2034
describe() {
  local line
  line=$(grep "^$1 " "$root/packaging/targets.txt") || die "packaging/targets.txt has no line for $1"
  read -r target rid wheel debian binutils needs built run <<<"$line"
  case $debian in -) debian= ;; esac
  case $binutils in -) binutils= ;; esac
  case $needs in -) needs= ;; esac
}

# The state of the sources, which scripts/native.sh records beside the files that it made from them.
made_from() { git -C "$root" rev-parse HEAD && git -C "$root" diff HEAD | git hash-object --stdin; }

# own_apt TOOL [ARGUMENT…]: apt with separate, current package lists, source packages included. It needs no root.
own_apt() {
  local tool=$1
  shift
  "$tool" -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$cross/apt/sources" \
    -o Dir::State::Lists="$cross/apt/lists" -o Dir::Cache="$cross/apt/cache" -o APT::Sandbox::User=root "$@"
}

update_own_apt() { one_at_a_time own-apt fetch_own_lists; }
fetch_own_lists() {
  [ ! -e "$cross/apt/.complete" ] || return 0
  command -v apt-get >/dev/null || return 1
  local file sources=$cross/apt/sources
  mkdir -p "$sources" "$cross/apt/lists/partial" "$cross/apt/cache/archives/partial"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -e "$file" ] || sed 's/^Types:.*/Types: deb deb-src/' "$file" >"$sources/${file##*/}"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -e "$file" ] || sed -n 's/^deb \(.*\)/deb \1\ndeb-src \1/p' "$file" >"$sources/own-${file##*/}"
  done
  own_apt apt-get update -qq && touch "$cross/apt/.complete"
}

# debians_rust FOLDER PACKAGE…: unpacks Debian's packages of a Rust into a folder, and leaves the system's Rust unchanged.
debians_rust() {
  local folder=$1 package
  [ ! -e "$folder/.complete" ] || return 0
  say "fetching another Rust into ${folder#"$root/"}"
  rm -rf "$folder"
  mkdir -p "$folder/packages"
  (cd "$folder/packages" && own_apt apt-get download -qq "${@:2}") || return 1
  for package in "$folder"/packages/*.deb; do
    # The compiler's own sources are ten times as large as the library's.
    dpkg-deb --fsys-tarfile "$package" |
      tar x -C "$folder" --no-wildcards-match-slash --exclude='./usr/src/*/src' --exclude='./usr/src/*/compiler' || return 1
  done
  rm -r "$folder/packages"
  touch "$folder/.complete"
}

# Debian's newest Rust, with the sources of its standard library.
unpack_debians_rust() { one_at_a_time rust fetch_rust; }
fetch_rust() {
  local std llvm
  update_own_apt || return 1
  std=$(dependency libstd-rust-web-dev 'libstd-rust-web-[0-9.]*')
  llvm=$(dependency "$std" 'libllvm[0-9]*')
  debians_rust "$cross/rust" rustc-web rust-web-src libstd-rust-web-dev "$std" "$llvm"
}
# dependency PACKAGE PATTERN: the dependency of a package that matches.
dependency() { own_apt apt-cache show --no-all-versions "$1" | sed -n "s/^Depends:.*\b\($2\)\b.*/\1/p"; }

# The folder in which cargo_for builds for a target. If the standard library is built too, each target has its own folder, so
# that two builds can run side by side.
build_folder() { if has_std "$1"; then echo "$cross/build"; else echo "$cross/build-std/$1"; fi; }

# cargo_for TARGET COMMAND [ARGUMENT…]: runs cargo for a target, with rustup's standard library if it is installed; otherwise
# cargo builds the standard library too. The variable builder names another program than cargo, libc the oldest C library.
cargo_for() {
  local target=$1 command=$2 cargo=${builder:-cargo} CARGO_TARGET_DIR
  CARGO_TARGET_DIR=$(build_folder "$target")
  export CARGO_TARGET_DIR
  shift 2
  if has_std "$target"; then
    "$cargo" "$command" --locked --target "$target${libc:-}" "$@"
  else
    RUSTC=$cross/rust/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    LD_LIBRARY_PATH=$cross/rust/usr/lib/$(cc -print-multiarch) \
      "$cargo" "$command" --locked -Zbuild-std=std,panic_unwind --target "$target${libc:-}" "$@"
  fi
}

has_std() { [ -d "$(rustc --print target-libdir --target "$1" 2>/dev/null)" ]; }

# True if cargo_for can build for these targets. Unpacks a Rust for it if necessary.
can_build_for() {
  local target
  for target in "$@"; do
    has_std "$target" || { unpack_debians_rust && startup_objects "$target"; } || return 1
  done
}

# Builds the two objects that delimit the unwind tables of a library for 32-bit Windows. Cargo does not build them with the
# standard library.
startup_objects() {
  local name folder=$cross/rust/usr/lib/rustlib/$1/lib
  [ "$1" = i686-pc-windows-gnu ] || return 0
  mkdir -p "$folder"
  for name in rsbegin rsend; do
    [ -e "$folder/$name.o" ] || RUSTC_BOOTSTRAP=1 LD_LIBRARY_PATH=$cross/rust/usr/lib/$(cc -print-multiarch) \
      "$cross/rust/usr/bin/rustc" --target "$1" --emit obj -O --crate-type lib -o "$folder/$name.o" \
      "$cross/rust/usr/lib/rustlib/src/rust/library/rtstartup/$name.rs" || return 1
  done
}
