#!/usr/bin/env bash
# Records the present ABI as the baseline for later changes: packaging/abi/MAJOR.abi and symbols.
# Refuses changes that break callers, and additions without a higher ASR_ABI_VERSION.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

header=include/autoshares_reset.h
symbols=packaging/abi/symbols
major=$(cargo_field version | cut -d. -f1)
baseline=packaging/abi/$major.abi
abi_version=$(sed -n 's/^#define ASR_ABI_VERSION \([0-9]*\).*/\1/p' "$header")

new=$(mktemp)
trap 'rm -f "$new"' EXIT
scripts/abi-dump.sh include >"$new"
if [ -e "$baseline" ]; then
  recorded=$(sed -n 's/^ASR_ABI_VERSION //p' "$symbols")
  scripts/abi-compare.sh "$baseline" "$new" | tee /dev/stderr | tail -n 1 | {
    read -r verdict
    case $verdict in
      incompatible) die "this breaks callers: take it back, or raise the major version in Cargo.toml and the SONAME with it" ;;
      addition) [ "$abi_version" -gt "$recorded" ] || die "callers must be able to tell: raise ASR_ABI_VERSION above $recorded" ;;
    esac
  }
fi
cp "$new" "$baseline"

# Each symbol is listed with the ASR_ABI_VERSION that added it.
{
  printf 'ASR_ABI_VERSION %s\n' "$abi_version"
  sed -n "s/.*elf-symbol name='\(asr_[a-z_]*\)'.*/\1/p" "$baseline" | LC_ALL=C sort | while read -r symbol; do
    grep "^$symbol " "$symbols" 2>/dev/null || printf '%s %s\n' "$symbol" "$abi_version"
  done
} >"$symbols.new"
mv "$symbols.new" "$symbols"
say "recorded: $baseline, $symbols"
