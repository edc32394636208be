#!/usr/bin/env bash
# Writes the files of a release into target/dist: the sources; for each target that can be built here the files that
# scripts/native.sh makes; the NuGet package with all libraries, bills of materials, checksums.
# COLLECTED, if set, names a folder with files that scripts/native.sh made on other systems; they are used unchanged.
# TARGETS, if set, names the targets to build instead of all.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=offline/cross.sh
. "$root/scripts/offline/cross.sh"
cd "$root"

python_tools dist-tools --requirement packaging/requirements.txt
export PATH=$programs:$PATH
cargo_tool cargo-cyclonedx 0.5.9
version=$(cargo_field version)
dist=$root/target/dist
work=$root/target/dist-work
native=$root/target/native
rm -rf "$dist" "$work"
mkdir -p "$dist" "$work"
# All files have the time of the commit, so that the same commit gives the same packages.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
[ -z "$(git status --porcelain)" ] || say "there are uncommitted changes: the source archive does not have them"

# Uses the files that other systems built for themselves, instead of building for them here.
if [ -n "${COLLECTED:-}" ]; then
  rm -rf "$native"
  mkdir -p "$native"
  cp -R "$COLLECTED"/. "$native/"
  made_from >"$native/made-from"
fi
host=$(rustc -vV | sed -n 's/^host: //p')
wanted=${TARGETS:-$host}
if [ -z "${TARGETS:-}" ] && [ "$host" = x86_64-unknown-linux-gnu ]; then wanted=$(targets 7 linux); fi
# shellcheck disable=SC2086
scripts/native.sh $wanted
# The folder may also hold files of other targets.
chosen=$native
if [ -z "${COLLECTED:-}" ]; then
  chosen=$work/native
  mkdir -p "$chosen/runtimes"
  for target in $wanted; do
    describe "$target"
    cp "$native"/*-"$version-$rid".* "$native"/*-"$version-$rid-symbols".* "$native"/*-"$wheel".whl "$chosen/"
    if [ -n "$debian" ]; then cp "$native"/*_"$debian".deb "$chosen/"; fi
    if [ -d "$native/runtimes/$rid" ]; then cp -R "$native/runtimes/$rid" "$chosen/runtimes/"; fi
  done
fi

say "source archive"
name=autoshares-reset-$version
git archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$dist/$name.tar.gz"
tar xzf "$dist/$name.tar.gz" -C "$work"

say "bills of materials"
(
  cd "$work/$name"
  cargo cyclonedx -qq --format json --spec-version 1.5 --no-build-deps --target all
  # Removes the folder's name, the random serial number and the time, so that the same commit gives the same bytes.
  for crate in autoshares-reset autoshares-emulator; do
    sed "s|$work||g; /\"serialNumber\"/d; s|\"timestamp\": \".*\"|\"timestamp\": \"$(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)\"|" \
      "$(find . -name $crate.cdx.json)" >"$dist/$crate-$version.cdx.json"
  done
)

say "NuGet package"
scripts/offline/dotnet.sh || [ $? -eq 75 ]
if [ -e target/dotnet/env.sh ]; then
  python packaging/third-party.py all autoshares-reset >"$work/THIRD-PARTY.txt"
  # MSBuild would use a variable VERSION as the package's version.
  # shellcheck source=/dev/null
  (. target/dotnet/env.sh && env -u VERSION dotnet pack -nologo -verbosity:quiet -warnaserror -c Release \
    bindings/csharp/src/AutoShares.Reset -p:PackageOutputPath="$dist" -p:BuildRoot="$work/csharp/" \
    -p:NativeRoot="$chosen/runtimes" -p:NativeNotices="$work/THIRD-PARTY.txt")
  for file in "$dist"/*.*nupkg; do python packaging/repack.py "$file"; done
fi

# Only the owner knows where the files will be published.
address=${RELEASE_ADDRESS:-https://autoshares-reset.invalid/releases/$version}
find "$chosen" -maxdepth 1 -type f ! -name made-from -exec cp {} "$dist/" \;
name=autoshares-reset-$version-ports
python packaging/ports.py "$dist" "$address" "$version" "$work/$name"
python packaging/pack.py "$dist/$name.tar.gz" "$work/$name"
cd "$dist"
sha256sum -- * >"$work/SHA256SUMS"
mv "$work/SHA256SUMS" .
git rev-parse HEAD >"$work/commit"
say "target/dist"
cat SHA256SUMS
