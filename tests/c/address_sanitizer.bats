#!/usr/bin/env bats
# AddressSanitizer and UndefinedBehaviorSanitizer find the bugs in PLANTED_BUG, the program of planted_bug.c.

finds() { # BUG WORDS: the bug ends the program with a report that has these words
  run "$PLANTED_BUG" "$1"
  echo "$output"
  [ "$status" -ne 0 ] && grep -Eq "$2" <<<"$output"
}

@test "a program without a bug passes" { "$PLANTED_BUG"; }

@test "AddressSanitizer watches the Rust side" {
  finds library-reads-freed-memory 'heap-use-after-free.*|#[0-4] .* in .*autoshares_reset'
}

@test "AddressSanitizer finds memory that the library's caller leaks" { finds library-memory-is-lost LeakSanitizer; }
@test "UndefinedBehaviorSanitizer watches the C side" { finds program-overflows 'signed integer overflow'; }
