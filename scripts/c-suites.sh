#!/usr/bin/env bash
# Sourced by the suites in C and C++: runs their programs and sums up their counts.
# shellcheck shell=bash

: "${root:?source lib.sh first}"
passed=0 failed=0

# Runs a test program: cmocka (as TAP), doctest, pytest (with -q), or one that ends with `N passed, N failed`. Its own
# sum is not printed, because the suite ends with the sum of all.
counted() {
  local output status=0 good=0 bad=0
  output=$(mktemp)
  say "${*##*/}"
  CMOCKA_MESSAGE_OUTPUT=TAP timeout 600 "$@" 2>&1 | tr -d '\r' | tee "$output" |
    sed -E '/^[0-9]+ passed, [0-9]+ failed$/d; /^[0-9]+ (passed|failed).* in [0-9.]+s/d; s/^\[doctest\] test cases:/[doctest] cases:/' || status=$?
  read -r good bad < <(sed 's/\x1b\[[0-9;]*m//g' "$output" | awk '
    /^ok / { good++ }
    # cmocka prints this for a skipped test.
    /^not ok [0-9]+ # SKIP/ { next }
    /^not ok / { bad++ }
    /^\[doctest\] test cases:|^[0-9]+ passed, [0-9]+ failed$|^[0-9]+ (passed|failed).* in [0-9.]+s/ {
      good = bad = 0
      if (match($0, /[0-9]+ passed/)) good = substr($0, RSTART, RLENGTH) + 0
      if (match($0, /[0-9]+ failed/)) bad = substr($0, RSTART, RLENGTH) + 0
    }
    END { print good + 0, bad + 0 }')
  rm -f "$output"
  [ "$status" -ne 75 ] || return 0 # skipped, as it said
  # It can fail outside its tests: a crash, a leak found at the end, a run without tests.
  if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
    printf 'not ok %s (exit %s, %s tests)\n' "${*##*/}" "$status" "$good"
    bad=1
  fi
  passed=$((passed + good)) failed=$((failed + bad))
}

# A test that is a command: check WORDS COMMAND [ARGUMENT…]
check() {
  local words=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf 'ok %s\n' "$words"
    passed=$((passed + 1))
  else
    printf 'not ok %s\n# %s\n' "$words" "${output//$'\n'/$'\n# '}"
    failed=$((failed + 1))
  fi
}

# The closing line, and the suite's exit status.
close_count() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# Starts the suite again with the servers up, unless they are.
with_servers() {
  [ -z "${AUTOSHARES_CASES_URL:-}" ] || return 0
  if [ ! -x "$root/target/release/autoshares-case-server" ] || [ ! -e "$root/target/release/libautoshares_reset.so" ]; then
    "$root/scripts/build.sh"
  fi
  exec "$root/scripts/with-servers.sh" "$@"
}
