#!/usr/bin/env bash
# To be sourced by the suites that run a language's own tests on Windows (x64), under wine. The servers stay on this
# system: loopback is the same.
# shellcheck shell=bash

: "${root:?source lib.sh first}"
on_windows=$root/target/cross/windows-languages

# A path as Windows has it under wine.
windows_path() { printf 'Z:%s' "${1//\//\\}"; }

# For which the suite windows builds, into target/native, and has installed wine.
need_windows_files() {
  local file
  if [ "$(uname -sm)" != 'Linux x86_64' ]; then
    skip_or_fail "Windows' programs are run on Linux x64"
    exit 0
  fi
  for file in "$@"; do
    [ -e "$file" ] || die "${file#"$root/"} is missing: run scripts/test.sh windows first"
  done
  apt_need gcc-mingw-w64-x86-64 iproute2 unzip wine64
  mkdir -p "$on_windows"
}

# test_libraries SOURCE…: compiles libraries that tests load, since there is no compiler where they run.
test_libraries() {
  local source
  for source in "$@"; do
    x86_64-w64-mingw32-gcc -O1 -Wall -Werror -shared -Iinclude "$source" -o "$on_windows/$(basename "$source" .c).dll"
  done
  AUTOSHARES_TEST_LIBRARIES=$(windows_path "$on_windows")
  export AUTOSHARES_TEST_LIBRARIES
}

# Starts the suite once more with the servers up, in a network that has loopback alone. Wine, whose server makes the
# sockets of its programs, begins in there.
begin_again_alone() {
  local alone
  for alone in 'unshare --net' 'unshare --map-root-user --net' 'sudo -n --preserve-env unshare --net' ''; do
    ! $alone true 2>/dev/null || break
  done
  [ -n "$alone" ] || die "no network namespace can be made here"
  scripts/wine.sh start >"$on_windows/wine.log" 2>&1 || die "wine does not start: $(cat "$on_windows/wine.log")"
  # The function of Windows 8 that Rust gets its random numbers from, which older versions of wine lack.
  x86_64-w64-mingw32-gcc -shared tests/c/support/bcryptprimitives.c -ladvapi32 -o "$on_windows/bcryptprimitives.dll"
  scripts/wine.sh cmd /c copy /y "$(windows_path "$on_windows/bcryptprimitives.dll")" "C:\\windows\\system32" </dev/null >/dev/null
  scripts/wine.sh stop || true
  # shellcheck disable=SC2016 # The inner shell expands it.
  $alone bash -c 'ip link set lo up && exec "$@"' bash scripts/with-servers.sh "$0"
}

# It ends with the suite.
start_wine() {
  trap 'scripts/wine.sh stop || true' EXIT
  scripts/wine.sh start >"$on_windows/wine.log" 2>&1 || die "wine does not start: $(cat "$on_windows/wine.log")"
  AUTOSHARES_CA_FILE=$(windows_path "$AUTOSHARES_CA_FILE")
  export AUTOSHARES_CA_FILE
}

# wine PROGRAM [ARGUMENT…]: its output has to go to a pipe, because it cannot write to a file of this system.
wine() { scripts/wine.sh "$@" </dev/null 2>&1 | tr -d '\r'; }

# passed_on_windows LANGUAGE: for the table in docs/platforms.md.
passed_on_windows() {
  mkdir -p "$root/target/platforms"
  echo wine >"$root/target/platforms/win-x64-$1"
}
