#!/usr/bin/env bash
# Tests that the ABI has not changed: tests/packaging/abi.bats.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
if [ "$(uname -sm)" != 'Linux x86_64' ]; then
  skip_or_fail "the ABI guard: its baseline is that of 64-bit x86 Linux"
  exit 0
fi
command -v abidiff >/dev/null || apt_need abigail-tools
command -v gcc >/dev/null || apt_need gcc libc6-dev
run_bats abi.bats
