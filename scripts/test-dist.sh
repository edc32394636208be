#!/usr/bin/env bash
# Makes the files of a release and tests each of them: tests/packaging/dist.bats.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=offline/cross.sh
. "$root/scripts/offline/cross.sh"
if [ "$(uname -s)" != Linux ] || ! command -v apt-get >/dev/null; then
  skip_or_fail "the packages are tested on Debian and Ubuntu"
  exit 0
fi
apt_need binutils cmake g++ man-db pkg-config python3 python3-venv ruby unzip
conan=$root/target/conan
if [ ! -e "$conan/.complete" ]; then
  say "making target/conan"
  python3 -m venv --clear "$conan"
  "$conan/bin/python" -m pip --quiet --disable-pip-version-check install conan==2.34.0
  touch "$conan/.complete"
fi
export TARGETS="${TARGETS:-$dist_suites_targets}"
"$root/scripts/dist.sh"
run_bats dist.bats
