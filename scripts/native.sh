#!/usr/bin/env bash
# Builds the library for one system, and puts below target/native what a release collects from all of them:
#   runtimes/RID/native/FILE    for the NuGet package
#   *.whl, *.zip, *.tar.gz, *.deb  the Python wheel and what C needs; on Linux what scripts/dist.sh has made of them
# For this system, or for the one that CARGO_BUILD_TARGET names.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=cross.sh
. "$root/scripts/cross.sh"
cd "$root"
need_rust
need_cc

host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_BUILD_TARGET:-$host}
case $target in
  x86_64-*-linux-gnu) rid=linux-x64 shared=libautoshares_reset.so ;;
  aarch64-*-linux-gnu) rid=linux-arm64 shared=libautoshares_reset.so ;;
  aarch64-apple-darwin) rid=osx-arm64 shared=libautoshares_reset.dylib wheel=macosx_11_0_arm64 ;;
  x86_64-pc-windows-*) rid=win-x64 shared=autoshares_reset.dll wheel=win_amd64 ;;
  i686-pc-windows-*) rid=win-x86 shared=autoshares_reset.dll wheel=win32 ;;
  *) die "no package has a place for $target" ;;
esac

if [ "${rid%-*}" = linux ]; then
  "$root/scripts/setup-dist.sh"
  built=$("$root/scripts/build-portable.sh")
else
  can_build_for "$target" || die "no standard library for $target here: rustup target add $target"
  built=$cross/build/$target/release
  tell_no_paths "$target"
  cargo_for "$target" rustc --release --lib --crate-type cdylib,staticlib -- -D warnings \
    --print "native-static-libs=$(native_path "$built")/native-static-libs.txt"
fi
out=$root/target/native
mkdir -p "$out/runtimes/$rid/native"
cp "$built/$shared" "$out/runtimes/$rid/native/"
for file in target/dist/*-linux-*.tar.gz target/dist/*.whl target/dist/*.deb; do
  if [ "${rid%-*}" = linux ] && [ -e "$file" ]; then cp "$file" "$out/"; fi
done

python=$(command -v python3 || command -v python)
if [ "${rid%-*}" != linux ]; then
  # The licenses of what is in the library, beside it as in dist.sh; of a bill of materials only this is looked at.
  cargo tree --locked --target "$target" --edges normal --prefix none --format '{p}' | sort -u |
    awk '{ printf "%s{\"name\": \"%s\", \"version\": \"%s\"}", (NR > 1 ? "," : "{\"components\": ["), $1, substr($2, 2) }
      END { print "]}" }' >"$built/crates.json"
  "$python" scripts/third-party.py "$built/crates.json" >"$built/THIRD-PARTY.txt"

  say "Python wheel"
  AUTOSHARES_RESET_LIBRARY=$built/$shared AUTOSHARES_RESET_WHEEL_PLATFORM=$wheel \
    "$python" -m pip --quiet --disable-pip-version-check wheel --no-deps --wheel-dir "$out" bindings/python
fi

if [ "${rid%-*}" = win ]; then
  # The names are Microsoft's or GNU's; packaging/cmake knows both.
  name=autoshares-reset-$(cargo_field version)-$rid
  tree=$root/target/native-trees/$name
  rm -rf "$tree"
  mkdir -p "$tree"/{bin,include,lib/pkgconfig,share/cmake/autoshares_reset,share/doc/autoshares_reset/docs}
  cp "$built/$shared" "$tree/bin/"
  for file in "$built"/{,lib}autoshares_reset{.dll.lib,.dll.a,.lib,.a}; do
    [ ! -e "$file" ] || cp "$file" "$tree/lib/"
  done
  cp include/* "$tree/include/"
  # Microsoft's options may begin with a dash as well, and CMake takes what begins with a slash for a file.
  sed -i 's|^/|-|; s| /| -|g' "$built/native-static-libs.txt"
  # shellcheck disable=SC2016
  package_config '${pcfiledir}/../..' '${prefix}/lib' "$built" >"$tree/lib/pkgconfig/autoshares_reset.pc"
  cp packaging/cmake/* "$tree/share/cmake/autoshares_reset/"
  cp -R "$built/THIRD-PARTY.txt" LICENSE-* README.md CHANGELOG.md SECURITY.md examples "$tree/share/doc/autoshares_reset/"
  cp docs/{recipes.md,dialogs.png} "$tree/share/doc/autoshares_reset/docs/"
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) "$python" scripts/pack.py "$out/$name.zip" "$tree"
fi
say "target/native"
find "$out" -type f
