#!/usr/bin/env bash
# Tests the runner of the suites: Ctrl-C, suites that hang, suites that run no test.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
run_bats runner.bats
