#!/usr/bin/env bash
# Runs the tests that use threads under ThreadSanitizer: the library's unit tests, with Rust's standard library built for it
# too, and the programs in C.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR/../scripts source=../scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"
# shellcheck source-path=SCRIPTDIR/../scripts source=../scripts/offline/cross.sh
. "$root/scripts/offline/cross.sh"
cd "$root"
need_rust

host=$(rustc --print host-tuple)
toolchain=$(rustc --print sysroot)
# A standard library that was built without it makes hundreds of false reports.
if [ ! -d "$toolchain/lib/rustlib/src/rust/library" ]; then
  (unpack_debians_rust) || die "the sources of Rust's standard library are needed: rustup component add rust-src"
  # Debian's Rust is another version, without the sanitizer's runtime; the interface between the two is stable.
  cp "$toolchain/lib/rustlib/$host/lib/librustc-stable_rt.tsan.a" "$cross/rust/usr/lib/rustlib/$host/lib/"
  debians=("RUSTC=$cross/rust/usr/bin/rustc" "LD_LIBRARY_PATH=$cross/rust/usr/lib/$(cc -print-multiarch)")
fi
# watched COMMAND [ARGUMENT…]: runs cargo with the sanitizer in all code.
watched() {
  local command=$1
  shift
  env ${debians:+"${debians[@]}"} RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=thread CARGO_PROFILE_DEV_DEBUG=1 \
    CARGO_TARGET_DIR="$root/target/thread-sanitizer" \
    cargo "$command" --locked -Zbuild-std=std,panic_unwind,test --target "$host" -p autoshares-reset "$@"
}
status=0

say "the Rust suites"
suites=(--lib --test calls)
watched test --no-run "${suites[@]}"
planted=ffi::config::tests::two_threads_race_for_settings
if ! report=$(watched test --lib -- --ignored --exact "$planted" 2>&1) &&
  grep -q 'WARNING: ThreadSanitizer: data race' <<<"$report" && grep -q asr_config_set_timeout_ms <<<"$report"; then
  printf 'ok a race in the Rust suites is seen\n1 passed, 0 failed\n'
else
  printf 'not ok a race in the Rust suites is seen\n# %s\n0 passed, 1 failed\n' "${report//$'\n'/$'\n# '}"
  status=1
fi
watched test --no-fail-fast "${suites[@]}" || status=1

say "the programs in C"
watched rustc --lib --crate-type cdylib
ln -sf libautoshares_reset.so "target/thread-sanitizer/$host/debug/libautoshares_reset.so.0"
scripts/ctest.sh tsan || status=1
exit "$status"
