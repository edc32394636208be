#!/usr/bin/env bash
# The recipes that need a toolkit: tests/packaging/recipes.bats.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
apt_need gcc g++ pkg-config libgtk-3-dev qtbase5-dev xvfb xauth gcc-mingw-w64-x86-64 wine64
run_bats recipes.bats
