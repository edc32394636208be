#!/usr/bin/env bash
# Builds the library (shared and static) and, for tests, the emulator and the case server into target/release:
#   scripts/build.sh [library]     for packagers, the library alone
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust

# Without the rlib, so that cargo does not drop link-time optimisation. The file lists the libraries that a program must
# link beside the static one, for pkg-config.
flags=(--print "native-static-libs=$root/target/release/native-static-libs.txt")
if [ "$(uname -s)" = Linux ]; then flags+=(-C "linker=$root/packaging/versioned-cc.sh"); fi
cargo rustc --locked --release --lib --crate-type cdylib,staticlib -- "${flags[@]}"
[ "${1:-}" = library ] || cargo build --locked --release -p autoshares-emulator -p autoshares-case-server

# Programs linked against target/release look for the library by its SONAME, which macOS calls its install name.
case $(uname -s) in
  Linux) ln -sf libautoshares_reset.so "$root/target/release/libautoshares_reset.so.0" ;;
  Darwin) ln -sf libautoshares_reset.dylib "$root/target/release/libautoshares_reset.0.dylib" ;;
esac
