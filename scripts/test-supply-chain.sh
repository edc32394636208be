#!/usr/bin/env bash
# Checks the dependencies: licences, sources and duplicates of the crates (deny.toml), and the lock file.
# `cargo deny check advisories` fetches the database of known weaknesses: run it before a release.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust
need_cc
cargo_tool cargo-deny 0.20.2
# The crates of all systems, not only of this one.
cargo fetch --locked --quiet

passed=0 failed=0
check() { if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }
check cargo deny --locked --offline check bans licenses sources
# Cargo.lock is what Cargo.toml asks for.
check cargo metadata --locked --offline --format-version 1 >/dev/null
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
