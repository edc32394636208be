#!/usr/bin/env bats
# Each file of a release works alone: without a checkout, without Rust.

# The linter cannot follow `load`, and bats runs each test in a subshell.
# shellcheck disable=SC2154,SC2030,SC2031
load support
# shellcheck source-path=SCRIPTDIR source=../../scripts/offline/cross.sh
. "$root/scripts/offline/cross.sh"

setup_file() {
  bats_require_minimum_version 1.5.0
  cd "$root" || return
  make_dist
  python_tools conan conan==2.34.0
  export DIST=$root/target/dist VERSION
  VERSION=$(cargo_field version)
  # The emulator from the binary archive, for users without a checkout.
  tar xzf "$DIST/autoshares-reset-$VERSION-linux-x64.tar.gz" -C "$BATS_FILE_TMPDIR"
  export TREE=$BATS_FILE_TMPDIR/unpacked WHEEL
  mv "$BATS_FILE_TMPDIR"/autoshares-reset-* "$TREE"
  WHEEL=$(echo "$DIST"/*manylinux*_x86_64.whl)
  export AUTOSHARES_EMULATOR=$TREE/bin/autoshares-emulator
  start_emulator
}

setup() { cd "$BATS_TEST_TMPDIR" || return; }

# An environment with only the system's programs and the emulator's address.
cleanly() {
  env -i PATH=/usr/bin:/bin HOME="$BATS_TEST_TMPDIR" LANG=C.UTF-8 AUTOSHARES_BASE_URL="$AUTOSHARES_BASE_URL" \
    AUTOSHARES_APP_KEY="$AUTOSHARES_APP_KEY" "$@"
}

# oldest_libc FILE: the oldest C library that it runs with.
oldest_libc() { objdump -T "$1" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -1; }

native_in_wheel() { unzip -p "$WHEEL" autoshares_reset/libautoshares_reset.so; }

# The files that a release has for a target beside its library in the NuGet package.
files_for() {
  describe "$1"
  local suffix=tar.gz package
  case $target in *-windows-*) suffix=zip ;; esac
  printf "autoshares-reset-$VERSION-$rid%s.$suffix\n" '' -symbols
  echo "autoshares_reset-$VERSION-py3-none-$wheel.whl"
  [ -n "$debian" ] || return 0
  for package in libautoshares-reset0 libautoshares-reset0-dbgsym libautoshares-reset-dev; do
    echo "${package}_$VERSION-1_$debian.deb"
  done
}

# quickly COMMAND…: a build from source that optimises less; the tests share the crates that it compiles.
quickly() {
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_BUILD_BUILD_DIR=$BATS_FILE_TMPDIR/cargo "$@"
}

# build_c TREE shared|static: the C example, by pkg-config, from the tree alone.
build_c() {
  local libdir pc
  pc=$(find "$1" -name autoshares_reset.pc -printf '%h')
  libdir=$(cleanly PKG_CONFIG_PATH="$pc" pkg-config --variable=libdir autoshares_reset)
  local flags
  flags=$(cleanly PKG_CONFIG_PATH="$pc" pkg-config --cflags --libs ${3:+"$3"} autoshares_reset)
  # A bare -l would take the shared library, which lies beside the static one.
  [ "$2" = shared ] || flags=${flags/-lautoshares_reset/-l:libautoshares_reset.a}
  # shellcheck disable=SC2086
  cleanly cc -Wall -Wextra -Werror "$(find "$1" -path '*examples/c/secret_question.c')" $flags -o "$2"
  fetches_the_question cleanly LD_LIBRARY_PATH="$libdir" "./$2"
}

@test "there is no Rust where these tests run" {
  run ! cleanly cargo --version
  run ! cleanly rustc --version
}

@test "all is there, and the checksums are right" {
  cd "$DIST"
  sha256sum --strict --check SHA256SUMS
  diff <(find . -type f ! -name SHA256SUMS -printf '%f\n' | LC_ALL=C sort) <(sed 's/^[^ ]*  //' SHA256SUMS | LC_ALL=C sort)
  diff <({
    printf '%s\n' AutoShares.Reset."$VERSION".{nupkg,snupkg} SHA256SUMS autoshares-{reset,emulator}-"$VERSION".cdx.json \
      autoshares-reset-"$VERSION"{,-ports}.tar.gz
    for target in $TARGETS; do files_for "$target"; done
  } | LC_ALL=C sort) <(find . -type f -printf '%f\n' | sed 's/-test\././' | LC_ALL=C sort)
}

@test "the NuGet package has the library of every system" {
  diff <(for target in $TARGETS; do describe "$target"; echo "$rid"; done | LC_ALL=C sort) \
    <(unzip -Z1 "$DIST"/*.nupkg | sed -n 's|^runtimes/\(.*\)/native/.*autoshares_reset\..*|\1|p' | LC_ALL=C sort)
}

@test "library and emulator ask for the C library alone, and for none newer than 2.17" {
  for file in "$TREE/lib/libautoshares_reset.so" "$AUTOSHARES_EMULATOR"; do
    printf '%s\nGLIBC_2.17\n' "$(oldest_libc "$file")" | sort -V -C
    if readelf -d "$file" | grep NEEDED | grep -vE '\[(libc|libm|libdl|libpthread|ld-linux-[a-z0-9-]+)\.so'; then false; fi
  done
}

# It has 2.03 MB; a needless crate or a lost optimisation adds more than the difference.
@test "the library has at most 2.1 MB" {
  [ "$(stat -Lc %s "$TREE/lib/libautoshares_reset.so")" -le 2100000 ]
}

@test "one and the same library is in every package, and it exports the ABI alone" {
  cmp "$TREE/lib/libautoshares_reset.so" <(native_in_wheel)
  cmp "$TREE/lib/libautoshares_reset.so" <(unzip -p "$DIST"/*.nupkg runtimes/linux-x64/native/libautoshares_reset.so)
  dpkg-deb --fsys-tarfile "$DIST"/libautoshares-reset0_*_amd64.deb | tar xf - --wildcards '*.so.*'
  cmp "$TREE/lib/libautoshares_reset.so" ./usr/lib/*/libautoshares_reset.so."$VERSION"
  # Each function has the version of the ABI that added it; the versions are symbols, too.
  diff <(nm -D --defined-only "$TREE/lib/libautoshares_reset.so" | awk '$2 != "A" { print $3 }' | sort) \
    <(sed -n "s/^\(asr_[a-z_]*\) \([0-9]*\)$/\1@@AUTOSHARES_RESET_${VERSION%%.*}.\2/p" "$root/packaging/abi/symbols" | sort)
}

@test "no file names the folder in which it was built" {
  mkdir unpacked
  local file
  for file in "$DIST"/*; do
    mkdir "unpacked/${file##*/}"
    case $file in
      *.tar.gz) tar xzf "$file" -C "unpacked/${file##*/}" ;;
      *.whl | *.nupkg | *.snupkg | *.zip) unzip -q "$file" -d "unpacked/${file##*/}" ;;
      *.deb) dpkg-deb --extract "$file" "unpacked/${file##*/}" ;;
      *) cp "$file" "unpacked/${file##*/}/" ;;
    esac
  done
  run ! tells_paths unpacked
  # The brackets keep this file, which is in the source archive, from matching.
  run ! grep -rlE '[i]ndex\.crates\.io-|[s]ite-packages/' unpacked
}

@test "binary archive: a C program is built and run, shared and static" {
  build_c "$TREE" shared
  asks_for ./shared libautoshares_reset.so.0
  build_c "$TREE" static --static
  run ! asks_for ./static libautoshares_reset
}

@test "binary archive: a C++ program is built and run by CMake" {
  cat >CMakeLists.txt <<CMAKE
cmake_minimum_required(VERSION 3.13)
project(example CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(autoshares_reset $VERSION CONFIG REQUIRED)
add_executable(program $TREE/share/doc/autoshares_reset/examples/cpp/secret_question.cpp)
target_link_libraries(program PRIVATE autoshares_reset::autoshares_reset)
CMAKE
  cleanly cmake -S . -B build -DCMAKE_PREFIX_PATH="$TREE"
  cleanly cmake --build build
  fetches_the_question cleanly build/program
}

@test "binary archive: the recipe for CMake fetches it, if it has the checksum, and builds" {
  export BLOCKS=$PWD
  extract_blocks docs/recipes.md
  local archive=autoshares-reset-$VERSION-linux-x64.tar.gz checksum
  checksum=$(sed -n "s/  $archive\$//p" "$DIST/SHA256SUMS")
  {
    printf 'cmake_minimum_required(VERSION 3.24)\nproject(example C)\n'
    cat "$(block recipes.md '*.fetch.cmake')"
    echo "add_executable(program $TREE/share/doc/autoshares_reset/examples/c/secret_question.c)"
    echo 'target_link_libraries(program PRIVATE autoshares_reset::autoshares_reset)'
  } >CMakeLists.txt
  # fetched BUILD CHECKSUM
  fetched() { cleanly cmake -S . -B "$1" -DAUTOSHARES_RESET_URL="file://$DIST/$archive" -DAUTOSHARES_RESET_SHA256="$2"; }
  run fetched refused "$(tr '0-9a-f' '1-9a-f0' <<<"$checksum")"
  [[ $status -ne 0 && $output == *'does not match expected value'* ]]
  fetched build "$checksum"
  cleanly cmake --build build
  fetches_the_question cleanly build/program
}

@test "binary archive: the manual pages are found" {
  local page
  for page in autoshares_reset asr_secret_question; do [ -s "$TREE/share/man/man3/$page.3" ]; done
}

@test "symbols archive: a debugger finds it by its name in the library, and it names a function's line" {
  local symbols=libautoshares_reset.so.debug address
  tar xzf "$DIST/autoshares-reset-$VERSION-linux-x64-symbols.tar.gz" --strip-components 1
  readelf --string-dump=.gnu_debuglink "$TREE/lib/libautoshares_reset.so" | grep -F " $symbols"
  address=$(nm "$symbols" | awk '$3 ~ /^asr_version(@@.*)?$/ { print $1 }')
  addr2line -e "$symbols" "0x$address" | grep '^src/ffi/.*:[1-9]'
}

@test "wheel: auditwheel finds it fit for manylinux2014, and it retrieves a question in an empty environment" {
  "$root/target/dist-tools/bin/auditwheel" show "$WHEEL" | grep 'manylinux_2_17'
  "$root/target/dist-tools/bin/python" -m venv venv
  cleanly venv/bin/pip --quiet --disable-pip-version-check install --no-index --find-links "$DIST" autoshares-reset
  cp "$root/examples/python/secret_question.py" .
  fetches_the_question cleanly venv/bin/python secret_question.py
}

@test "wheels: pip takes the one for each system out of all" {
  local target tag
  for target in $TARGETS; do
    describe "$target"
    for tag in ${wheel//./ }; do
      rm -rf taken
      "$root/target/dist-tools/bin/pip" --quiet --disable-pip-version-check download --no-index --find-links "$DIST" \
        --no-deps --only-binary=:all: --platform "$tag" --dest taken autoshares-reset
      [ "$(ls taken)" = "autoshares_reset-$VERSION-py3-none-$wheel.whl" ]
    done
  done
}

@test "NuGet package: a separate project restores it and runs" {
  [ -e "$root/target/dotnet/env.sh" ]
  local package version
  package=$(basename "$DIST"/*.nupkg .nupkg)
  version=${package#AutoShares.Reset.}
  # An SDK that cannot make the real package marks its package.
  [ "$version" = "$VERSION" ] || [ "$version" = "$VERSION-test" ]
  # shellcheck source=/dev/null
  . "$root/target/dotnet/env.sh"
  PATH=$(dirname "$(command -v dotnet)"):/usr/bin:/bin
  unset AUTOSHARES_RESET_LIBRARY
  local modern=$ASR_MODERN_FRAMEWORK
  cp "$root/bindings/csharp/tests/PackageConsumer/PackageConsumer.csproj" "$root/examples/csharp/SecretQuestion/Program.cs" .
  echo "<configuration><packageSources><clear /><add key=\"here\" value=\"$DIST\" /></packageSources></configuration>" >nuget.config
  NUGET_PACKAGES=$PWD/cache dotnet build -nologo -verbosity:quiet -c Release . \
    -p:AutoSharesResetVersion="$version" -p:ConsumerFrameworks="$modern"
  fetches_the_question dotnet "bin/Release/$modern/PackageConsumer.dll"
}

@test "Debian packages: in an empty system a C program is built and run, and removing them leaves no trace" {
  local system=$PWD/system debs=("$DIST"/*_amd64.deb)
  mkdir -p "$system"/var/lib/dpkg/{info,updates}
  touch "$system/var/lib/dpkg/status"
  # --force-depends skips the check for the C library, their only dependency.
  at_system() { dpkg --root="$system" --force-not-root --force-depends --log=/dev/null "$@"; }
  at_system --install "${debs[@]}"
  build_c "$system" shared
  build_c "$system" static --static
  cleanly man --manpath="$system/usr/share/man" --where asr_secret_question
  # Debuggers look there for the symbols of a library with this build ID.
  local id
  id=$(readelf -n "$system"/usr/lib/*/libautoshares_reset.so."$VERSION" | sed -n 's/.*Build ID: \(..\)\(.*\)/\1\/\2/p')
  readelf -S "$system/usr/lib/debug/.build-id/$id.debug" | grep -F .debug_line
  at_system --purge libautoshares-reset-dev libautoshares-reset0-dbgsym libautoshares-reset0
  [ "$(find "$system" -name '*autoshares*' | wc -l)" -eq 0 ]
}

@test "Debian packages: lintian finds no error" {
  lintian --fail-on error "$DIST"/*.deb
}

@test "bills of materials name the crates that are in the library and its license" {
  local bom=$DIST/autoshares-reset-$VERSION.cdx.json
  python3 - "$bom" "$VERSION" <<'PYTHON'
import json, sys
bom = json.load(open(sys.argv[1]))
about = bom["metadata"]["component"]
assert (about["name"], about["version"]) == ("autoshares-reset", sys.argv[2]), about
names = {component["name"] for component in bom["components"]}
assert {"ureq", "rustls", "ring", "serde_json"} <= names, names
assert not names & {"cbindgen", "tokio", "tempfile"}, names
PYTHON
}

@test "source archive: it holds what is committed, and make and make install work from it" {
  tar xzf "$DIST/autoshares-reset-$VERSION.tar.gz"
  local unpacked=autoshares-reset-$VERSION
  diff <(git -C "$root" ls-tree -r --name-only HEAD | LC_ALL=C sort) <(find "$unpacked" -type f -printf '%P\n' | LC_ALL=C sort)
  quickly make -s -C "$unpacked"
  make -s -C "$unpacked" install PREFIX="$BATS_TEST_TMPDIR/prefix"
  build_c "$BATS_TEST_TMPDIR/prefix" shared
}

@test "ports: every checksum is there, and each recipe is valid in its language" {
  tar xzf "$DIST/autoshares-reset-$VERSION-ports.tar.gz"
  cd "autoshares-reset-$VERSION-ports"
  run ! grep -rE '@[a-z0-9]+[:@]' .
  # Alpine's is a shell script, and its checksums are in a form that sha512sum reads.
  (
    # shellcheck source=/dev/null
    . alpine/APKBUILD
    [ "$pkgver" = "$VERSION" ]
    cd "$DIST"
    # shellcheck disable=SC2154
    sed '/^$/d' <<<"$sha512sums" | sha512sum --check --strict
  )
  sh -n alpine/APKBUILD
  ruby -c homebrew/autoshares-reset.rb
  [ "$(sed -n 's/^  sha256 "\(.*\)"/\1/p' homebrew/autoshares-reset.rb)" = "$(sed -n "s/  autoshares-reset-$VERSION.tar.gz//p" "$DIST/SHA256SUMS")" ]
  python3 -m json.tool vcpkg/autoshares-reset/vcpkg.json >/dev/null
}

# The ports of this release, whose address is its folder.
fill_ports() { "$root/target/dist-tools/bin/python" "$root/packaging/ports.py" "$DIST" "file://$DIST" "$VERSION" ports; }

# vcpkg LINKAGE COMMAND… [-DFEATURES=…]: runs the portfile, with stand-ins for the functions of vcpkg that it calls, into the
# folder LINKAGE; then builds and runs a program that finds the library there.
vcpkg() {
  local linkage=$1
  shift
  rm -rf "$linkage" work
  cat >vcpkg.cmake <<'CMAKE'
cmake_minimum_required(VERSION 3.14)
function(vcpkg_download_distfile result)
  cmake_parse_arguments(arg "" "FILENAME;SHA512" "URLS" ${ARGN})
  file(DOWNLOAD "${arg_URLS}" "${WORK}/${arg_FILENAME}" EXPECTED_HASH SHA512=${arg_SHA512})
  set(${result} "${WORK}/${arg_FILENAME}" PARENT_SCOPE)
endfunction()
function(vcpkg_extract_source_archive result)
  cmake_parse_arguments(arg "" "ARCHIVE" "" ${ARGN})
  file(MAKE_DIRECTORY "${WORK}/tree")
  execute_process(COMMAND ${CMAKE_COMMAND} -E tar xf "${arg_ARCHIVE}" WORKING_DIRECTORY "${WORK}/tree")
  file(GLOB tree "${WORK}/tree/*")
  set(${result} "${tree}" PARENT_SCOPE)
endfunction()
function(vcpkg_install_copyright)
  cmake_parse_arguments(arg "" "" "FILE_LIST" ${ARGN})
  file(INSTALL ${arg_FILE_LIST} DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
endfunction()
function(vcpkg_execute_required_process)
  cmake_parse_arguments(arg "" "WORKING_DIRECTORY;LOGNAME" "COMMAND" ${ARGN})
  execute_process(COMMAND ${arg_COMMAND} WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()
include("${PORTFILE}")
CMAKE
  "$@" -DVCPKG_TARGET_ARCHITECTURE=x64 -DVCPKG_LIBRARY_LINKAGE="$linkage" -DTARGET_TRIPLET=x64 -DPORT=autoshares-reset \
    -DWORK="$PWD/work" -DCURRENT_BUILDTREES_DIR="$PWD/work" -DCURRENT_PACKAGES_DIR="$PWD/$linkage" \
    -DPORTFILE="$PWD/ports/vcpkg/autoshares-reset/portfile.cmake" -P vcpkg.cmake
  rm -rf build
  cleanly cmake -S "$root/packaging/ports/conan/test_package" -B build -DCMAKE_PREFIX_PATH="$PWD/$linkage"
  cleanly cmake --build build
  [ "$(cleanly build/version)" = "$VERSION" ]
}

@test "ports: vcpkg's makes a tree in which CMake finds the library, shared and static" {
  fill_ports
  vcpkg dynamic cleanly cmake
  cmp dynamic/lib/libautoshares_reset.so "$TREE/lib/libautoshares_reset.so"
  [ ! -e dynamic/lib/libautoshares_reset.a ]
  vcpkg static cleanly cmake
  [ -z "$(find static -name '*.so*')" ]
}

@test "ports: vcpkg's builds the library with the feature from-source" {
  fill_ports
  vcpkg dynamic quickly cmake -DFEATURES=from-source
  [ ! -e dynamic/lib/libautoshares_reset.a ]
  run ! cmp dynamic/lib/libautoshares_reset.so "$TREE/lib/libautoshares_reset.so"
}

# conan ARGUMENT…: Conan with an empty cache and without remotes.
conan() {
  export CONAN_HOME=$PWD/home
  if [ ! -e home ]; then
    "$root/target/conan/bin/conan" profile detect
    "$root/target/conan/bin/conan" remote disable '*'
  fi
  "$root/target/conan/bin/conan" "$@" 2>&1
}

@test "ports: Conan makes its package from the archive, shared and static" {
  fill_ports
  conan create ports/conan | tee log
  grep -x "$VERSION" log
  conan create ports/conan -o '&:shared=False' | tee log
  grep -x "$VERSION" log
  # The header needs it to refuse /MD.
  grep -rq ASR_STATIC ports/conan/test_package/build
  # This system's compiler cannot build programs for musl.
  run conan create ports/conan -o '&:musl=True' --test-folder=
  case $TARGETS in
    *-musl*) [ "$status" -eq 0 ] ;;
    *) [[ $status -ne 0 && $output == *'this release has no archive for Linux with musl on x86_64'* ]] ;;
  esac
}

@test "ports: Conan builds its package from source with an option, for the system that it runs on and no other" {
  local library
  fill_ports
  quickly conan create ports/conan -o '&:from_source=True' -o '&:shared=False' | tee log
  grep -x "$VERSION" log
  library=$(echo home/p/b/*/p/lib/libautoshares_reset.a)
  [ -e "$library" ]
  run ! cmp "$library" "$TREE/lib/libautoshares_reset.a"
  run conan create ports/conan -o '&:from_source=True' -s arch=armv8 --test-folder=
  [[ $status -ne 0 && $output == *'from_source=True builds for the system that it runs on, and no other'* ]]
}

@test "the same commit gives the same files in another folder" {
  # The files for other systems are copied from here: building for one system twice is enough.
  git clone --quiet "$root" elsewhere
  mkdir elsewhere/target collected
  ln -s "$root"/target/{tools,dist-tools,dotnet} elsewhere/target/
  cp -R "$root/target/dist-work/native/." collected/
  rm -r collected/runtimes/linux-x64 collected/*-linux-x64* collected/*manylinux*x86_64.whl collected/*_amd64.deb
  # Descriptor 3 belongs to bats.
  COLLECTED=$PWD/collected TARGETS=x86_64-unknown-linux-gnu elsewhere/scripts/dist.sh >log 2>&1 3>&- ||
    { tail -50 log; return 1; }
  diff elsewhere/target/dist/SHA256SUMS "$DIST/SHA256SUMS"
}
