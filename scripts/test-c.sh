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
  check "$compiler takes the header as C89" compiles_alone "$compiler" c c89
  check "$compiler takes the header as C99" compiles_alone "$compiler" c c99
  check "$compiler takes the header as C11" compiles_alone "$compiler" c c11
  check "$compiler takes the header as C++11" compiles_alone "$compiler" c++ c++11
done

warns_of_results_that_nobody_frees() { # COMPILER
  [ "$(printf '#include <autoshares_reset.h>\nvoid f(void) {\nasr_config_new(0, 0);\nasr_cancel_new();\nasr_client_connect(0, 0);\n}\n' |
    "$1" -x c -c -o /dev/null -Iinclude - 2>&1 | grep -c 'warning:')" -eq 3 ]
}
check "gcc warns of results that nobody frees" warns_of_results_that_nobody_frees gcc
check "clang warns of results that nobody frees" warns_of_results_that_nobody_frees clang

has_one_calling_convention() { # what a program's own default is does not matter
  [ "$(printf '#include <autoshares_reset.h>\n' | gcc -E -D_WIN32 -Iinclude - | grep -oE '\b(__cdecl )?asr_[a-z_]+ *\(' | grep -vc __cdecl)" -eq 0 ]
}
check "every function is __cdecl on Windows" has_one_calling_convention
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
counted python3 -B tests/c/dead_address.py "$shared/examples/secret_question"
close_count
