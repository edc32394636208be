#!/usr/bin/env bash
# What the product is made of: licences, sources and duplicates of its crates (deny.toml), and the lock file.
# Known weaknesses have a database of their own, which is fetched: `cargo deny check advisories`, before a release.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust
need_cc
cargo_tool cargo-deny 0.20.2
# The crates of all systems, not only of this one.
cargo fetch --locked --quiet

checks=(bans licenses sources) passed=0 failed=0
for check in "${checks[@]}"; do
  if cargo deny --locked --offline check "$check"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
if cargo metadata --locked --offline --format-version 1 >/dev/null; then
  echo "Cargo.lock is what Cargo.toml asks for"
  passed=$((passed + 1))
else
  failed=$((failed + 1))
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
