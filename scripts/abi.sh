#!/usr/bin/env bash
# The ABI that the C header promises:
#   dump FOLDER      prints the ABI of the header in FOLDER, as libabigail's XML
#   compare OLD NEW  prints the differences between two dumps, and then the verdict on the last line:
#                    same, addition (old callers still work) or incompatible
#   baseline         records the present ABI as the one for later changes: packaging/abi/MAJOR.abi and symbols. Refuses
#                    changes that break callers, and additions without a higher ASR_ABI_VERSION
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The library's own debug information describes Rust types, so the dump is made from a stand-in in C: every function
# that the header declares, with an empty body, and one variable of every enum, which no signature names.
dump() {
  local header
  header=$(cd "$1" && pwd)/autoshares_reset.h
  (
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
  )
}

# All changes break callers, except for additions and for one that abidiff does not know to be safe: fields put after the
# last one of asr_result, which callers get by pointer and never copy. So the report on the rest may hold only these lines.
harmless="^$|summary: |^'struct asr_result' changed:$|^  type size changed from |^  [0-9]+ data member insertions?:$"
harmless+="|^    '[^']*', at offset [0-9]+ \(in bits\)$"
compare() {
  local report status=0
  if abidiff --no-show-locs --harmless "$1" "$2"; then
    echo same
    return
  fi
  report=$(abidiff --no-show-locs --leaf-changes-only --no-added-syms "$1" "$2") || status=$?
  if [ "$status" -ne 0 ] && grep -qvE "$harmless" <<<"$report"; then echo incompatible; else echo addition; fi
}

record() {
  local header=include/autoshares_reset.h symbols=packaging/abi/symbols baseline abi_version recorded
  cd "$root"
  baseline=packaging/abi/$(cargo_field version | cut -d. -f1).abi
  abi_version=$(sed -n 's/^#define ASR_ABI_VERSION \([0-9]*\).*/\1/p' "$header")
  dump include >"$work/new.abi"
  if [ -e "$baseline" ]; then
    recorded=$(sed -n 's/^ASR_ABI_VERSION //p' "$symbols")
    compare "$baseline" "$work/new.abi" | tee "$work/report"
    case $(tail -n 1 "$work/report") in
      incompatible) die "this breaks callers: revert it, or raise the major version in Cargo.toml, and with it the SONAME" ;;
      addition) [ "$abi_version" -gt "$recorded" ] || die "an addition needs a higher number: raise ASR_ABI_VERSION above $recorded" ;;
    esac
  fi
  cp "$work/new.abi" "$baseline"
  # Each symbol is listed with the ASR_ABI_VERSION that added it.
  {
    printf 'ASR_ABI_VERSION %s\n' "$abi_version"
    sed -n "s/.*elf-symbol name='\(asr_[a-z_]*\)'.*/\1/p" "$baseline" | LC_ALL=C sort | while read -r symbol; do
      grep "^$symbol " "$symbols" 2>/dev/null || printf '%s %s\n' "$symbol" "$abi_version"
    done
  } >"$symbols.new"
  mv "$symbols.new" "$symbols"
  say "recorded: $baseline, $symbols"
}

case ${1:-} in
  dump) needs abi-tools && dump "$2" ;;
  compare) compare "$2" "$3" ;;
  baseline) needs abi-tools && record ;;
  *) die "name a command: dump, compare or baseline" ;;
esac
