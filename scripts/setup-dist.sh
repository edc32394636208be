#!/usr/bin/env bash
# Makes target/dist-tools: what builds for an old C library and packs wheels. The Debian tools come from Debian.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

if command -v apt-get >/dev/null; then apt_need build-essential debhelper lintian; fi
find_python >/dev/null || apt_need python3 python3-venv
"$(find_python)" -c 'import ensurepip' 2>/dev/null || apt_need python3-venv

tools=$root/target/dist-tools
make_tools() {
  local wanted programs=$tools/bin
  wanted=$(cat packaging/requirements.txt bindings/python/requirements-dev.txt)
  if [ "$wanted" = "$(cat "$tools/made-from" 2>/dev/null)" ]; then return 0; fi
  say "making target/dist-tools"
  "$(find_python)" -m venv --clear "$tools"
  if [ -d "$tools/Scripts" ]; then programs=$tools/Scripts; fi
  "$programs/python" -m pip --quiet --disable-pip-version-check install --requirement packaging/requirements.txt
  printf '%s\n' "$wanted" >"$tools/made-from"
}
one_at_a_time dist-tools make_tools
