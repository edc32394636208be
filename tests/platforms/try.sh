#!/usr/bin/env bash
# Tests a release's files for systems whose programs run here: the archive with C and CMake, the test programs, the table of
# cases, a static program, the wheel. Programs for this processor run directly, Windows' under wine, arm64's under QEMU. The
# servers run on this system and share its loopback.
# usage: tests/platforms/try.sh TARGET…, with targets of packaging/targets.txt
# It records each success in target/platforms/RID-LANGUAGE. packaging/platforms.py writes the table in docs/platforms.md from
# these files. Suites for other languages record theirs by a call such as: ran win-x64 python wine
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib.sh
. "$(dirname "$0")/../../scripts/lib.sh"
# shellcheck source-path=SCRIPTDIR source=report.sh
. "$root/tests/platforms/report.sh"
# shellcheck source-path=SCRIPTDIR source=../../scripts/offline/cross.sh
. "$root/scripts/offline/cross.sh"
# shellcheck source-path=SCRIPTDIR source=foreign-root.sh
. "$root/tests/platforms/foreign-root.sh"
# shellcheck source-path=SCRIPTDIR source=programs.sh
. "$root/tests/platforms/programs.sh"
cd "$root"
need_rust
# Runs this script again, with the servers running.
if [ -z "${AUTOSHARES_CASES_URL:-}" ]; then
  need_built
  exec scripts/with-servers.sh "$0" "$@"
fi

version=$(cargo_field version)
native=$root/target/native

# The usual C compiler for the target.
compiler() {
  cc=${binutils}gcc more_libraries='' cmocka_flags=''
  case $target in
    *-musl)
      # Debian's musl-gcc, which is gcc with a file of options, for either processor.
      local atomics='' lib=/usr/lib/x86_64-linux-musl specs=$folder/musl-gcc.specs musl=/usr
      [ "$run" = natively ] || musl=$cross/roots/arm64/usr
      cc=$folder/musl-gcc
      # The shared library has only the name that the loader takes; without a link, gcc takes the static one.
      [ "$run" = natively ] || ln -sf "../../../lib/${target%%-*}-linux-musl/libc.so" "$musl/lib/${target%%-*}-linux-musl/libc.so"
      # cmocka's own type of this name has 32 bits there.
      cmocka_flags=-D_UINTPTR_T
      sed "s|/usr/|$musl/|g; s|x86_64|${target%%-*}|g" "$lib/musl-gcc.specs" >"$specs"
      # gcc's helper for arm64's atomics asks glibc for the processor's features.
      [ "$run" = natively ] || atomics=-mno-outline-atomics
      printf '#!/bin/sh\nexec %s %s "$@" -specs %q\n' "${binutils}gcc" "$atomics" "$specs" >"$cc"
      chmod +x "$cc"
      # Debian's unwinder is for glibc alone; the one that Zig has put into the shared library serves in its place.
      more_libraries=$(find "$cross/zig" -name libunwind.a -exec sh -c '"$2objdump" -f "$1" | grep -q "$3"' \
        sh {} "$binutils" "file format elf64-\(x86-64\|littleaarch64\)" \; -print -quit)
      ;;
  esac
}

# Sets runner, which stands before a program's name. The program resolves reserved test names without a name server.
start_runner() {
  local keeper=("$cc") lookup=$folder/lookup.so
  case $rid in
    win-x64) keeper=(gcc) ;;
    win-x86) keeper=("$root/target/dist-tools/bin/python" -m ziglang cc -target x86-linux-gnu.2.17) ;;
  esac
  "${keeper[@]}" -std=c11 -D_GNU_SOURCE -O1 -shared -fPIC tests/c/support/{lookup,event}.c -o "$lookup" -lpthread -ldl
  case $run in
    natively) runner=(env "LD_PRELOAD=$lookup") ;;
    qemu) runner=(qemu-aarch64 -L "$cross/roots/arm64" -E "LD_PRELOAD=$lookup") ;;
    wine)
      # Wine's NTLM is a program of this folder.
      export WINE_PRELOAD=$lookup PATH=$root/tests/c/support:$PATH
      runner=(scripts/offline/wine.sh)
      if [ "$rid" = win-x86 ]; then runner+=(--x86); fi
      mkdir -p "$cross/dlls/$rid"
      cp "$tree/bin/autoshares_reset.dll" "$cross/dlls/$rid/"
      "${runner[@]}" start >"$folder/wine.log" 2>&1 || die "wine does not start: $(cat "$folder/wine.log")"
      stop+=("${runner[*]} stop")
      ;;
  esac
}
stop=()
stop_runners() { local command; for command in "${stop[@]}"; do $command; done; }
trap stop_runners EXIT

windows() { [ "$run" = wine ]; }
exported() {
  if windows; then
    "${binutils}objdump" -p "$shared" |
      awk '/^\[Ordinal\/Name Pointer\]/ { names = 1; next } names && /^\t\[/ { print $NF } /^$/ { names = 0 }'
  else
    nm -D --defined-only "$shared" | awk '$2 != "A" { print $3 }'
  fi
}
# On Linux each function has the version of the ABI that added it.
exports_what_is_recorded() {
  local version_of='@@AUTOSHARES_RESET_'${version%%.*}.'\2'
  if windows; then version_of=; fi
  diff <(sed -n "s/^\(asr_[a-z_]*\) \([0-9]*\)$/\1$version_of/p" packaging/abi/symbols | sort) <(exported | sort)
}
needed() {
  if windows; then
    "${binutils}objdump" -p "$1" | sed -n 's/.*DLL Name: //p' | tr '[:upper:]' '[:lower:]'
  else
    readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
  fi
}
needs_the_system_alone() {
  ! needed "$shared" | grep -vE '^(advapi32|bcrypt|bcryptprimitives|crypt32|kernel32|msvcrt|ntdll|secur32|userenv|ws2_32|winhttp|api-ms-win-[a-z0-9-]*)\.dll$|^(libc|libm|libdl|libpthread|ld-linux-[a-z0-9-]+)\.so'
}
tells_nothing() { ! tells_paths "$folder/unpacked"; }
is_in_the_wheel() { [ "$(find "$folder/wheel/autoshares_reset" -name "${shared##*/}" -exec cmp {} "$shared" \; -print | wc -l)" -eq 1 ]; }
# The source line of a function, by its address in the shipped library and the separate symbols.
symbols_name_lines() {
  local symbols address
  symbols=$(find "$folder/unpacked/${tree##*/}-symbols" -name '*.debug')
  address=$("${binutils}nm" "$symbols" | awk '$3 ~ /^_?asr_version$/ { print $1 }')
  "${binutils}addr2line" -e "$symbols" "0x$address" | grep '^src/ffi/.*:[1-9]'
  "${binutils}objdump" -h "$shared" | grep gnu_debuglink
}

builds_by_cmake() {
  cat >"$folder/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.13)
project(example C)
find_package(autoshares_reset $version CONFIG REQUIRED)
foreach(library IN ITEMS autoshares_reset static)
  add_executable(with_\${library} $tree/share/doc/autoshares_reset/examples/c/secret_question.c)
  target_link_libraries(with_\${library} PRIVATE autoshares_reset::\${library})
endforeach()
CMAKE
  rm -rf "$folder/cmake"
  cmake -S "$folder" -B "$folder/cmake" -DCMAKE_SYSTEM_NAME="$system" -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$tree" \
    -DCMAKE_C_STANDARD_LIBRARIES="$more_libraries" &&
    cmake --build "$folder/cmake"
}
# The test programs that run on every system, against the library of the release.
builds_the_tests() {
  local IFS=';' preset=mingw
  if windows; then
    if [ "$rid" = win-x86 ]; then preset=mingw-x86; fi
    build_programs --preset "$preset" -DLIBRARY_DIR="$tree/lib" -DLIBRARY_BUILD=
  else
    build_programs -DCMAKE_C_FLAGS="-O1 -g $cmocka_flags -isystem $folder/include" -DCMAKE_EXE_LINKER_FLAGS="-L$folder/lib" \
      -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_C_COMPILER="$cc" -DCMAKE_CROSSCOMPILING_EMULATOR="${runner[*]}" -DTEST_LANGUAGES=c \
      -DLIBRARY_DIR="$tree/lib"
  fi
}
prints_the_question() {
  [ "$("${runner[@]}" "$@" hello@autoshares.com | tr -d '\r')" = 'What street did you live on in third grade?' ]
}
needs_no_file_of_ours() { ! needed "$1" | grep autoshares_reset; }
# A static program, which musl's users prefer: one file that needs nothing.
builds_wholly_static() {
  "$cc" -static -I"$tree/include" "$tree/share/doc/autoshares_reset/examples/c/secret_question.c" \
    "$tree/lib/libautoshares_reset.a" "$more_libraries" -o "$folder/wholly_static"
  [ -z "$(needed "$folder/wholly_static")" ]
}

site=$cross/pytest
fetch_pytest() {
  [ ! -e "$site/.complete" ] || return 0
  rm -rf "$site"
  # On Windows pytest needs one package more.
  "$root/target/dist-tools/bin/pip" --quiet --disable-pip-version-check install --target "$site" pytest==9.2.0 colorama==0.4.6
  touch "$site/.complete"
}

# The wheel in Python for arm64, without the tests that start Python again: the system cannot run arm64 programs itself.
try_python_on_arm() {
  local name before=$failed
  fetch_pytest
  for name in conformance calls arguments asyncio threads errors; do
    counted env PYTHONPATH="$folder/wheel:$site" AUTOSHARES_RESET_LIBRARY="$folder/wheel/autoshares_reset/${shared##*/}" \
      "${runner[@]}" "$(find "$cross/roots/arm64/usr/bin" -name 'python3.[0-9]*')" -B -m pytest -q -p no:cacheprovider "bindings/python/tests/test_$name.py"
  done
  if [ "$failed" -eq "$before" ]; then ran "$rid" python "$run"; fi
}

try_target() {
  describe "$1"
  local folder=$cross/tests/$rid tree=$cross/tests/$rid/unpacked/autoshares-reset-$version-$rid cc shared file system=Linux
  local runner exe='' before=$failed more_libraries cmocka_flags
  scripts/native.sh "$target"
  say "$rid: the files of the release"
  rm -rf "$folder"/{unpacked,wheel,programs}
  mkdir -p "$folder/unpacked" "$folder/wheel"
  for file in "$native/autoshares-reset-$version-$rid"{,-symbols}.*; do
    case $file in *.zip) unzip -q "$file" -d "$folder/unpacked" ;; *) tar xzf "$file" -C "$folder/unpacked" ;; esac
  done
  unzip -q "$native"/*-"$wheel".whl -d "$folder/wheel"
  shared=$tree/lib/libautoshares_reset.so
  if windows; then shared=$tree/bin/autoshares_reset.dll exe=.exe system=Windows; fi
  if [ "$run" = qemu ]; then foreign_root arm64 libc6 musl python3-minimal libpython3-stdlib -- musl-dev; fi
  compiler
  test_libraries
  start_runner

  check "$rid: the library exports what is recorded of the ABI and nothing else" exports_what_is_recorded
  check "$rid: it needs libraries of the system alone" needs_the_system_alone
  check "$rid: nothing names a folder of this machine" tells_nothing
  check "$rid: the wheel has the same library" is_in_the_wheel
  check "$rid: the NuGet package gets the same" cmp "$native/runtimes/$rid/native/${shared##*/}" "$shared"
  check "$rid: the symbols name a function's line" symbols_name_lines
  check "$rid: CMake builds with the shared and the static library" builds_by_cmake
  check "$rid: a program with the shared library prints the question" prints_the_question "$folder/cmake/with_autoshares_reset$exe"
  check "$rid: a program with the static library prints the question" prints_the_question "$folder/cmake/with_static$exe"
  check "$rid: and needs no file of ours" needs_no_file_of_ours "$folder/cmake/with_static$exe"
  case $target in
    *-musl)
      check "$rid: a program is linked wholly static" builds_wholly_static
      check "$rid: and prints the question" prints_the_question "$folder/wholly_static"
      ;;
  esac

  check "$rid: the tests are built" builds_the_tests
  # One after the other: one of them changes the settings of all programs of Windows.
  ctest --test-dir "$folder/programs" --output-on-failure --output-junit "$folder/programs.xml" \
    --test-output-size-passed 1000000 --test-output-size-failed 1000000 || true
  counted python3 -B tests/summary.py "$folder/programs.xml"
  if [ "$failed" -eq "$before" ]; then ran "$rid" c "$run"; fi
  if [ "$rid" = linux-arm64 ]; then try_python_on_arm; fi
}

for target in "$@"; do try_target "$target"; done
close_count
