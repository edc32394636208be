#!/usr/bin/env bash
# Fuzzes each target for FUZZ_SECONDS (60) under AddressSanitizer, from the committed corpus.
#   PLANTED_BUG=1   builds each target with a planted bug, which it must find
#   KEEP_CORPUS=1   adds new inputs to the committed corpus, without those that add no coverage
# Leaves inputs that crash in fuzz/artifacts.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"
cd "$root/fuzz"
need_rust
cargo_tool cargo-fuzz 0.13.2

# Lets the stable compiler accept the sanitizer's unstable flag.
export RUSTC_BOOTSTRAP=1
folder=target
if [ "${PLANTED_BUG:-}" = 1 ]; then
  export RUSTFLAGS="--cfg planted_bug"
  folder=target/planted
fi
cargo fuzz build --target-dir "$folder" 2>&1 | tail -n 1

passed=0
failed=0
ok() { echo "ok $*"; passed=$((passed + 1)); }
not_ok() { echo "not ok $*"; failed=$((failed + 1)); }

for target in response settings c_abi; do
  mkdir -p corpus
  tar -xzf "corpora/$target.tar.gz" -C corpus
  log=$folder/$target.log
  found=no
  cargo fuzz run --target-dir "$folder" "$target" -- -max_total_time="${FUZZ_SECONDS:-60}" \
    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 >"$log" 2>&1 || found=yes
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if [ "${PLANTED_BUG:-}" = 1 ]; then
    if grep -q 'the planted bug' "$log"; then
      ok "$target found the planted bug in ${runs:-?} executions"
    else
      not_ok "$target missed the planted bug in ${runs:-?} executions"
    fi
  elif [ "$found" = no ] && [ "${runs:-0}" -gt 1000 ]; then
    ok "$target: $runs executions, nothing found"
  else
    tail -n 60 "$log"
    not_ok "$target: ${runs:-0} executions"
  fi
  if [ "${KEEP_CORPUS:-}" = 1 ]; then
    cargo fuzz cmin --target-dir "$folder" "$target" >>"$log" 2>&1
    tar --sort=name --mtime=2026-01-01 --owner=0 --group=0 --numeric-owner \
      -czf "corpora/$target.tar.gz" -C corpus "$target"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
