#!/usr/bin/env bash
# Runs the suites of a set and closes with a table of their counts.
# usage: scripts/test.sh [--list] quick|all|hardening|release|platforms, or SUITE…; --list prints the set's suites
#   SUITE_SECONDS  the time limit of a suite (2400)
#   SUITE_RUNNER   the program that runs the suite whose name it gets (scripts/suite.sh)
#   SUITE_LOGS     the folder for their output (target/test-logs)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

# A set runs in two lanes, side by side. Suites that use the same folder are in the same lane.
left=() right=() list=''
if [ "${1:-}" = --list ]; then
  list=yes
  shift
fi
case ${1:-} in
  quick) left=(rust c abi) right=(python csharp) ;;
  all) left=(rust c abi cpp) right=(python csharp docs counts install) ;;
  hardening) left=(runner memory-scan injection valgrind histories) right=(sanitizers thread-sanitizer fuzz) ;;
  release)
    left=(dist packages recipes windows windows-python windows-csharp windows-x86-csharp dialogs)
    right=(supply-chain windows-x86 msrv pythons csharp-runtimes csharp-package cargo-c emulator-page targets)
    ;;
  # Each builds the library with the standard library for another system: together they take too long for every commit.
  platforms) left=(linux arm64 arm64-musl macos dist) TARGETS=$(awk '$7 == "linux" { print $1 }' packaging/targets.txt) && export TARGETS ;;
  '') die "name a set (quick, all, hardening, release, platforms) or suites" ;;
  *) left=("$@") ;;
esac
if [ -n "$list" ]; then
  printf '%s\n' "${left[@]}" ${right[@]+"${right[@]}"}
  exit
fi

logs=${SUITE_LOGS:-$root/target/test-logs}
runner=${SUITE_RUNNER:-$root/scripts/suite.sh}
limit=${SUITE_SECONDS:-2400}
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

# The lines in which cargo test, pytest, TAP and the suites' own runners name a test that failed.
failures() {
  sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E '^not ok |^FAILED |^test .* FAILED$|^[^ ]+:[0-9]+: (FATAL )?ERROR: ' | sed 's/^/    /'
}

# Runs a command with default signals, whatever this shell inherited, and ends it and its children when its time is up. Only
# GNU's tools can do that: on other systems the command just runs.
bounded() {
  if timeout --version >/dev/null 2>&1 && env --default-signal=INT true 2>/dev/null; then
    exec env --default-signal=INT,QUIT timeout --kill-after=5 "$limit" "$@"
  fi
  exec "$@"
}

# lane SUITE…: runs suites one after the other. The output of each goes to its log, and is printed when the suite has ended.
lane() {
  local suite running status started
  # A background job has to be ended by its parent: the terminal's Ctrl-C does not reach it.
  trap 'kill "$running" 2>/dev/null; exit 143' TERM
  for suite in "$@"; do
    say "suite $suite begins (${logs#"$root/"}/$suite.log)"
    started=$SECONDS status=0
    bounded "$runner" "$suite" >"$logs/$suite.log" 2>&1 </dev/null &
    running=$!
    wait "$running" || status=$?
    # Ends the processes that the suite left running: they are in its group.
    kill -- "-$running" 2>/dev/null || true
    printf '%s %s\n' "$status" $((SECONDS - started)) >"$logs/$suite.status"
    # The other lane does not write in between.
    (flock 9 2>/dev/null || true && say "suite $suite" && cat "$logs/$suite.log") 9>"$logs/lock"
  done
}

lanes=()
trap 'kill "${lanes[@]}" 2>/dev/null || true; wait; exit 130' INT TERM
lane "${left[@]}" &
lanes+=($!)
if [ ${#right[@]} -gt 0 ]; then
  lane "${right[@]}" &
  lanes+=($!)
fi
wait "${lanes[@]}"

table=() total_passed=0 total_failed=0
for suite in "${left[@]}" ${right[@]+"${right[@]}"}; do
  read -r status seconds <"$logs/$suite.status"
  read -r passed failed < <(count "$logs/$suite.log")
  verdict=ok
  if [ "$status" -eq 75 ]; then
    verdict=skipped
  elif [ "$status" -ne 0 ]; then
    verdict="FAILED (exit $status)"
    case $status in 124 | 137) verdict="FAILED: it was ended after $seconds s, because it may take $limit" ;; esac
    # A suite can break outside its counted tests.
    [ "$failed" -gt 0 ] || failed=1
  elif [ "$failed" -gt 0 ]; then
    verdict=FAILED
  elif [ "$passed" -eq 0 ]; then
    verdict='FAILED (ran no test)' failed=1
  fi
  case $suite-$verdict-$(uname -sm) in
    python-ok-'Linux x86_64' | csharp-ok-'Linux x86_64') ran linux-x64 "$suite" natively ;;
  esac
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  table+=("$(printf '%-16s %6d passed %4d failed %5d s  %s' "$suite" "$passed" "$failed" "$seconds" "$verdict")")
  [ "$failed" -eq 0 ] || table+=("$(failures "$logs/$suite.log" || true)")
done

say "summary (output: ${logs#"$root/"}/)"
printf '%s\n' "${table[@]}"
printf '%d passed, %d failed\n' "$total_passed" "$total_failed"
[ "$total_failed" -eq 0 ]
