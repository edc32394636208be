#!/usr/bin/env bash
# `ctest -T memcheck` calls this in place of valgrind, which would run the servers, too. It passes ctest's options on to the
# valgrind in the test's command.
# usage: tests/c/memcheck.sh OPTION… scripts/with-servers.sh valgrind ARGUMENT…
set -euo pipefail
options=()
while [[ $1 == -* ]]; do
  options+=("$1")
  shift
done
exec "$1" "$2" "${options[@]}" "${@:3}"
