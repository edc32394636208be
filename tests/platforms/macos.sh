#!/usr/bin/env bash
# Links for macOS, on arm64 and on x64: the library as it is built for a release, a program in C with the static library, and
# with the shared one the tests in C that the workflow runs on macOS. Nothing of it can run here. Zig has macOS' C library.
# Apple's frameworks are not available, so stand-ins define the names that the bindings declare.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib.sh
. "$(dirname "$0")/../../scripts/lib.sh"
# shellcheck source-path=SCRIPTDIR source=report.sh
. "$root/tests/platforms/report.sh"
# shellcheck source-path=SCRIPTDIR source=../../scripts/offline/cross.sh
. "$root/scripts/offline/cross.sh"
# shellcheck source-path=SCRIPTDIR source=programs.sh
. "$root/tests/platforms/programs.sh"
cd "$root"
need_rust
python_tools dist-tools --requirement packaging/requirements.txt
export PATH=$programs:$PATH SDKROOT=$cross/macos ZIG_GLOBAL_CACHE_DIR=$cross/zig

# sources CRATE: the folder of its sources.
sources() {
  cargo metadata --locked --format-version 1 --filter-platform aarch64-apple-darwin |
    python -c 'import json, os, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] == sys.argv[1]: print(os.path.dirname(package["manifest_path"]) + "/src")' "$1"
}

# stand_in FILE INSTALLED NAMES: a library that has these names.
stand_in() {
  mkdir -p "${1%/*}"
  cat >"$1" <<TBD
--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '$2'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ $3 ]
...
TBD
}
# framework NAME FOLDER|FILE…: its stand-in, with the functions and constants that are declared there.
framework() {
  local folder=/System/Library/Frameworks/$1.framework names
  names=$(grep -rhoE '\b(fn|static) k?(CF|Sec)[A-Za-z0-9_]+' "${@:2}" | awk '{ print "_" $2 }' | sort -u | paste -sd,)
  stand_in "$SDKROOT$folder/$1.tbd" "$folder/Versions/A/$1" "$names"
}

links() { # TARGET
  # Apple's strip is not available.
  CARGO_PROFILE_RELEASE_STRIP=none builder=cargo-zigbuild cargo_for "$1" rustc --release --lib \
    --crate-type cdylib,staticlib -- -D warnings --print "native-static-libs=$built/native-static-libs.txt"
}
# Zig's linker does not read Apple's list of exports, so the library exports other names, too.
exports_what_is_recorded() {
  diff <(sed -n 's/^\(asr_[a-z_]*\) [0-9]*$/_\1/p' packaging/abi/symbols | sort) \
    <(llvm-nm --extern-only --defined-only "$built/libautoshares_reset.dylib" | awk '{ print $3 }' | grep '^_asr_' | sort)
}
has_the_name_of_its_abi() {
  [ "$(llvm-objdump --macho --dylib-id "$built/libautoshares_reset.dylib" | tail -n 1)" = "@rpath/libautoshares_reset.${version%%.*}.dylib" ]
}
needs_the_system_alone() {
  ! llvm-objdump --macho --dylibs-used "$built/libautoshares_reset.dylib" | grep -vE ':$|@rpath/libautoshares_reset|/usr/lib/lib(System|iconv|charset)\.|/System/Library/Frameworks/'
}
# Zig's tools for the target, and the one that CMake asks for the version of macOS.
tools() {
  mkdir -p "$folder/tools"
  printf '#!/bin/sh\nexec python -m ziglang cc -target %s-macos "$@"\n' "${target%%-*}" >"$folder/tools/cc"
  printf '#!/bin/sh\nexec python -m ziglang ar "$@"\n' >"$folder/tools/ar"
  printf '#!/bin/sh\necho 11.0\n' >"$folder/tools/sw_vers"
  chmod +x "$folder"/tools/*
}
of_the_system=(-F"$SDKROOT/System/Library/Frameworks" -L"$SDKROOT/usr/lib")
links_a_program() {
  # shellcheck disable=SC2046 # options
  "$cc" -std=c99 -Wall -Werror -Iinclude "${of_the_system[@]}" examples/c/secret_question.c "$built/libautoshares_reset.a" \
    $(cat "$built/native-static-libs.txt") -o "$built/with_static" &&
    llvm-objdump --macho --private-header "$built/with_static" | grep EXECUTE
}
# The names under which macOS looks for the libraries, and where.
finds_the_library() {
  local headers
  headers=$(llvm-objdump --macho --private-headers "$folder/programs/tests/conformance")
  grep -F "name @rpath/libautoshares_reset.${version%%.*}.dylib " <<<"$headers" && grep -F 'name @rpath/liblookup.dylib ' <<<"$headers" &&
    grep -F "path $built " <<<"$headers"
}
replaces_the_look_up() { llvm-objdump --macho --bind "$folder/programs/tests/liblookup.dylib" | grep -E '__interpose .* _getaddrinfo$'; }

version=$(cargo_field version)
for target in aarch64-apple-darwin x86_64-apple-darwin; do
  if ! can_build_for "$target"; then
    skip_or_fail "macOS: no standard library for $target here (rustup target add $target)"
    continue
  fi
  describe "$target"
  built=$(build_folder "$target")/$target/release before=$failed
  folder=$cross/tests/$rid cc=$cross/tests/$rid/tools/cc
  framework CoreFoundation "$(sources core-foundation-sys)"
  framework Security "$(sources security-framework-sys)"
  framework CFNetwork src/net/sys/cfnetwork.rs
  stand_in "$SDKROOT/usr/lib/libiconv.tbd" /usr/lib/libiconv.2.dylib _iconv
  mkdir -p "$built"
  check "$rid: the libraries are linked" links "$target"
  check "$rid: the library exports what is recorded of the ABI" exports_what_is_recorded
  check "$rid: it bears the name of its ABI" has_the_name_of_its_abi
  check "$rid: it needs libraries of the system alone" needs_the_system_alone
  tools
  check "$rid: a program is linked with the static library" links_a_program
  PATH=$folder/tools:$PATH test_libraries
  rm -rf "$folder/programs"
  PATH=$folder/tools:$PATH check "$rid: the tests in C are linked with the shared library" \
    build_programs -DCMAKE_SYSTEM_NAME=Darwin -DCMAKE_C_COMPILER="$cc" -DCMAKE_EXE_LINKER_FLAGS="${of_the_system[*]}" \
    -DCMAKE_PREFIX_PATH="$folder" -DTEST_LANGUAGES=c -DLIBRARY_DIR="$built"
  check "$rid: they look for it by the name of its ABI" finds_the_library
  check "$rid: dyld gives them the tests' look-up of names in place of the system's" replaces_the_look_up
  if [ "$failed" -eq "$before" ]; then ran "$rid" c linked; fi
done
close_count
