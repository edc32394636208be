#!/usr/bin/env bash
# To be sourced: puts the oldest Rust that Cargo.toml promises on PATH. It is rustup's if it is installed, else Debian's,
# unpacked below target/, so that the system's Rust does not change, else one that rustup fetches.
# shellcheck shell=bash

: "${root:?source lib.sh first}"
# shellcheck source-path=SCRIPTDIR source=cross.sh
. "$root/scripts/offline/cross.sh"
oldest=$(cargo_field rust-version)
home=$root/target/rust-$oldest

if rustup toolchain list 2>/dev/null | grep -q "^$oldest"; then
  export RUSTUP_TOOLCHAIN=$oldest
# Debian has newer versions of Rust for building its browsers; one of them is the oldest Rust.
elif update_own_apt && debians_rust "$home" {rustc-web,cargo-web,libstd-rust-web-dev,"libstd-rust-web-$oldest"}="$oldest.*"; then
  export PATH=$home/usr/bin:$PATH LD_LIBRARY_PATH
  LD_LIBRARY_PATH=$home/usr/lib/$(cc -print-multiarch)
elif command -v rustup >/dev/null && rustup toolchain install "$oldest" --profile minimal --no-self-update; then
  export RUSTUP_TOOLCHAIN=$oldest
else
  die "there is no package of Rust $oldest here: rustup toolchain install $oldest"
fi
