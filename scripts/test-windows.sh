#!/usr/bin/env bash
# Builds the DLL for Windows (x86-64) with the GNU tools, and runs the C tests, the table of cases and the examples with
# it under wine. The emulator stays on this system: loopback is the same.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
# shellcheck source-path=SCRIPTDIR source=cross.sh
. "$root/scripts/cross.sh"
cd "$root"
need_rust
need_cc
with_servers "$0"

target=x86_64-pc-windows-gnu
if ! (apt_need cmake gcc-mingw-w64-x86-64 make wine64 python3-minimal dpkg-dev) || ! can_build_for "$target"; then
  skip_or_fail "Windows: no compiler for it, or no wine here"
  exit 0
fi

python3 -m pip --version >/dev/null 2>&1 || apt_need python3-pip
say "building for $target"
CARGO_BUILD_TARGET=$target scripts/native.sh
version=$(cargo_field version)
windows=$cross/windows
rm -rf "$windows"/{cmake,dlls,tests}
mkdir -p "$windows"/{dlls,include/cjson,lib,tests}
# What a user has downloaded.
python3 -m zipfile -e "target/native/autoshares-reset-$version-win-x64.zip" "$windows"
tree=$windows/autoshares-reset-$version-win-x64
cp "$tree/bin/autoshares_reset.dll" "$windows/dlls/"

# The function of Windows 8 that Rust gets its random numbers from, which older versions of wine lack.
x86_64-w64-mingw32-gcc -shared tests/c/support/bcryptprimitives.c -ladvapi32 -o "$windows/dlls/bcryptprimitives.dll"

# Debian has these two for itself only.
build_library() { # NAME SOURCE [FLAG…]
  local name=$1 source=$2
  shift 2
  x86_64-w64-mingw32-gcc -O1 "$@" -c "$source" -o "$windows/lib/$name.o"
  x86_64-w64-mingw32-ar rcs "$windows/lib/lib$name.a" "$windows/lib/$name.o"
}
if [ ! -e "$windows/lib/libcjson.a" ]; then
  say "building cmocka and cJSON"
  update_own_apt
  mkdir -p "$windows/sources"
  (cd "$windows/sources" && own_apt apt-get source -qq --only-source cmocka cjson)
  cp "$windows"/sources/cmocka-*/include/cmocka*.h "$windows/include/"
  cp "$windows"/sources/cjson-*/cJSON.h "$windows/include/cjson/"
  build_library cmocka "$windows"/sources/cmocka-*/src/cmocka.c -I"$windows/include" -DHAVE_INTTYPES_H -DHAVE_MALLOC_H \
    -DHAVE_STRSIGNAL
  build_library cjson "$windows"/sources/cjson-*/cJSON.c
fi

say "the DLL's file"
of_the_dll() { x86_64-w64-mingw32-objdump -p "$windows/dlls/autoshares_reset.dll"; }
exports_the_header() {
  diff <(grep -oE '\basr_[a-z_]+\(' include/autoshares_reset.h | tr -d '(' | sort -u) \
    <(of_the_dll | awk '/^\[Ordinal\/Name Pointer\]/ { names = 1; next } names && /^\t\[/ { print $NF } /^$/ { names = 0 }' | sort -u)
}
needs_windows_alone() {
  ! of_the_dll | sed -n 's/.*DLL Name: //p' |
    grep -viE '^(advapi32|bcrypt|bcryptprimitives|crypt32|kernel32|msvcrt|ntdll|secur32|userenv|winhttp|ws2_32|api-ms-win-[a-z0-9-]*)\.dll$'
}
is_in_the_wheel() {
  python3 -m zipfile -e target/native/autoshares_reset-"$version"-py3-none-win_amd64.whl "$windows/wheel" &&
    cmp "$windows/wheel/autoshares_reset/autoshares_reset.dll" "$windows/dlls/autoshares_reset.dll"
}
tells_nothing() { ! tells_paths "$tree"; }
check "the DLL exports what the header declares and nothing else" exports_the_header
check "the DLL needs DLLs of Windows alone" needs_windows_alone
check "nothing names a folder of this machine" tells_nothing
check "the wheel has the DLL" is_in_the_wheel
check "the NuGet package gets the same" cmp target/native/runtimes/win-x64/native/autoshares_reset.dll "$windows/dlls/autoshares_reset.dll"

make_tests=(make -s -C tests/c WINDOWS=1 "OUT=$windows/tests" "LIB_DIR=$tree/lib" "LDFLAGS=-L$windows/lib"
  "CFLAGS=-O1 -g -isystem $windows/include")
"${make_tests[@]}"

say "starting wine"
# Wine's NTLM is a program of this name.
export PATH=$root/tests/c/support:$PATH
keep_names_here
trap 'scripts/wine.sh stop' EXIT
scripts/wine.sh start >"$windows/wine.log" 2>&1 || die "wine does not start: $(cat "$windows/wine.log")"
for test in $("${make_tests[@]}" list); do
  counted scripts/wine.sh "$windows/tests/$test.exe"
done
counted scripts/wine.sh "$windows/tests/conformance.exe" tests/cases.json

say "CMake"
cat >"$windows/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.13)
project(example C)
find_package(autoshares_reset $version CONFIG REQUIRED)
foreach(library IN ITEMS autoshares_reset static)
  add_executable(with_\${library} $tree/share/doc/autoshares_reset/examples/c/secret_question.c)
  target_link_libraries(with_\${library} PRIVATE autoshares_reset::\${library})
endforeach()
CMAKE
builds_by_cmake() {
  cmake -S "$windows" -B "$windows/cmake" -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_C_COMPILER=x86_64-w64-mingw32-gcc \
    -DCMAKE_PREFIX_PATH="$tree" && cmake --build "$windows/cmake"
}
prints_the_question() {
  [ "$(scripts/wine.sh "$windows/cmake/$1.exe" hello@autoshares.com | tr -d '\r')" = 'What street did you live on in third grade?' ]
}
check "CMake builds with the shared and the static library" builds_by_cmake
check "a program with the shared library prints the question" prints_the_question with_autoshares_reset
check "a program with the static library prints the question" prints_the_question with_static
check "and needs no DLL of ours" sh -c "! x86_64-w64-mingw32-objdump -p '$windows/cmake/with_static.exe' | grep autoshares_reset.dll"
counted python3 -B tests/c/examples_check.py --console "$root/scripts/wine.sh $windows/tests/examples/{}.exe"
close_count
