#!/usr/bin/env bats
# ThreadSanitizer reports the races in PLANTED_BUG, the program of planted_bug.c.

reports() { # BUG FUNCTION: a race in this function
  run "$PLANTED_BUG" "$1"
  echo "$output"
  [ "$status" -ne 0 ] && grep -q 'WARNING: ThreadSanitizer: data race' <<<"$output" && grep -q "$2" <<<"$output"
}

@test "a program without a race passes" { "$PLANTED_BUG"; }
@test "a race of the program's is seen" { reports program-races program_races; }
@test "a race in the library is seen" { reports library-races asr_config_set_timeout_ms; }
