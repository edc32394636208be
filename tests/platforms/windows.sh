#!/usr/bin/env bash
# To be sourced by the suites that run a language's tests for Windows under wine: for x64, or for WINDOWS_RID.
# The servers run on this system and share its loopback.
# shellcheck shell=bash

: "${root:?source lib.sh first}"
export WINDOWS_RID=${WINDOWS_RID:-win-x64}
on_windows=$root/target/cross/languages-$WINDOWS_RID
run_wine=("$root/scripts/offline/wine.sh") windows_cc=x86_64-w64-mingw32-gcc windows_target=x86_64-pc-windows-gnu
if [ "$WINDOWS_RID" = win-x86 ]; then
  run_wine+=(--x86) windows_cc=i686-w64-mingw32-gcc windows_target=i686-pc-windows-gnu
fi

# A path as Windows has it under wine.
windows_path() { printf 'Z:%s' "${1//\//\\}"; }

# Makes the release's files in target/native, and the programs that run them.
make_windows_files() {
  "$root/scripts/native.sh" "$windows_target"
  mkdir -p "$on_windows"
}

# test_libraries SOURCE…: compiles libraries that tests load, since there is no compiler where they run.
test_libraries() {
  local source
  for source in "$@"; do
    "$windows_cc" -O1 -Wall -Werror -shared -Iinclude "$source" -o "$on_windows/$(basename "$source" .c).dll"
  done
  AUTOSHARES_TEST_LIBRARIES=$(windows_path "$on_windows")
  export AUTOSHARES_TEST_LIBRARIES
}

# Runs the suite again with the servers running, in a network that has only loopback. Wine starts in that network, because its
# server makes its programs' sockets.
begin_again_alone() { in_private_network scripts/with-servers.sh "$0"; }

# It ends with the suite.
start_wine() {
  trap '"${run_wine[@]}" stop || true' EXIT
  "${run_wine[@]}" start >"$on_windows/wine.log" 2>&1 || die "wine does not start: $(cat "$on_windows/wine.log")"
  AUTOSHARES_CA_FILE=$(windows_path "$AUTOSHARES_CA_FILE")
  export AUTOSHARES_CA_FILE
}

# wine PROGRAM [ARGUMENT…]: writes to a pipe, because its programs cannot write to a file of this system.
wine() { "${run_wine[@]}" "$@" </dev/null 2>&1 | tr -d '\r'; }
