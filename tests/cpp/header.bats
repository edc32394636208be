#!/usr/bin/env bats
# Compilers accept the C++ header without a warning.

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

tells_the_standard_it_needs() { # COMPILER
  [ "$(printf '#include <autoshares_reset.hpp>\n' | "$1" -x c++ -std=c++14 -fsyntax-only -Iinclude - 2>&1 |
    sed -n 's/.*error: *//p' | tr -d '"' | sed 's/^#error //')" = \
    "autoshares_reset.hpp needs C++17 or newer: compile with -std=c++17 or /std:c++17" ]
}

@test "the header takes the standard from Microsoft's macro, if there is one" {
  printf '#include <autoshares_reset.hpp>\n' >"$BATS_TEST_TMPDIR/program.cpp"
  run g++ -std=c++17 -D_MSVC_LANG=201402L -fsyntax-only -Iinclude "$BATS_TEST_TMPDIR/program.cpp"
  [[ $status -ne 0 && $output == *'compile with -std=c++17 or /std:c++17'* ]]
}

@test "g++ says which standard the header needs, and nothing else" { tells_the_standard_it_needs g++; }
@test "clang++ says which standard the header needs, and nothing else" { tells_the_standard_it_needs clang++; }

warns_of_results_that_nobody_reads() { # COMPILER
  local program=$BATS_TEST_TMPDIR/program.cpp
  cat >"$program" <<'CPP'
#include <autoshares_reset.hpp>
namespace ar = autoshares_reset;
void f(const ar::Client& c) {
  c.try_connect();
  c.secret_question("");
  c.confirm_code("");
  ar::name(ar::Code::ok);
  ar::secret_question_once("", "", "");
}
CPP
  [ "$("$1" -std=c++17 -fsyntax-only -Iinclude "$program" 2>&1 | grep -c 'warning:')" -eq 5 ]
}

@test "g++ warns of results that nobody reads" { warns_of_results_that_nobody_reads g++; }
@test "clang++ warns of results that nobody reads" { warns_of_results_that_nobody_reads clang++; }

@test "units with and without exceptions define the same functions differently, as the recipes warn" {
  echo '#include <autoshares_reset.hpp>
bool configured() { return bool(autoshares_reset::Client::try_make({})); }' >"$BATS_TEST_TMPDIR/unit.cpp"
  functions() { # OPTION…: name and size of each inline function; the linker keeps one of each name
    g++ -std=c++17 -Iinclude "$@" -c "$BATS_TEST_TMPDIR/unit.cpp" -o "$BATS_TEST_TMPDIR/unit.o"
    nm --print-size "$BATS_TEST_TMPDIR/unit.o" | awk '$3 == "W" && /16autoshares_reset/ { print $4, $2 }' | sort
  }
  functions >"$BATS_TEST_TMPDIR/with"
  functions -fno-exceptions >"$BATS_TEST_TMPDIR/without"
  join "$BATS_TEST_TMPDIR/with" "$BATS_TEST_TMPDIR/without" | awk '$2 != $3 { differs = 1 } END { exit !differs }'
}
