#!/usr/bin/env bash
# Tests the recipes that need tools of their own: tests/packaging/recipes.bats.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
apt_need gcc gcc-mingw-w64-x86-64 msitools pkg-config wine64 wixl
run_bats recipes.bats
