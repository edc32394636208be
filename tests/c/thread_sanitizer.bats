#!/usr/bin/env bats
# ThreadSanitizer reports the races in PLANTED_BUG, the program of planted_bug.c. It runs with the library that is built
# with the sanitizer, and with the one that ships.

reports() { # BUG FUNCTION: a race in this function
  run "$PLANTED_BUG" "$1"
  echo "$output"
  [ "$status" -ne 0 ] && grep -q 'WARNING: ThreadSanitizer: data race' <<<"$output" && grep -q "$2" <<<"$output"
}

@test "a program without a race passes" { "$PLANTED_BUG"; }
@test "a race of the program's is seen" { reports program-races program_races; }
@test "a race in the library is seen" { reports library-races asr_config_set_timeout_ms; }
@test "a client may move from one thread to another without a race" { "$PLANTED_BUG" hands-over; }

@test "the recipe for ThreadSanitizer silences what it reports of the shipped library, and nothing of the program" {
  cd "$BATS_TEST_DIRNAME/../.."
  export LD_LIBRARY_PATH=$PWD/target/release
  reports hands-over libautoshares_reset.so
  awk -v folder="$BATS_TEST_TMPDIR" -f tests/packaging/code-blocks.awk docs/recipes.md
  TSAN_OPTIONS=suppressions=$(echo "$BATS_TEST_TMPDIR"/*.tsan.text):$TSAN_OPTIONS
  "$PLANTED_BUG" hands-over
  reports program-races program_races
}
