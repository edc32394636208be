#!/usr/bin/env bash
# Type-checks the library (warnings are errors) and, with the emulator, the Rust tests for the systems that can be
# neither run nor linked here. Nothing is linked, so a stand-in serves as these systems' C compiler.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
# shellcheck source-path=SCRIPTDIR source=offline/cross.sh
. "$root/scripts/offline/cross.sh"
cd "$root"
need_rust
need_cc

# macOS x64 differs from arm64 in nothing that the sources ask for.
targets=(x86_64-pc-windows-msvc i686-pc-windows-msvc aarch64-pc-windows-msvc aarch64-apple-darwin)
if ! can_build_for "${targets[@]}"; then
  skip_or_fail "other systems: no standard library for them here (rustup target add ${targets[*]})"
  exit 0
fi

# The TLS library's build compiles C before its Rust is looked at.
stand_in=$cross/stand-in
mkdir -p "$cross"
cat >"$stand_in" <<'SH'
#!/bin/sh
# Makes whatever file is asked for, empty.
while [ $# -gt 0 ]; do
  case $1 in
    -o) : >"$2" ;;
    -Fo*) : >"${1#-Fo}" ;;
    -out:*) : >"${1#-out:}" ;;
    *.a | *.lib) : >"$1" ;;
  esac
  shift
done
SH
chmod +x "$stand_in"
# For Windows on arm64 ring calls clang by its name.
mkdir -p "$cross/stand-ins"
cp "$stand_in" "$cross/stand-ins/clang"

# for_target TARGET COMMAND [ARGUMENT…]
for_target() {
  local name=${1//-/_}
  export "CC_$name=$stand_in" "AR_$name=$stand_in" PATH="$cross/stand-ins:$PATH"
  cargo_for "$@"
}

for target in "${targets[@]}"; do
  check "the library for $target" for_target "$target" rustc --quiet --profile check --lib -- -D warnings
done
for target in x86_64-pc-windows-msvc aarch64-apple-darwin; do
  check "the tests for $target" for_target "$target" check --quiet --workspace --tests
done
close_count
