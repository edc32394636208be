#!/bin/sh
# Links the shared library on Linux, and gives each function the version of the ABI that added it
# (packaging/abi/symbols): the loader then refuses a program that is newer than the library when it starts, not at the
# call. rustc lists the functions without versions, and linkers accept one list only. rustc recognises a C compiler by the
# file's name.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
for argument; do
  case $argument in
    -Wl,--version-script=*)
      list=${argument#*=}
      era=$(sed -n 's/^version = "\([0-9]*\)\..*/\1/p' "$root/Cargo.toml")
      newest=$(sed -n 's/^pub const ASR_ABI_VERSION: u32 = \([0-9]*\);/\1/p' "$root/src/ffi/code.rs")
      awk -v era="$era" -v newest="$newest" '
        NR == FNR { since[$1] = $2; next }
        sub(/;$/, "", $1) && $1 ~ /^asr_/ { # what is not recorded yet is new
          node = $1 in since ? since[$1] : newest
          functions[node] = functions[node] " " $1 ";"
        }
        END {
          for (node = 1; node <= newest; node++) {
            if (!(node in functions)) continue
            printf "AUTOSHARES_RESET_%s.%s { global:%s%s }%s;\n", era, node, functions[node], last ? "" : " local: *;", last
            last = " AUTOSHARES_RESET_" era "." node
          }
        }' "$root/packaging/abi/symbols" "$list" >"$list.versions"
      mv "$list.versions" "$list"
      ;;
  esac
done
# The linker that cargo was given for this target, such as Zig's.
linker=$(env | sed -n 's/^CARGO_TARGET_.*_LINKER=//p' | head -n 1)
exec "${linker:-cc}" "$@"
