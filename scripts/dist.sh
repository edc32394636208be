#!/usr/bin/env bash
# Writes all that a release publishes into target/dist: sources, what is installed as an archive, the packages for
# Python, .NET and Debian, bills of materials, checksums. One build for an old C library is in all of them.
# COLLECTED, if set, names a folder with what scripts/native.sh made on other systems, and on this one: the libraries go
# into the NuGet package, the packages beside those that are made here.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

"$root/scripts/setup-dist.sh"
export PATH=$root/target/dist-tools/bin:$root/target/tools/bin:$PATH
version=$(cargo_field version)
system=$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
dist=$root/target/dist
work=$root/target/dist-work
rm -rf "$dist" "$work"
mkdir -p "$dist" "$work"
# All files bear the time of the commit, so that the same commit gives the same packages (NuGet adds a random name).
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
[ -z "$(git status --porcelain)" ] || say "there are uncommitted changes: the source archive does not have them"

ASR_BUILT=$("$root/scripts/build-portable.sh")
export ASR_BUILT
case $system in
  darwin-*) library=$ASR_BUILT/libautoshares_reset.dylib ;;
  *) library=$ASR_BUILT/libautoshares_reset.so ;;
esac
# For the manual pages.
"$root/scripts/docs.sh" c

say "source archive"
name=autoshares-reset-$version
git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$dist/$name.tar.gz"
tar xzf "$dist/$name.tar.gz" -C "$work"

say "bills of materials"
(
  cd "$work/$name"
  cargo cyclonedx -qq --format json --spec-version 1.5 --no-build-deps
  # They name the crates of this project by where they lie.
  sed "s|$work||g" autoshares-reset.cdx.json >"$dist/autoshares-reset-$version.cdx.json"
  sed "s|$work||g" emulator/autoshares-emulator.cdx.json >"$dist/autoshares-emulator-$version.cdx.json"
)
# Beside the library, where those look who pack it; the archive holds the emulator's crates too.
python scripts/third-party.py "$dist/autoshares-reset-$version.cdx.json" >"$ASR_BUILT/THIRD-PARTY.txt"

say "binary archive"
name+=-$system
DESTDIR=$work PREFIX=/$name LIBDIR=/$name/lib "$root/scripts/install.sh"
python scripts/third-party.py "$dist"/*.cdx.json >"$work/$name/share/doc/autoshares_reset/THIRD-PARTY.txt"
mkdir "$work/$name/bin"
cp "$ASR_BUILT/autoshares-emulator" "$work/$name/bin/"
tar=(tar)
if tar --version | grep -q GNU; then
  tar+=(--sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner)
fi
"${tar[@]}" -cf - -C "$work" "$name" | gzip -9n >"$dist/$name.tar.gz"

say "Python wheel"
(
  cd bindings/python
  AUTOSHARES_RESET_LIBRARY=$library python -m hatchling build -t wheel -d "$work/wheel"
)
if [ "$(uname -s)" = Linux ]; then
  auditwheel repair --plat "manylinux2014_$(uname -m)" --wheel-dir "$dist" "$work"/wheel/*.whl
else
  cp "$work"/wheel/*.whl "$dist"
fi

say "NuGet package"
scripts/setup-csharp.sh
if [ -e target/dotnet/env.sh ]; then
  # shellcheck source=/dev/null
  (. target/dotnet/env.sh && AUTOSHARES_RESET_LIBRARY=$library dotnet pack -nologo -verbosity:quiet -warnaserror \
    -c Release bindings/csharp/src/AutoShares.Reset -p:PackageOutputPath="$dist" -p:BuildRoot="$work/csharp/" \
    ${COLLECTED:+-p:NativeRoot="$COLLECTED/runtimes"})
fi

if command -v dpkg-buildpackage >/dev/null; then
  say "Debian packages"
  scripts/dist-debian.sh "$work/debian" "$dist"
fi

if [ -n "${COLLECTED:-}" ]; then
  for file in "$COLLECTED"/*.whl "$COLLECTED"/*.{tar.gz,zip,deb}; do
    if [ -e "$file" ] && [ ! -e "$dist/${file##*/}" ]; then cp "$file" "$dist/"; fi
  done
fi

say "recipes for other package managers"
# Nobody but the owner can say where the files will be found.
address=${RELEASE_ADDRESS:-https://autoshares-reset.invalid/releases/$version}
name=autoshares-reset-$version-ports
python scripts/ports.py "$dist" "$address" "$version" "$work/$name"
python scripts/pack.py "$dist/$name.tar.gz" "$work/$name"

cd "$dist"
if command -v sha256sum >/dev/null; then sha256sum -- * >"$work/SHA256SUMS"; else shasum -a 256 -- * >"$work/SHA256SUMS"; fi
mv "$work/SHA256SUMS" .
git rev-parse HEAD >"$work/commit"
say "target/dist"
cat SHA256SUMS
