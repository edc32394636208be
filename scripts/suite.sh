#!/usr/bin/env bash
# Runs one suite; its output appears as it comes: scripts/suite.sh NAME
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
case $1 in
  csharp) exec "$root/bindings/csharp/tests/run.sh" ;;
  dialogs) exec "$root/tests/dialogs/run.sh" ;;
  fuzz) exec scripts/fuzz.sh ;;

  # What a release has for other systems.
  linux) exec "$root/tests/platforms/try.sh" x86_64-unknown-linux-gnu x86_64-unknown-linux-musl ;;
  arm64) exec "$root/tests/platforms/try.sh" aarch64-unknown-linux-gnu ;;
  arm64-musl) exec "$root/tests/platforms/try.sh" aarch64-unknown-linux-musl ;;
  windows) exec "$root/tests/platforms/try.sh" x86_64-pc-windows-gnu ;;
  windows-x86) exec "$root/tests/platforms/try.sh" i686-pc-windows-gnu ;;
  windows-csharp) exec "$root/tests/platforms/csharp.sh" ;;
  windows-x86-csharp) WINDOWS_RID=win-x86 exec "$root/tests/platforms/csharp.sh" ;;
  windows-python) exec "$root/tests/platforms/python.sh" ;;

  *) exec "scripts/test-$1.sh" ;;
esac
