#!/usr/bin/env bash
# Tests that no secret is left in memory after everything was freed; the same scan finds each in a build that does not wipe.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"
scripts/setup-c.sh

RUSTFLAGS="--cfg asr_no_wipe" cargo rustc --locked --quiet --release --lib --crate-type cdylib --target-dir target/no-wipe
ln -sf libautoshares_reset.so target/no-wipe/release/libautoshares_reset.so.0

program=$root/target/tests/c/memory_scan
make -s -C tests/c OUT="${program%/*}" "$program"
counted python3 -B tests/c/memory_scan.py "$program" clean
LD_LIBRARY_PATH=$root/target/no-wipe/release counted python3 -B tests/c/memory_scan.py "$program" traces
close_count
