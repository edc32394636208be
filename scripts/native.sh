#!/usr/bin/env bash
# Makes a release's files for targets of packaging/targets.txt, by default for this system: scripts/native.sh [TARGET…]
# It writes below target/native:
#   runtimes/RID/native/FILE        for the NuGet package
#   autoshares-reset-VERSION-RID.*  for C and C++: libraries, headers, pkg-config and CMake files, licenses
#   …-RID-symbols.*                 the debug symbols
#   *.whl, *.deb                    the Python wheel; the Debian packages
# Keeps files that were made from the same sources.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=offline/cross.sh
. "$root/scripts/offline/cross.sh"
cd "$root"
need_rust
needs native
python_tools dist-tools --requirement packaging/requirements.txt
PATH=$programs:$PATH
# All files have the time of the commit, so that the same commit gives the same files.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export PATH SOURCE_DATE_EPOCH
native=$root/target/native
version=$(cargo_field version)

begin() {
  local state
  state=$(made_from)
  # Makes the manual pages.
  if [ "$(uname -s)" = Linux ] && { [ "$(cat target/docs/made-from 2>/dev/null)" != "$state" ] || [ ! -d target/docs/man ]; }; then
    scripts/docs.sh c
    printf '%s\n' "$state" >target/docs/made-from
  fi
  if [ "$(cat "$native/made-from" 2>/dev/null)" != "$state" ]; then
    rm -rf "$native"
    mkdir -p "$native/runtimes"
    printf '%s\n' "$state" >"$native/made-from"
  fi
}

# Packs the files in ASR_BUILT. It compiles nothing, and so needs no compiler for the architecture.
make_debian_packages() {
  local work=$1
  mkdir -p "$work/tree"
  cp -r packaging/debian CHANGELOG.md "$work/tree/"
  # The version comes from Cargo.toml and the address from debian/control.
  cat >"$work/tree/debian/changelog" <<CHANGELOG
autoshares-reset ($version-1) unstable; urgency=medium

  * See changelog.gz: the packaging has no separate history.

 -- $(sed -n 's/^Maintainer: //p' packaging/debian/control)  $(date -R -u -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
  (cd "$work/tree" && CHECKOUT=$root dpkg-buildpackage --host-arch "$debian" -d --build=binary --unsigned-changes) >"$work/log" 2>&1 ||
    { cat "$work/log" >&2 && die "dpkg-buildpackage failed"; }
  cp "$work"/*.deb "$native/"
}

make_files() {
  describe "$1"
  local built name work suffix=tar.gz shared file
  case $target in *-windows-*) suffix=zip ;; esac
  name=autoshares-reset-$version-$rid
  # The archive is made last, so the other files exist if it does.
  [ ! -e "$native/$name.$suffix" ] || return 0
  say "$target"
  built=$(packaging/build.sh "$target")
  work=$root/target/native-work/$rid
  rm -rf "$work"
  mkdir -p "$work"
  for file in "$built"/*.{so,dylib,dll}; do
    [ ! -e "$file" ] || shared=$file
  done

  DESTDIR=$work PREFIX=/$name LIBDIR=/$name/lib ASR_BUILT=$built scripts/install.sh >/dev/null
  if [ -e "$built/autoshares-emulator" ]; then
    install -D "$built/autoshares-emulator" "$work/$name/bin/autoshares-emulator"
    python packaging/third-party.py "$target" autoshares-reset autoshares-emulator \
      >"$work/$name/share/doc/autoshares_reset/THIRD-PARTY.txt"
  fi
  cp -R "$built/symbols" "$work/$name-symbols"
  python packaging/pack.py "$native/$name-symbols.$suffix" "$work/$name-symbols"

  (
    cd bindings/python
    AUTOSHARES_RESET_LIBRARY=$shared AUTOSHARES_RESET_WHEEL_PLATFORM=$wheel \
      python -m hatchling build -t wheel -d "$native"
  )
  # .NET uses the library of each processor, not the universal one.
  if [ "$rid" != osx ]; then
    mkdir -p "$native/runtimes/$rid/native"
    cp "$shared" "$native/runtimes/$rid/native/"
  fi
  if [ -n "$debian" ] && command -v dpkg-buildpackage >/dev/null; then
    ASR_BUILT=$built make_debian_packages "$work/debian"
  fi
  python packaging/pack.py "$native/$name.$suffix" "$work/$name"
}

if [ $# -eq 0 ]; then set -- "$(rustc -vV | sed -n 's/^host: //p')"; fi
one_at_a_time native begin
for target in "$@"; do one_at_a_time "native-$target" make_files "$target"; done
