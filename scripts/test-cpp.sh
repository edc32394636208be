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

tells_the_standard_it_needs() { # COMPILER
  [ "$(printf '#include <autoshares_reset.hpp>\n' | "$1" -x c++ -std=c++14 -fsyntax-only -Iinclude - 2>&1 |
    sed -n 's/.*error: *//p' | tr -d '"' | sed 's/^#error //')" = \
    "autoshares_reset.hpp needs C++17 or newer: compile with -std=c++17 or /std:c++17" ]
}

warns_of_results_that_nobody_reads() { # COMPILER
  local lines='c.try_connect(); c.secret_question(""); c.confirm_code(""); ar::name(ar::Code::ok); ar::secret_question_once("", "", "");'
  [ "$(printf '#include <autoshares_reset.hpp>\nnamespace ar = autoshares_reset;\nvoid f(const ar::Client& c) {\n%s\n}\n' \
    "${lines//; /;$'\n'}" | "$1" -x c++ -std=c++17 -fsyntax-only -Iinclude - 2>&1 | grep -c 'warning:')" -eq 5 ]
}

for compiler in g++ clang++; do
  check "$compiler says which standard the header needs, and nothing else" tells_the_standard_it_needs "$compiler"
  check "$compiler warns of results that nobody reads" warns_of_results_that_nobody_reads "$compiler"
done
make -s -C tests/cpp CXX="$compiler" STD="$standard" OUT="$out" all "$out/hidden_test"
check "an Error is caught across libraries that hide their symbols" "$out/hidden_test"
counted "$out/conformance" tests/cases.json
counted python3 -B tests/c/examples_check.py "$out/examples/{}"
counted python3 -B tests/c/dead_address.py "$out/examples/secret_question"
close_count
