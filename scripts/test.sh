#!/usr/bin/env bash
# Runs the suites of a set one after the other and closes with a table of their counts.
# usage: scripts/test.sh quick|all|release, or the names of suites: scripts/test.sh rust install
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

# Each is scripts/test-NAME.sh.
quick=(rust c abi)
all=("${quick[@]}" cpp python csharp install docs counts memory-scan sanitizers valgrind fuzz)
release=(supply-chain msrv cargo-c dist publish recipes windows targets emulator-page)

case ${1:-} in
  quick) suites=("${quick[@]}") ;;
  all) suites=("${all[@]}") ;;
  release) suites=("${release[@]}") ;;
  '') die "which? quick, all, release or the names of suites" ;;
  *) suites=("$@") ;;
esac

logs=$root/target/test-logs
mkdir -p "$logs"

# Passed and failed, summed over the closing lines of cargo test, pytest, doctest and of the suites' own runners.
count() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
    /^test result: / || /^(=+ )?[0-9]+ (passed|failed).* in [0-9.]+s/ || /^\[doctest\] test cases:/ ||
    /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
      if (match($0, /[0-9]+ passed/)) passed += substr($0, RSTART, RLENGTH) + 0
      if (match($0, /[0-9]+ failed/)) failed += substr($0, RSTART, RLENGTH) + 0
    }
    END { print passed + 0, failed + 0 }'
}

# What cargo test, pytest, TAP and the suites' own runners say of a test that failed.
failures() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E '^not ok |^FAILED |^test .* FAILED$|^[^ ]+:[0-9]+: (FATAL )?ERROR: ' | sed 's/^/    /'
}

table=() total_passed=0 total_failed=0
for suite in "${suites[@]}"; do
  say "suite $suite"
  started=$SECONDS
  status=0
  "$root/scripts/test-$suite.sh" 2>&1 </dev/null | tee "$logs/$suite.log" || status=$?
  read -r passed failed < <(count "$logs/$suite.log")
  verdict=ok
  if [ "$status" -eq 75 ]; then
    verdict=skipped
  elif [ "$status" -ne 0 ]; then
    verdict="FAILED (exit $status)"
    # A suite can break outside its counted tests.
    [ "$failed" -gt 0 ] || failed=1
  elif [ "$failed" -gt 0 ]; then
    verdict=FAILED
  elif [ "$passed" -eq 0 ]; then
    if grep -q '!!! SKIPPED' "$logs/$suite.log"; then
      verdict=skipped
    else
      verdict='FAILED (ran no test)'
      failed=1
    fi
  fi
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  table+=("$(printf '%-14s %6d passed %4d failed %5d s  %s' "$suite" "$passed" "$failed" $((SECONDS - started)) "$verdict")")
  [ "$failed" -eq 0 ] || table+=("$(failures "$logs/$suite.log" || true)")
done

say "summary (output: target/test-logs/)"
printf '%s\n' "${table[@]}"
printf '%d passed, %d failed\n' "$total_passed" "$total_failed"
[ "$total_failed" -eq 0 ]
