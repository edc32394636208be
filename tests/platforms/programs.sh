#!/usr/bin/env bash
# To be sourced: builds the test programs in C for another system, in the folder that `folder` names, by the compiler `cc`
# and the other tools with the prefix `binutils`.
# shellcheck shell=bash

: "${cross:?source cross.sh first}"

# Debian has these test libraries for its systems only: for other targets they are built from source, once for each.
test_library() { # NAME SOURCE [FLAG…]
  local name=$1 source=$2
  shift 2
  "${cc:?}" -O1 "$@" -c "$source" -o "${folder:?}/lib/$name.o"
  rm -f "$folder/lib/lib$name.a"
  "${binutils:-}ar" rcs "$folder/lib/lib$name.a" "$folder/lib/$name.o"
}
fetch_sources() {
  [ ! -e "$sources/.complete" ] || return 0
  update_own_apt
  mkdir -p "$sources"
  (cd "$sources" && own_apt apt-get source -qq --only-source cmocka cjson >/dev/null)
  touch "$sources/.complete"
}
test_libraries() {
  local sources=$cross/sources
  [ ! -e "$folder/lib/libcjson.a" ] || return 0
  one_at_a_time sources fetch_sources
  mkdir -p "$folder"/{include/cjson,lib}
  cp "$sources"/cmocka-*/include/cmocka*.h "$folder/include/"
  cp "$sources"/cjson-*/cJSON.h "$folder/include/cjson/"
  test_library cmocka "$sources"/cmocka-*/src/cmocka.c -I"$folder/include" ${cmocka_flags:+"$cmocka_flags"} -DHAVE_INTTYPES_H \
    -DHAVE_SIGNAL_H -DHAVE_STRSIGNAL
  test_library cjson "$sources"/cjson-*/cJSON.c
}

# build_programs OPTION…: with options of cmake.
build_programs() { cmake -S . -B "$folder/programs" "$@" && cmake --build "$folder/programs"; }
