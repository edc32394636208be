#!/usr/bin/env bash
# The installed tree: tests/packaging/install.bats.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v cmake >/dev/null || apt_need cmake
command -v pkg-config >/dev/null || apt_need pkg-config
command -v c++ >/dev/null || apt_need g++
run_bats install.bats
