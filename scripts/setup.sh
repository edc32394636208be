#!/usr/bin/env bash
# Installs all that the suites need, so that they run without a network afterwards.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_rust
need_cc
cargo fetch --locked --quiet --manifest-path "$root/Cargo.toml"
for script in "$root"/scripts/{setup-*,offline/dotnet}.sh; do
  say "${script##*/}"
  "$script"
done
