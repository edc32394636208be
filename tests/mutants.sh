#!/usr/bin/env bash
# Changes the code that decides whose response a caller gets and what it reports (.cargo/mutants.toml), one place at a time,
# and expects a test to fail each time. A change that no test finds is a failure, unless that file excludes it with a reason.
#   MUTANTS=K/N  the K-th of N shares of all changes, from 0; without it: every change, which takes two hours
set -euo pipefail
# shellcheck source-path=SCRIPTDIR/../scripts source=../scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"
cd "$root"
cargo_tool cargo-mutants 27.1.0

chosen=()
[ -z "${MUTANTS:-}" ] || chosen=(--shard "$MUTANTS")
tests=(--lib)
for test in ahead calls conformance faults histories logging race responses; do
  tests+=("--test=$test")
done

# In a private network a changed proxy can reach only this machine. Each job builds in a copy of the sources.
alone=(in_private_network env -u CARGO_TARGET_DIR CARGO_NET_OFFLINE=true CARGO_PROFILE_DEV_DEBUG=0 ASR_HISTORIES=3000)
cargo fetch --locked --quiet
say "the tests without a change"
"${alone[@]}" cargo test --locked --quiet --workspace "${tests[@]}" >target/mutants.log 2>&1 || { cat target/mutants.log; exit 1; }

say "each change"
status=0
"${alone[@]}" cargo mutants --baseline=skip --jobs 2 --timeout 300 --build-timeout 600 --test-workspace=true \
  --output target "${chosen[@]}" -C--locked "${tests[@]/#/-C}" || status=$?
found=target/mutants.out
sed 's/^/not ok /' "$found/missed.txt"
printf '%d passed, %d failed\n' "$(cat "$found"/{caught,timeout}.txt | wc -l)" "$(wc -l <"$found/missed.txt")"
# 2: no test found a change; 3: a change made tests time out, which counts as found.
case $status in 0 | 3) ;; 2) exit 1 ;; *) exit "$status" ;; esac
