#!/usr/bin/env bash
# To be sourced: what is built for other systems than this one, all of it below target/cross.
# shellcheck shell=bash

: "${root:?source lib.sh first}"
cross=$root/target/cross

# own_apt TOOL [ARGUMENT…]: apt with package lists of its own, which are fresh, have the sources too, and need no root.
own_apt() {
  local tool=$1
  shift
  "$tool" -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$cross/apt/sources" \
    -o Dir::State::Lists="$cross/apt/lists" -o Dir::Cache="$cross/apt/cache" -o APT::Sandbox::User=root "$@"
}

update_own_apt() {
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

# The package that matches among those that a package needs.
dependency() { own_apt apt-cache show --no-all-versions "$1" | sed -n "s/^Depends:.*\b\($2\)\b.*/\1/p"; }

# Debian's newest Rust with the sources of its standard library. The system's Rust stays what it is.
unpack_debians_rust() {
  [ ! -e "$cross/rust/.complete" ] || return 0
  say "fetching a Rust with the sources of its library into target/cross"
  update_own_apt || return 1
  local std llvm package
  std=$(dependency libstd-rust-web-dev 'libstd-rust-web-[0-9.]*')
  llvm=$(dependency "$std" 'libllvm[0-9]*')
  mkdir -p "$cross/rust/packages"
  cd "$cross/rust/packages" || return 1
  own_apt apt-get download -qq rustc-web rust-web-src libstd-rust-web-dev "$std" "$llvm" || return 1
  for package in ./*.deb; do
    # The compiler's own sources are ten times as large as the library's.
    dpkg-deb --fsys-tarfile "$package" | tar x -C .. --no-wildcards-match-slash --exclude='./usr/src/*/src' --exclude='./usr/src/*/compiler'
  done
  rm -r "$cross/rust/packages"
  touch "$cross/rust/.complete"
}

# cargo_for TARGET COMMAND [ARGUMENT…]: with rustup's standard library for that target where it is installed, else with
# one that is built on the way.
cargo_for() {
  local target=$1 command=$2
  shift 2
  if [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]; then
    CARGO_TARGET_DIR=$cross/build cargo "$command" --locked --target "$target" "$@"
  else
    CARGO_TARGET_DIR=$cross/build RUSTC=$cross/rust/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    LD_LIBRARY_PATH=$cross/rust/usr/lib/$(cc -print-multiarch) \
      cargo "$command" --locked -Zbuild-std=std,panic_unwind --target "$target" "$@"
  fi
}

# Whether cargo_for can be used for these targets; brings what it needs.
can_build_for() {
  local target
  for target in "$@"; do
    [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ] || (unpack_debians_rust) || return 1
  done
}
