#!/usr/bin/env bash
# Makes target/venv: the Python package in place (editable) and the tools that test and pack it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

venv=$root/target/venv
package=$root/bindings/python
pyright=1.1.414

command -v python3 >/dev/null || apt_need python3 python3-venv
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
  die "the tools need Python 3.10 or newer (the package itself 3.9), and this is $(python3 --version)"
python3 -c 'import ensurepip' 2>/dev/null || apt_need python3-venv

# Made anew when the interpreter or the requirements change.
wanted=$(
  python3 -c 'import sys; print(sys.executable, sys.version)'
  cat "$package/requirements-dev.txt" "$package/pyproject.toml"
  sed -n 1,/^version/p "$root/Cargo.toml"
  printf 'pyright %s\n' "$pyright"
)
if [ -e "$venv/made-from" ] && [ "$wanted" = "$(cat "$venv/made-from")" ]; then exit 0; fi

command -v npm >/dev/null || apt_need npm
say "making target/venv"
python3 -m venv --clear "$venv"
pip=("$(programs_of "$venv")/python" -m pip --quiet --disable-pip-version-check install)
"${pip[@]}" --requirement "$package/requirements-dev.txt"
# In place, so that it uses the native library of the checkout.
"${pip[@]}" --no-build-isolation --no-deps --editable "$package"
npm install --silent --no-audit --no-fund --no-save --prefix "$venv/node" "pyright@$pyright" >/dev/null
printf '%s\n' "$wanted" >"$venv/made-from"
