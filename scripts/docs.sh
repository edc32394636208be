#!/usr/bin/env bash
# API documentation, warnings as errors: C and C++ by Doxygen (target/docs/c), manual pages of C (target/docs/man), Rust
# by rustdoc (target/doc). With the word `c` all but the last.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust
needs doxygen

rm -rf target/docs
mkdir -p target/docs
ASR_VERSION=$(cargo_field version) doxygen docs/Doxyfile
python3 docs/man.py include/autoshares_reset.h "$(cargo_field version)" target/docs/man/man3
say "C and C++: target/docs/c/index.html"
[ "${1:-}" != c ] || exit 0
RUSTDOCFLAGS='-D warnings' cargo doc --locked --quiet --no-deps --workspace
say "Rust: target/doc/autoshares_reset/index.html"
