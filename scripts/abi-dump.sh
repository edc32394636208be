#!/usr/bin/env bash
# Prints the ABI that the header in FOLDER promises, as libabigail's XML.
# usage: scripts/abi-dump.sh FOLDER
#
# The library's own debug information describes Rust types, so the dump is made from a stand-in in C: every function
# that the header declares, with an empty body, and one variable of every enum, which no signature names.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v abidw >/dev/null || apt_need abigail-tools
command -v gcc >/dev/null || apt_need gcc libc6-dev

header=$(cd "$1" && pwd)/autoshares_reset.h
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# The compiler lists the header's declarations, so that this script parses only that list.
printf '#include "%s"\n' "$header" >all.c
gcc -fsyntax-only -aux-info declared "$PWD/all.c"
{
  cat all.c
  sed -n "s|^/\* $header:[0-9]*:NC \*/ extern \(.*\);.*|\1 { __builtin_trap(); }|p" declared
  sed -n "s/^ *\(typedef \)*enum \(asr_[a-z_]*\).*{.*/enum \2 every_\2;/p" "$header"
} >stand_in.c
grep -q __builtin_trap stand_in.c || die "no function found in $header"
# C23 lets a definition leave out the names of its parameters.
gcc -std=gnu2x -g -shared -fPIC -Wno-pedantic -o stand_in.so stand_in.c
abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-architecture --headers-dir "${header%/*}" stand_in.so
