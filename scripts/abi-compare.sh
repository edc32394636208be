#!/usr/bin/env bash
# Compares two dumps of abi-dump.sh, prints the differences, and then the verdict on the last line:
# same, addition (old callers still work) or incompatible.
# usage: scripts/abi-compare.sh OLD NEW
set -euo pipefail

differ() { abidiff --no-show-locs "$@"; }

if differ --harmless "$1" "$2"; then
  echo same
  exit 0
fi

# All other changes break callers, except for one that abidiff does not know to be safe: fields put
# after the last one of asr_result, which callers get by pointer and never copy. So the report may hold only these lines.
status=0
broken=$(differ --leaf-changes-only --no-added-syms "$1" "$2") || status=$?
unexpected=$(grep -vE "^$|summary: |^'struct asr_result' changed:$|^  type size changed from |^  [0-9]+ data member insertions?:$|^    '[^']*', at offset [0-9]+ \(in bits\)$" <<<"$broken" || true)
if [ "$status" -ne 0 ] && [ -n "$unexpected" ]; then
  echo incompatible
else
  echo addition
fi
