#!/usr/bin/env bash
# Installs what the suites in C and C++ need: both compilers, the test frameworks, JSON readers, valgrind.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
apt_need gcc g++ clang make binutils libc6-dev libcmocka-dev libcjson-dev doctest-dev nlohmann-json3-dev libc++-dev libc++abi-dev valgrind \
  openssl python3
