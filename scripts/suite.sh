#!/usr/bin/env bash
# Runs one suite; its output appears as it comes: scripts/suite.sh NAME
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
suite=$1
needs "$suite"

# Prints the counts of a bats file as its last line, as every suite does.
run_bats() {
  local output status=0
  output=$(mktemp)
  bats --tap "$1" | tee "$output" || status=$?
  printf '%d passed, %d failed\n' "$(grep '^ok' "$output" | grep -vc '# skip')" "$(grep -c '^not ok' "$output")"
  rm -f "$output"
  return "$status"
}
run_nox() {
  python_tools nox nox==2026.10.20
  keep_names_here
  exec "$programs/nox" --noxfile bindings/python/noxfile.py --session "$@"
}
try() { exec tests/platforms/try.sh "$@"; }

case $suite in
  rust) exec cargo test --locked --workspace --no-fail-fast ;;
  c) exec scripts/ctest.sh c static ;;
  cpp) exec scripts/ctest.sh cpp clang ;;
  memory-scan | injection) exec scripts/ctest.sh "$suite" ;;
  sanitizers) exec scripts/ctest.sh asan ;;
  valgrind) exec scripts/ctest.sh memcheck ;;
  histories)
    # Optimised, and in a separate folder, because another profile would make the other suites build again.
    export ASR_HISTORIES=${ASR_HISTORIES:-200000} ASR_WALK=2 CARGO_TARGET_DIR=$root/target/histories
    export CARGO_PROFILE_DEV_OPT_LEVEL=2 CARGO_PROFILE_DEV_DEBUG=0
    exec cargo test --locked -p autoshares-reset --test histories -- --nocapture
    ;;
  fuzz) exec fuzz/run.sh ;;
  mutants | thread-sanitizer) exec "tests/$suite.sh" ;;
  counts)
    need_built
    make -s -C benches/peers counting
    exec scripts/with-servers.sh python3 -B "$root/benches/counts.py"
    ;;
  python-lint) run_nox lint types ;;
  python) need_built && run_nox tests ;;
  pythons) need_built && run_nox pythons sdist ;;
  csharp) exec bindings/csharp/tests/run.sh ;;
  csharp-runtimes) exec bindings/csharp/tests/run.sh others ;;
  dialogs) exec tests/dialogs/run.sh ;;
  emulator-page)
    cargo build --locked --quiet --release -p autoshares-emulator
    # Chromium asks name servers and connects outward despite its switches.
    in_private_network timeout 300 python3 -B emulator/tests/browser/page_test.py \
      "$(command -v chromium || command -v google-chrome)" target/release/autoshares-emulator target/emulator-page
    ;;

  # These run a release's files for other systems.
  linux) try x86_64-unknown-linux-gnu x86_64-unknown-linux-musl ;;
  arm64) try aarch64-unknown-linux-gnu ;;
  arm64-musl) try aarch64-unknown-linux-musl ;;
  macos) exec tests/platforms/macos.sh ;;
  windows) try x86_64-pc-windows-gnu ;;
  windows-x86) try i686-pc-windows-gnu ;;
  windows-csharp) exec tests/platforms/csharp.sh ;;
  windows-x86-csharp) WINDOWS_RID=win-x86 exec tests/platforms/csharp.sh ;;
  windows-python) exec tests/platforms/python.sh ;;

  *) run_bats "tests/packaging/$suite.bats" ;;
esac
