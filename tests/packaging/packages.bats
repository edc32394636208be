#!/usr/bin/env bats
# Every package meets its registry's rules: no warning, complete metadata, the licenses, one version everywhere.

# The linter cannot follow `load`, and bats runs each test in a subshell.
# shellcheck disable=SC2154,SC2030,SC2031
load support

setup_file() {
  # Makes them for a new commit only, because the suite dist makes the same files.
  [ "$(cat "$root/target/dist-work/commit" 2>/dev/null)" = "$(git -C "$root" rev-parse HEAD)" ] || make_dist
  export DIST=$root/target/dist VERSION NUPKG WHEEL
  VERSION=$(cargo_field version)
  NUPKG=$(basename "$DIST"/*.nupkg)
  WHEEL=$(echo "$DIST"/*manylinux*_x86_64.whl)
}

setup() { cd "$BATS_TEST_TMPDIR" || return; }

has_licenses() { cmp "$1/LICENSE-MIT" "$root/LICENSE-MIT" && cmp "$1/LICENSE-APACHE" "$root/LICENSE-APACHE"; }

field() { dpkg-deb --field "$DIST/$1_$VERSION-1_amd64.deb" "$2"; }

@test "cargo publish accepts the crate, and warns only of the missing URL" {
  cd "$root"
  local dirty=(--allow-dirty)
  # A developer's tree may have changes; in CI it may not.
  [ "${CI:-}" != true ] || dirty=()
  CARGO_PROFILE_DEV_DEBUG=0 cargo publish --dry-run --locked --package autoshares-reset "${dirty[@]}" >"$BATS_TEST_TMPDIR/log" 2>&1 ||
    { cat "$BATS_TEST_TMPDIR/log"; return 1; }
  # The package leaves out the tests: they need the emulator, which is not published.
  diff <(grep '^warning' "$BATS_TEST_TMPDIR/log" | grep -v '^warning: ignoring test .* is not included') - <<'WARNINGS'
warning: manifest has no documentation, homepage or repository
warning: aborting upload due to dry run
WARNINGS
}

@test "the crate has its licenses, and the files that cargo-c installs from it" {
  # The test before this one made it.
  cd "$root/target/package/autoshares-reset-$VERSION"
  has_licenses .
  for path in include examples/c examples/cpp examples/dialogs packaging/cmake docs/recipes.md docs/dialogs.png SECURITY.md; do diff -r "$root/$path" "$path"; done
}

@test "the crate's metadata is complete" {
  cargo metadata --no-deps --offline --format-version 1 --manifest-path "$root/Cargo.toml" |
    python3 -c '
import json, sys
(crate,) = [p for p in json.load(sys.stdin)["packages"] if p["name"] == "autoshares-reset"]
for field in ("description", "license", "authors", "keywords", "categories", "readme", "rust_version"):
    assert crate[field], field
assert crate["license"] == "MIT OR Apache-2.0"
assert crate["authors"] == ["The autoshares-reset developers"]
assert len(crate["keywords"]) <= 5
'
}

@test "twine finds nothing wrong with the wheel" {
  "$root/target/dist-tools/bin/twine" check --strict "$DIST"/*.whl
}

@test "the wheel's metadata is complete, and its licenses are in it" {
  unzip -q "$WHEEL" '*.dist-info/*'
  cd "autoshares_reset-$VERSION.dist-info"
  for line in "Version: $VERSION" 'License-Expression: MIT OR Apache-2.0' 'Author: The autoshares-reset developers' \
    'Requires-Python: >=3.9' 'Description-Content-Type: text/markdown'; do
    grep -x "$line" METADATA
  done
  has_licenses licenses
}

@test "the NuGet package's metadata is complete, and its licenses are in it" {
  unzip -q "$DIST/$NUPKG"
  for element in '<id>AutoShares.Reset</id>' '<authors>The autoshares-reset developers</authors>' \
    '<license type="expression">MIT OR Apache-2.0</license>' '<description>' '<tags>'; do
    grep -F "$element" AutoShares.Reset.nuspec
  done
  [ -s README.md ]
  has_licenses .
}

@test "the archives and the Debian packages have their licenses" {
  local archive package
  for archive in "$DIST"/autoshares-reset-*.{tar.gz,zip}; do
    case $archive in *-symbols.* | *-ports.*) continue ;; *.zip) unzip -q "$archive" ;; *) tar xzf "$archive" ;; esac
  done
  for package in autoshares-reset-"$VERSION" autoshares-reset-"$VERSION"-*/share/doc/autoshares_reset; do
    has_licenses "$package"
  done
  for package in libautoshares-reset0 libautoshares-reset0-dbgsym libautoshares-reset-dev; do
    dpkg-deb --fsys-tarfile "$DIST/${package}_$VERSION-1_amd64.deb" | tar xf - "./usr/share/doc/$package/copyright"
    # As Debian requires: the short license in full, the long one by name.
    diff <(sed -n '/^License: Expat$/,/^License/p' "usr/share/doc/$package/copyright" | grep '^ ' | sed 's/^ //; s/^\.$//') \
      <(tail -n +3 "$root/LICENSE-MIT")
    grep -x 'License: Expat or Apache-2.0' "usr/share/doc/$package/copyright"
  done
}

@test "each package with the library has the licenses of its crates" {
  unzip -p "$WHEEL" autoshares_reset/THIRD-PARTY.txt >wheel
  # .NET's package has the libraries of all systems in it.
  unzip -p "$DIST/$NUPKG" THIRD-PARTY.txt >nuget
  if diff wheel nuget | grep '^<   [a-z0-9_-]* [0-9]'; then return 1; fi
  grep '  windows-sys ' nuget
  dpkg-deb --fsys-tarfile "$DIST"/libautoshares-reset0_*_amd64.deb | tar xOf - ./usr/share/doc/libautoshares-reset0/THIRD-PARTY.txt.gz |
    gzip -dc | diff wheel -
  for words in '  ring [0-9.]*: Apache-2.0 AND ISC' 'ring [0-9.]*, LICENSE-BoringSSL' '  ureq .* MIT OR' 'webpki.* ISC'; do
    grep "$words" wheel
  done
  if grep '  tokio ' wheel; then return 1; fi
  # The archive has the emulator's as well.
  tar xzOf "$DIST/autoshares-reset-$VERSION-linux-x64.tar.gz" --wildcards '*/THIRD-PARTY.txt' >archive
  grep '  tokio ' archive
  grep '  ring ' archive
}

@test "the version is the same everywhere" {
  local tree
  tar xzf "$DIST/autoshares-reset-$VERSION-linux-x64.tar.gz"
  tree=$(echo "$PWD"/autoshares-reset-*)
  header() { sed -n "s/^#define ASR_VERSION_$1 //p" "$tree/include/autoshares_reset.h"; }
  said() {
    python3 -c 'import ctypes, sys; l = ctypes.CDLL(sys.argv[1]); l.asr_version.restype = ctypes.c_char_p
print(l.asr_version().decode())' "$tree/lib/libautoshares_reset.so"
  }
  same() { printf '%s: %s\n' "$1" "$2"; [ "$2" = "$VERSION" ]; }
  same 'header macros' "$(header MAJOR).$(header MINOR).$(header PATCH)"
  same 'asr_version' "$(said)"
  same 'library file' "$(basename "$tree"/lib/libautoshares_reset.so.*.*.* | sed 's/^libautoshares_reset\.so\.//')"
  same pkg-config "$(PKG_CONFIG_PATH=$tree/lib/pkgconfig pkg-config --modversion autoshares_reset)"
  same 'emulator' "$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/emulator/Cargo.toml")"
  same wheel "$(unzip -p "$WHEEL" '*/METADATA' | sed -n 's/^Version: //p')"
  same NuGet "$(unzip -p "$DIST/$NUPKG" AutoShares.Reset.nuspec | sed -n 's/.*<version>\([0-9.]*\)\(-test\)\?<.*/\1/p')"
  same 'NuGet file name' "$(sed -E 's/^AutoShares\.Reset\.([0-9.]+)(-test)?\.nupkg$/\1/' <<<"$NUPKG")"
  same Debian "$(field libautoshares-reset0 Version | sed 's/-1$//')"
  same 'Debian, development' "$(field libautoshares-reset-dev Version | sed 's/-1$//')"
  cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.13)
project(p C)
find_package(autoshares_reset CONFIG REQUIRED)
message("found ${autoshares_reset_VERSION}.")
CMAKE
  same CMake "$(cmake -S . -B build -DCMAKE_PREFIX_PATH="$tree" 2>&1 | sed -n 's/^found \(.*\)\.$/\1/p')"
}

@test "the changelog begins with this version or with what is not released yet" {
  [[ $(grep -m1 '^## ' "$root/CHANGELOG.md") =~ ^'## ['("$VERSION"|Unreleased)']' ]]
}
