#!/usr/bin/env bash
# Checks the packages of `make dist` as the registries would: tests/packaging/publish.bats.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=offline/cross.sh
. "$root/scripts/offline/cross.sh"
if [ "$(uname -s)" != Linux ] || ! command -v apt-get >/dev/null; then
  skip_or_fail "the packages are tested on Debian and Ubuntu"
  exit 0
fi
need_rust
need_cc
apt_need pkg-config python3 unzip
# Made anew only for another commit: the suite before this one makes the same.
if [ "$(cat "$root/target/dist-work/commit" 2>/dev/null)" != "$(git -C "$root" rev-parse HEAD)" ]; then
  TARGETS="${TARGETS:-$dist_suites_targets}" "$root/scripts/dist.sh"
fi
run_bats publish.bats
