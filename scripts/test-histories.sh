#!/usr/bin/env bash
# Hundreds of thousands of histories of a client's calls, and all those of two calls: tests/histories.
# usage: scripts/test-histories.sh [HOW-MANY]
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust
need_cc
# Optimised, in a separate folder, so that the builds of the other tests stay as they are.
ASR_HISTORIES=${1:-200000} ASR_WALK=2 CARGO_PROFILE_DEV_OPT_LEVEL=2 CARGO_PROFILE_DEV_DEBUG=0 \
  CARGO_TARGET_DIR=$root/target/histories \
  cargo test --locked -p autoshares-reset --test histories -- --nocapture
