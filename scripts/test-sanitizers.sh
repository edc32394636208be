#!/usr/bin/env bash
# The suites in C and C++ under clang's AddressSanitizer (with its leak detection) and UndefinedBehaviorSanitizer, the
# Rust side built with AddressSanitizer too.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"
scripts/setup-c.sh
# The allocator of an older AddressSanitizer hangs in the child of a fork during calls of other threads.
apt_need clang-19 libclang-rt-19-dev
with_servers "$0"

# An unstable flag, which a stable compiler takes with this. With a target named, build scripts stay as they are.
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address \
  cargo rustc --locked --quiet --lib --crate-type cdylib --target "$host" --target-dir target/sanitizers
library=$root/target/sanitizers/$host/debug
ln -sf libautoshares_reset.so "$library/libautoshares_reset.so.0"

flags="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
c=$root/target/tests/c-sanitizers cpp=$root/target/tests/cpp-sanitizers
make -s -C tests/c CC=clang-19 CFLAGS="$flags" LIB_DIR="$library" OUT="$c"
make -s -C tests/c CC=clang-19 CFLAGS="$flags" LIB_DIR="$library" OUT="$c" "$c/planted_bug"
make -s -C tests/cpp CXX=clang++-19 STD=c++20 CXXFLAGS="$flags" LIB_DIR="$library" OUT="$cpp"

# Everything takes its time here.
export TEST_SLOWNESS=10

finds() { # BUG WORDS: the planted bug ends the program with a report that says so
  local report
  if report=$("$c/planted_bug" "$1" 2>&1); then
    echo "nothing was found"
    return 1
  fi
  grep -Eq "$2" <<<"$report" || { echo "$report"; return 1; }
}

say "the sanitizers are in"
check "a program without a bug passes" "$c/planted_bug"
check "AddressSanitizer watches the Rust side" finds library-reads-freed-memory \
  'heap-use-after-free.*|#[0-4] .* in .*autoshares_reset'
check "AddressSanitizer finds what the library's caller loses" finds library-memory-is-lost 'LeakSanitizer'
check "UndefinedBehaviorSanitizer watches the C side" finds program-overflows 'signed integer overflow'

for test in $(make -s -C tests/c list); do
  counted "$c/$test"
done
counted "$c/conformance" tests/cases.json
for test in $(make -s -C tests/cpp list); do
  counted "$cpp/$test"
done
close_count
