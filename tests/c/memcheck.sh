#!/usr/bin/env bash
# What `ctest -T memcheck` takes for valgrind: it gives its options to the valgrind in the test's command, because ctest would
# run the servers under it, too.
# usage: tests/c/memcheck.sh OPTION… scripts/with-servers.sh valgrind ARGUMENT…
set -euo pipefail
options=()
while [[ $1 == -* ]]; do
  options+=("$1")
  shift
done
exec "$1" "$2" "${options[@]}" "${@:3}"
