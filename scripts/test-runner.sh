#!/usr/bin/env bash
# What runs the suites: it hears Ctrl-C, ends what hangs, and believes no suite that ran nothing.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
run_bats runner.bats
