#!/usr/bin/env bash
# The count gates: a call's system calls, instructions, allocations, connections, memory and size. Each
# failure prints the count, its growth and its limit.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"

if [ "$(uname -sm)" != 'Linux x86_64' ]; then
  skip_or_fail "the counts: their limits are those of 64-bit x86 Linux"
  exit 0
fi
apt_need gcc libc6-dev make binutils strace valgrind python3
with_servers "$0"
make -s -C benches/peers counting
python3 -B benches/counts.py
