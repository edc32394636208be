#!/usr/bin/env bash
# The tests in C: the header, the shared library as an artifact, every test program against the shared library and once
# more against the static one, the shared table of cases, the examples.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"
scripts/setup-c.sh
with_servers "$0"
keep_names_here

library=target/release/libautoshares_reset.so

compiles_alone() { # COMPILER LANGUAGE STANDARD
  printf '#include <autoshares_reset.h>\n#include <autoshares_reset.h>\nint main(void) { return 0; }\n' |
    "$1" -x "$2" -std="$3" -Wall -Wextra -pedantic -Werror -fsyntax-only -Iinclude -
}

exports_the_header() {
  diff <(grep -oE '\basr_[a-z_]+\(' include/autoshares_reset.h | tr -d '(' | sort -u) \
    <(nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u)
}

say "the header and the library's file"
for compiler in gcc clang; do
  check "$compiler takes the header as C99" compiles_alone "$compiler" c c99
  check "$compiler takes the header as C11" compiles_alone "$compiler" c c11
  check "$compiler takes the header as C++11" compiles_alone "$compiler" c++ c++11
done
check "the library exports what the header declares and nothing else" exports_the_header
check "the SONAME is libautoshares_reset.so.0" \
  bash -c "readelf -d '$library' | grep -q 'SONAME.*\[libautoshares_reset\.so\.0\]'"
check "the library stays resident" bash -c "readelf -d '$library' | grep -q 'FLAGS_1.*NODELETE'"

shared=$root/target/tests/c static=$root/target/tests/c-static
make -s -C tests/c OUT="$shared"
make -s -C tests/c OUT="$static" STATIC=1
for out in "$shared" "$static"; do
  for test in $(make -s -C tests/c list); do
    counted "$out/$test"
  done
done
counted "$shared/conformance" tests/cases.json
counted python3 -B tests/c/examples_check.py "$shared/examples/{}"
close_count
