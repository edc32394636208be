#!/usr/bin/env bash
# The tests in Python once more with each other version of it that is here, on PATH or from pyenv: 3.9 to 3.14. And a
# wheel that is built from the source distribution alone.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

"$root/scripts/setup-python.sh"
cd "$root/bindings/python"
usual=$("$root/target/venv/bin/python" -c 'import sys; print(sys.version_info.minor)')
missing=()
# The newest that still run there; the usual version's are pinned.
packages=(hatchling packaging pycparser pytest pytest-timeout)
for minor in 9 10 11 12 13 14; do
  [ "$minor" != "$usual" ] || continue
  found=''
  for python in "python3.$minor" "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor".*/bin/python; do
    if "$python" -c 'import ctypes, ssl, venv' 2>/dev/null; then found=$python; fi
  done
  if [ -z "$found" ]; then
    missing+=("3.$minor")
    continue
  fi
  venv=$root/target/venv-3.$minor
  say "$("$found" --version)"
  if [ "${packages[*]}" != "$(cat "$venv/made-with" 2>/dev/null)" ]; then
    "$found" -m venv --clear "$venv"
    pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check install)
    "${pip[@]}" "${packages[@]}"
    "${pip[@]}" --no-build-isolation --no-deps --editable .
    echo "${packages[*]}" >"$venv/made-with"
  fi
  # What is left out needs tools of the usual version's.
  "$venv/bin/python" -m pytest --timeout=1200 -p no:cacheprovider --ignore tests/test_wheel.py --ignore tests/test_typing.py "$@"
done
say "a wheel from the source distribution"
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
env -u AUTOSHARES_RESET_LIBRARY "$root/target/venv/bin/python" -m build --no-isolation --outdir "$built" . >/dev/null
python3 -m venv "$built/venv"
"$built/venv/bin/python" -m pip --quiet --disable-pip-version-check install --no-index --no-deps "$built"/*.whl
cd "$built"
[ "$(env -i "$built/venv/bin/python" -I -c 'import autoshares_reset as a; print(a.library_version(), a.__file__.startswith("'"$built"'"))')" = \
  "$(cargo_field version) True" ]
say "it works"

[ ${#missing[@]} -eq 0 ] || say "not here: Python ${missing[*]}"
