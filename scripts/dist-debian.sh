#!/usr/bin/env bash
# Packs what ASR_BUILT holds as Debian packages: scripts/dist-debian.sh WORK_FOLDER OUTPUT_FOLDER ARCHITECTURE
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

work=$1/tree output=$2
version=$(cargo_field version)-1
mkdir -p "$work"
cp -r packaging/debian "$work/debian"
cp CHANGELOG.md "$work/"
# The version comes from Cargo.toml and the address from debian/control.
cat >"$work/debian/changelog" <<CHANGELOG
autoshares-reset ($version) unstable; urgency=medium

  * See changelog.gz: the packaging has no history of its own.

 -- $(sed -n 's/^Maintainer: //p' packaging/debian/control)  $(date -R -u -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
# Nothing is compiled, so that no compiler for the architecture has to be there.
if ! (cd "$work" && CHECKOUT=$root dpkg-buildpackage --host-arch "$3" -d --build=binary --unsigned-changes) >"$1/log" 2>&1; then
  cat "$1/log" >&2
  die "dpkg-buildpackage failed"
fi
cp "$1"/*.deb "$output/"
