#!/usr/bin/env bash
# Builds the tests in C and C++ and runs them, by presets of CMakePresets.json: scripts/ctest.sh PRESET…
# It closes with the sum of the tests inside the programs.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

processors=$(getconf _NPROCESSORS_ONLN)
export CMAKE_BUILD_PARALLEL_LEVEL=$processors CTEST_PARALLEL_LEVEL=$processors
status=0 results=()
for preset in "$@"; do
  result=target/ctest/$preset.xml
  rm -f "$result"
  # The programs' own sums are left out: the last line here is the sum of all.
  cmake --workflow --preset "$preset" |
    sed -uE '/^[0-9]+ passed, [0-9]+ failed$/d; s/^\[doctest\] test cases:/[doctest] cases:/' || status=$?
  results+=("$result")
done
python3 -B tests/summary.py "${results[@]}" || status=1
exit "$status"
