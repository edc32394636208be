#!/usr/bin/env bash
# The Rust tests: the library's own, the emulator's, the case server's, and the examples in the documentation.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust
need_cc
# For networks of the tests' own. Without it they are skipped, saying so.
if [ "$(uname -s)" = Linux ] && [ -z "${INSTALL_NOTHING:-}" ]; then command -v ip >/dev/null || apt_need iproute2; fi
cargo test --locked --workspace
