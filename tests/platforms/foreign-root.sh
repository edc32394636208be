#!/usr/bin/env bash
# To be sourced after scripts/offline/cross.sh: Debian's libraries and programs for another processor.
# shellcheck shell=bash

: "${cross:?source cross.sh first}"
# foreign_root ARCHITECTURE PACKAGE… [-- PACKAGE…]: unpacks Debian's packages for another processor into
# target/cross/roots/ARCHITECTURE, those before -- with their dependencies. It installs nothing.
foreign_root() { one_at_a_time "root-$1" fetch_root "$@"; }
fetch_root() {
  local folder=$cross/roots/$1 wanted=$* package
  local at=(-o APT::Architecture="$1" -o APT::Architectures::="$1" -o Dir::State::Status="$folder/apt/status"
    -o Dir::State::Lists="$folder/apt/lists" -o Dir::Cache="$folder/apt/cache" -o Dir::Etc::SourceParts="$folder/apt/sources")
  local with_needs=()
  shift
  [ ! -e "$folder/.complete" ] || [ "$(cat "$folder/.complete")" != "$wanted" ] || return 0
  say "fetching for ${folder##*/} into target/cross: $*"
  update_own_apt || return 1
  rm -rf "$folder"
  mkdir -p "$folder"/apt/{sources,lists/partial,cache/archives/partial}
  : >"$folder/apt/status"
  # Not all mirrors have the security updates for all processors.
  for package in "$cross"/apt/sources/*.sources; do
    awk -v RS= -v ORS='\n\n' '!/Suites:[^\n]*security/' "$package" | sed 's/^Types:.*/Types: deb/' >"$folder/apt/sources/${package##*/}"
  done
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    with_needs+=("$1")
    shift
  done
  own_apt apt-get update -qq "${at[@]}" &&
    own_apt apt-get install -qq --yes --no-install-recommends --download-only "${at[@]}" "${with_needs[@]}" >"$folder/apt/log" 2>&1 &&
    { [ $# -le 1 ] || (cd "$folder/apt/cache/archives" && own_apt apt-get download -qq "${at[@]}" "${@:2}"); } || return 1
  for package in "$folder"/apt/cache/archives/*.deb; do dpkg-deb --extract "$package" "$folder"; done
  rm -r "$folder/apt"
  printf '%s\n' "$wanted" >"$folder/.complete"
}
