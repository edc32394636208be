#!/usr/bin/env bash
# Tests that cargo-c installs the same as `make install`: tests/packaging/cargo-c.bats.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_rust
need_cc
command -v cmake >/dev/null || apt_need cmake
command -v pkg-config >/dev/null || apt_need pkg-config
# The libraries that cargo is built on.
if command -v apt-get >/dev/null; then apt_need libssl-dev; fi
cargo_tool cargo-c 0.10.24+cargo-0.98.0
run_bats cargo-c.bats
