#!/usr/bin/env bash
# The tests of the C++ header: by both compilers, as C++17 and C++20, with and without exceptions; the shared table of
# cases; the examples.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"
scripts/setup-c.sh
with_servers "$0"
keep_names_here

for compiler in g++ clang++; do
  for standard in c++17 c++20; do
    out=$root/target/tests/cpp-$compiler-$standard
    make -s -C tests/cpp CXX="$compiler" STD="$standard" OUT="$out" tests
    for test in $(make -s -C tests/cpp list); do
      counted "$out/$test"
    done
  done
done
make -s -C tests/cpp CXX="$compiler" STD="$standard" OUT="$out"
counted "$out/conformance" tests/cases.json
counted python3 -B tests/c/examples_check.py "$out/examples/{}"
close_count
