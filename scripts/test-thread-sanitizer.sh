#!/usr/bin/env bash
# ThreadSanitizer over the suites with threads: Rust's own of the library, with its standard library built along, and the
# programs in C.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=offline/cross.sh
. "$root/scripts/offline/cross.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"
need_rust
scripts/setup-c.sh
# The last is for the names in reports.
apt_need clang-19 libclang-rt-19-dev llvm
with_servers "$0"

host=$(rustc -vV | sed -n 's/^host: //p')
toolchain=$(rustc --print sysroot)
# A standard library that was built without it makes hundreds of false reports.
if [ ! -d "$toolchain/lib/rustlib/src/rust/library" ]; then
  (unpack_debians_rust) || die "the sources of Rust's standard library are needed: rustup component add rust-src"
  # Debian's Rust is another version, without the sanitizer's runtime; the interface between the two is stable.
  cp "$toolchain/lib/rustlib/$host/lib/librustc-stable_rt.tsan.a" "$cross/rust/usr/lib/rustlib/$host/lib/"
  debians=("RUSTC=$cross/rust/usr/bin/rustc" "LD_LIBRARY_PATH=$cross/rust/usr/lib/$(cc -print-multiarch)")
fi
# watched COMMAND [ARGUMENT…]: cargo's, for this machine, with the sanitizer in all of it.
watched() {
  local command=$1
  shift
  env ${debians:+"${debians[@]}"} RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread CARGO_PROFILE_DEV_DEBUG=1 \
    CARGO_TARGET_DIR="$root/target/thread-sanitizer" \
    cargo "$command" --locked -Zbuild-std=std,panic_unwind,test --target "$host" -p autoshares-reset "$@"
}

sees() { # WORDS COMMAND [ARGUMENT…]: the race that is built into it is reported
  local words=$1 report
  shift
  if report=$("$@" 2>&1); then
    echo "no race was seen"
    return 1
  fi
  if ! grep -q 'WARNING: ThreadSanitizer: data race' <<<"$report" || ! grep -q "$words" <<<"$report"; then
    echo "$report"
    return 1
  fi
}

say "the Rust suites"
suites=(--lib --test cancellation --test connections --test flow)
watched test --no-run "${suites[@]}"
check "a race in the Rust suites is seen" sees 'asr_config_set_timeout_ms' \
  watched test --lib -- --ignored --exact ffi::config::tests::two_threads_race_for_settings
watched test --no-fail-fast "${suites[@]}" || check "the Rust suites pass" false

say "the programs in C"
watched rustc --lib --crate-type cdylib
library=$root/target/thread-sanitizer/$host/debug
ln -sf libautoshares_reset.so "$library/libautoshares_reset.so.0"
c=$root/target/tests/c-threads
for goal in all "$c/planted_bug"; do
  make -s -C tests/c CC=clang-19 CFLAGS="-O1 -g -fsanitize=thread" LIB_DIR="$library" OUT="$c" "$goal"
done
TSAN_OPTIONS=external_symbolizer_path=$(command -v llvm-symbolizer)
# Everything takes its time here.
export TSAN_OPTIONS TEST_SLOWNESS=10
check "a program without a race passes" "$c/planted_bug"
check "a race of the program's is seen" sees 'program_races' "$c/planted_bug" program-races
check "a race in the library is seen" sees 'asr_config_set_timeout_ms' "$c/planted_bug" library-races
for test in $(make -s -C tests/c list); do
  counted "$c/$test"
done
counted "$c/conformance" tests/cases.json
close_count
