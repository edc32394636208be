#!/usr/bin/env bash
# The documentation: tests/packaging/docs.bats.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v c++ >/dev/null || apt_need g++
command -v python3 >/dev/null || apt_need python3
command -v cmake >/dev/null || apt_need cmake
command -v man >/dev/null || apt_need man-db bsdextrautils
command -v pkg-config >/dev/null || apt_need pkg-config
run_bats docs.bats
