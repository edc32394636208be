#!/usr/bin/env bash
# Makes target/dist-tools: what builds for an old C library and packs wheels. The Debian tools come from Debian.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

if command -v apt-get >/dev/null; then apt_need build-essential debhelper lintian; fi
command -v python3 >/dev/null || apt_need python3 python3-venv
python3 -c 'import ensurepip' 2>/dev/null || apt_need python3-venv
cargo_tool cargo-cyclonedx 0.5.9

tools=$root/target/dist-tools
wanted=$(cat packaging/requirements.txt bindings/python/requirements-dev.txt)
if [ -e "$tools/made-from" ] && [ "$wanted" = "$(cat "$tools/made-from")" ]; then exit 0; fi
say "making target/dist-tools"
python3 -m venv --clear "$tools"
"$tools/bin/python" -m pip --quiet --disable-pip-version-check install --requirement packaging/requirements.txt
printf '%s\n' "$wanted" >"$tools/made-from"
