#!/usr/bin/env bash
# Builds what is published, and prints the folder where it lies. On Linux against the C library of manylinux2014, so
# that one build serves every system since; Zig brings the compiler and the linker that know its symbols.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust

target=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=$root/target/portable
built=$CARGO_TARGET_DIR/$target/release
cargo=cargo
tell_no_paths "$target"
if [ "$(uname -s)" = Linux ]; then
  cargo=cargo-zigbuild target+=.2.17
  export PATH=$root/target/dist-tools/bin:$PATH
fi
# As in build.sh: each by itself, for the sake of link-time optimisation.
flags=(--print "native-static-libs=$built/native-static-libs.txt")
if [ "$(uname -s)" = Linux ]; then flags+=(-C "linker=$root/scripts/versioned-cc.sh"); fi
"$cargo" rustc --locked --release --target "$target" --lib --crate-type cdylib,staticlib -- "${flags[@]}" >&2
"$cargo" build --locked --release --target "$target" -p autoshares-emulator >&2
printf '%s\n' "$built"
