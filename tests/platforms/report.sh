#!/usr/bin/env bash
# To be sourced: counts tests, and closes with their sum.
# shellcheck shell=bash

passed=0 failed=0

# Runs a program whose last line has the counts (`N passed, N failed`, or pytest's). Does not print that line, because the
# suite ends with the sum.
counted() {
  local output status=0 good bad closing='^[0-9]+ (passed|failed)(, [0-9]+ failed$|.* in [0-9.]+s)'
  output=$(mktemp)
  timeout 600 "$@" 2>&1 | tr -d '\r' | tee "$output" | sed -E "/$closing/d" || status=$?
  closing=$(grep -E "$closing" "$output" | tail -n 1) || true
  rm -f "$output"
  good=$(grep -oE '[0-9]+ passed' <<<"$closing" | tr -dc 0-9) || true
  bad=$(grep -oE '[0-9]+ failed' <<<"$closing" | tr -dc 0-9) || true
  # A failure outside its tests: a crash, a run without tests.
  if [ "${bad:-0}" -eq 0 ] && { [ "$status" -ne 0 ] || [ "${good:-0}" -eq 0 ]; }; then
    printf 'not ok %s (exit %s, %s tests)\n' "${*##*/}" "$status" "${good:-0}"
    bad=1
  fi
  passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0}))
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
