#!/usr/bin/env bats
# The header, and the shared library as a file.

library=target/release/libautoshares_reset.so

setup() { cd "$BATS_TEST_DIRNAME/../.." || return; }

compiles_alone() { # COMPILER LANGUAGE STANDARD
  printf '#include <autoshares_reset.h>\n#include <autoshares_reset.h>\nint main(void) { return 0; }\n' |
    "$1" -x "$2" -std="$3" -Wall -Wextra -pedantic -Werror -fsyntax-only -Iinclude -
}

@test "gcc takes the header as C89" { compiles_alone gcc c c89; }
@test "gcc takes the header as C99" { compiles_alone gcc c c99; }
@test "gcc takes the header as C11" { compiles_alone gcc c c11; }
@test "gcc takes the header as C++11" { compiles_alone gcc c++ c++11; }
@test "clang takes the header as C89" { compiles_alone clang c c89; }
@test "clang takes the header as C99" { compiles_alone clang c c99; }
@test "clang takes the header as C11" { compiles_alone clang c c11; }
@test "clang takes the header as C++11" { compiles_alone clang c++ c++11; }

warns_of_results_that_nobody_frees() { # COMPILER
  local program=$BATS_TEST_TMPDIR/program.c
  cat >"$program" <<'C'
#include <autoshares_reset.h>
void f(void) {
  asr_config_new(0, 0);
  asr_cancel_new();
  asr_client_connect(0, 0);
}
C
  [ "$("$1" -c -o /dev/null -Iinclude "$program" 2>&1 | grep -c 'warning:')" -eq 3 ]
}

@test "gcc warns of results that nobody frees" { warns_of_results_that_nobody_frees gcc; }
@test "clang warns of results that nobody frees" { warns_of_results_that_nobody_frees clang; }

@test "every function is __cdecl on Windows, whatever a program's default is" {
  functions=$(printf '#include <autoshares_reset.h>\n' | gcc -E -D_WIN32 -Iinclude - | grep -oE '\b(__cdecl )?asr_[a-z_]+ *\(')
  run grep -v __cdecl <<<"$functions"
  [ -n "$functions" ] && [ -z "$output" ]
}

@test "with Microsoft's compiler the header refuses the static library in a program that is built with /MD" {
  # compiled OPTION…: by clang in place of Microsoft's compiler.
  compiled() {
    clang --driver-mode=cl --target=x86_64-pc-windows-msvc -Zs -Iinclude "$@" "$BATS_TEST_TMPDIR/program.c" 2>&1
  }
  echo '#include <autoshares_reset.h>' >"$BATS_TEST_TMPDIR/program.c"
  local runtime
  for runtime in /MT /MTd /MD /MDd; do compiled $runtime; done
  for runtime in /MT /MTd; do compiled $runtime -DASR_STATIC; done
  for runtime in /MD /MDd; do
    run compiled $runtime -DASR_STATIC
    [[ $status -ne 0 && $output == *'the static library is for /MT; with /MD use the DLL'* ]]
  done
}

@test "the library exports the functions of the header and nothing else" {
  diff <(grep -oE '\basr_[a-z_]+\(' include/autoshares_reset.h | tr -d '(' | sort -u) \
    <(nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u)
}

@test "the SONAME is libautoshares_reset.so.0" {
  readelf -d "$library" | grep -q 'SONAME.*\[libautoshares_reset\.so\.0\]'
}

@test "the library stays resident" {
  readelf -d "$library" | grep -q 'FLAGS_1.*NODELETE'
}
