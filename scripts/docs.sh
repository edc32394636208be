#!/usr/bin/env bash
# API documentation, warnings as errors: C and C++ by Doxygen (target/docs/c, man pages in target/docs/man), Rust by
# rustdoc (target/doc). With the word `c` the former alone.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust
command -v doxygen >/dev/null || apt_need doxygen

rm -rf target/docs
mkdir -p target/docs
ASR_VERSION=$(cargo_field version) doxygen docs/Doxyfile
# Doxygen would have a page for each member, too: error(3) and value(3) are not ours to give.
find target/docs/man -type f ! -name 'asr_*' ! -name 'autoshares_reset*' -delete
say "C and C++: target/docs/c/index.html"
[ "${1:-}" != c ] || exit 0
RUSTDOCFLAGS='-D warnings' cargo doc --locked --quiet --no-deps --workspace
say "Rust: target/doc/autoshares_reset/index.html"
