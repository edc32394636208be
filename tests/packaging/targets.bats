#!/usr/bin/env bats
# Type-checks the library (warnings are errors), the emulator and the Rust tests for systems whose programs can neither run nor
# be linked here. Nothing is linked, so a stand-in replaces these systems' C compiler.

# The linter cannot follow `load`, and bats runs each test in a subshell.
# shellcheck disable=SC2154,SC2030,SC2031
load support
# shellcheck source-path=SCRIPTDIR source=../../scripts/offline/cross.sh
. "$root/scripts/offline/cross.sh"

# The sources do not distinguish macOS x64 from arm64.
targets=(x86_64-pc-windows-msvc i686-pc-windows-msvc aarch64-pc-windows-msvc aarch64-apple-darwin)

setup_file() {
  if ! can_build_for "${targets[@]}"; then
    skip_or_fail "other systems: no standard library for them here (rustup target add ${targets[*]})"
    skip
  fi
  # The TLS library compiles C before its Rust is checked. For Windows on arm64 ring calls clang by its name.
  mkdir -p "$cross/stand-ins"
  cat >"$cross/stand-ins/clang" <<'SH'
#!/bin/sh
# Makes each output file, empty.
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
  chmod +x "$cross/stand-ins/clang"
}

setup() {
  cd "$root" || return
  export PATH=$cross/stand-ins:$PATH
}

# for_target TARGET COMMAND [ARGUMENT…]
for_target() {
  local name=${1//-/_}
  export "CC_$name=$cross/stand-ins/clang" "AR_$name=$cross/stand-ins/clang"
  cargo_for "$@"
}

library_for() { for_target "$1" rustc --quiet --profile check --lib -- -D warnings; }
tests_for() { for_target "$1" check --quiet --workspace --tests; }

@test "the library for x86_64-pc-windows-msvc" { library_for x86_64-pc-windows-msvc; }
@test "the library for i686-pc-windows-msvc" { library_for i686-pc-windows-msvc; }
@test "the library for aarch64-pc-windows-msvc" { library_for aarch64-pc-windows-msvc; }
@test "the library for aarch64-apple-darwin" { library_for aarch64-apple-darwin; }
@test "the tests for x86_64-pc-windows-msvc" { tests_for x86_64-pc-windows-msvc; }
@test "the tests for aarch64-apple-darwin" { tests_for aarch64-apple-darwin; }
