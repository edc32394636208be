#!/usr/bin/env bats
# Programs elsewhere build with the files of `make install`, by pkg-config and by CMake, shared and static, also after
# the installed tree was moved.

# The linter cannot follow `load`, and bats runs each test in a subshell.
# shellcheck disable=SC2154,SC2030,SC2031
load support

setup_file() {
  start_emulator
  # Outside the checkout, so that nothing is found there by accident.
  export WORK=$BATS_FILE_TMPDIR PREFIX=$BATS_FILE_TMPDIR/prefix
  cp "$root"/examples/c/* "$root"/examples/cpp/*.cpp "$WORK"
  PREFIX=$PREFIX make -s -C "$root" install
}

setup() { cd "$WORK" || return; }

# with_pkg_config PREFIX shared|static: the C example, built and run.
with_pkg_config() {
  local program=$BATS_TEST_TMPDIR/program flags
  export PKG_CONFIG_PATH=$1/lib/pkgconfig LD_LIBRARY_PATH=$1/lib
  case $2 in
    shared)
      flags=$(pkg-config --cflags --libs autoshares_reset)
      ;;
    static)
      # A bare -l would take the shared library, which lies beside it.
      flags=$(pkg-config --static --cflags --libs autoshares_reset | sed 's/-lautoshares_reset/-l:libautoshares_reset.a/')
      ;;
  esac
  # shellcheck disable=SC2086
  cc -Wall -Wextra -Werror secret_question.c $flags -o "$program"
  if [ "$2" = shared ]; then
    asks_for "$program" libautoshares_reset.so.0
  else
    unset LD_LIBRARY_PATH
    if asks_for "$program" libautoshares_reset; then return 1; fi
  fi
  fetches_the_question "$program"
}

# with_cmake PREFIX VERSION: both targets, in C, and the C++ header.
with_cmake() {
  cat >CMakeLists.txt <<CMAKE
cmake_minimum_required(VERSION 3.13)
project(example C CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(autoshares_reset $2 CONFIG REQUIRED)
add_executable(shared secret_question.c)
target_link_libraries(shared PRIVATE autoshares_reset::autoshares_reset)
add_executable(static secret_question.c)
target_link_libraries(static PRIVATE autoshares_reset::static)
add_executable(cpp secret_question.cpp)
target_link_libraries(cpp PRIVATE autoshares_reset::autoshares_reset)
CMAKE
  local build=$BATS_TEST_TMPDIR/build
  cmake -S . -B "$build" -DCMAKE_PREFIX_PATH="$1" &&
    cmake --build "$build" &&
    asks_for "$build/shared" libautoshares_reset.so.0 &&
    ! asks_for "$build/static" libautoshares_reset &&
    fetches_the_question "$build/shared" &&
    fetches_the_question "$build/static" &&
    fetches_the_question "$build/cpp"
}

@test "the tree holds what it should, and nothing else" {
  cd "$PREFIX"
  version=$(cargo_field version)
  # The man page is there if `make docs` was run.
  find . ! -type d ! -path './share/man/*' | LC_ALL=C sort >"$BATS_TEST_TMPDIR/tree"
  diff - "$BATS_TEST_TMPDIR/tree" <<TREE
./include/autoshares_reset.h
./include/autoshares_reset.hpp
./lib/libautoshares_reset.a
./lib/libautoshares_reset.so
./lib/libautoshares_reset.so.${version%%.*}
./lib/libautoshares_reset.so.$version
./lib/pkgconfig/autoshares_reset.pc
./share/cmake/autoshares_reset/autoshares_reset-config-version.cmake
./share/cmake/autoshares_reset/autoshares_reset-config.cmake
./share/doc/autoshares_reset/CHANGELOG.md
./share/doc/autoshares_reset/LICENSE-APACHE
./share/doc/autoshares_reset/LICENSE-MIT
./share/doc/autoshares_reset/README.md
./share/doc/autoshares_reset/SECURITY.md
./share/doc/autoshares_reset/docs/dialogs.png
./share/doc/autoshares_reset/docs/emulator.md
./share/doc/autoshares_reset/docs/platforms.md
./share/doc/autoshares_reset/docs/recipes.md
$(cd "$root" && find examples/c examples/cpp examples/dialogs -type f -printf './share/doc/autoshares_reset/%p\n' | LC_ALL=C sort)
TREE
}

@test "the README's links lead to what is installed, or are said to be in the source tree" {
  cd "$PREFIX/share/doc/autoshares_reset"
  while read -r link; do
    [ -e "${link%%#*}" ] || grep -F "($link) in the source tree" README.md
  done < <(grep -o '](\([^)]*\))' README.md | sed 's/^](//; s/)$//' | grep -v '^https\?:')
}

@test "the links lead to the library by its SONAME" {
  version=$(cargo_field version)
  soname=libautoshares_reset.so.${version%%.*}
  [ "$(readlink "$PREFIX/lib/libautoshares_reset.so")" = "libautoshares_reset.so.$version" ]
  [ "$(readlink "$PREFIX/lib/$soname")" = "libautoshares_reset.so.$version" ]
  readelf -d "$PREFIX/lib/libautoshares_reset.so" | grep -q "SONAME.*\[$soname\]"
}

@test "pkg-config knows the version" {
  [ "$(PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig pkg-config --modversion autoshares_reset)" = "$(cargo_field version)" ]
}

@test "a C program built by pkg-config uses the shared library" {
  with_pkg_config "$PREFIX" shared
}

@test "a C program built by pkg-config --static holds the library" {
  with_pkg_config "$PREFIX" static
}

@test "C and C++ programs built by CMake use the shared and the static library" {
  with_cmake "$PREFIX" "$(cargo_field version)"
}

@test "CMake tells the header which units are for the static library" {
  printf '#include <autoshares_reset.h>\n#ifndef ASR_STATIC\nint main(void) { return 0; }\n#endif\n' >without.c
  printf '#include <autoshares_reset.h>\n#ifdef ASR_STATIC\nint main(void) { return 0; }\n#endif\n' >with.c
  cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.13)
project(example C)
find_package(autoshares_reset CONFIG REQUIRED)
add_executable(shared without.c)
target_link_libraries(shared PRIVATE autoshares_reset::autoshares_reset)
add_executable(static with.c)
target_link_libraries(static PRIVATE autoshares_reset::static)
CMAKE
  cmake -S . -B "$BATS_TEST_TMPDIR/build" -DCMAKE_PREFIX_PATH="$PREFIX"
  cmake --build "$BATS_TEST_TMPDIR/build"
}

@test "CMake accepts a request for an older minor version, and refuses a newer one and another major" {
  IFS=. read -r major minor _ <<<"$(cargo_field version)"
  find() {
    printf 'cmake_minimum_required(VERSION 3.13)\nproject(p C)\nfind_package(autoshares_reset %s CONFIG REQUIRED)\n' "$1" \
      >"$BATS_TEST_TMPDIR/CMakeLists.txt"
    rm -rf "$BATS_TEST_TMPDIR/build"
    cmake -S "$BATS_TEST_TMPDIR" -B "$BATS_TEST_TMPDIR/build" -DCMAKE_PREFIX_PATH="$PREFIX" 2>&1
  }
  find "$major.0"
  run find "$major.$((minor + 1))"
  [ "$status" -ne 0 ]
  [[ "$output" == *"$major.$minor."* ]]
  run find "$((major + 1)).0"
  [ "$status" -ne 0 ]
}

@test "a moved tree serves as before" {
  moved="$BATS_TEST_TMPDIR/moved elsewhere"
  cp -a "$PREFIX" "$moved"
  # A shell splits a path with a blank that pkg-config prints; CMake does not.
  with_cmake "$moved" ''
  mv "$moved" "$BATS_TEST_TMPDIR/moved"
  # No file may name the old place.
  if grep -rF "$PREFIX" "$BATS_TEST_TMPDIR/moved"; then false; fi
  with_pkg_config "$BATS_TEST_TMPDIR/moved" shared
  with_pkg_config "$BATS_TEST_TMPDIR/moved" static
}

@test "DESTDIR and a LIBDIR of the distribution's kind are honoured" {
  stage=$BATS_TEST_TMPDIR/stage
  arch=$(cc -print-multiarch)
  make -s -C "$root" install PREFIX=/usr LIBDIR="/usr/lib/$arch" DESTDIR="$stage"
  [ -e "$stage/usr/lib/$arch/libautoshares_reset.so.0" ]
  if grep -rF "$stage" "$stage"; then false; fi
  PKG_CONFIG_PATH=$stage/usr/lib/$arch/pkgconfig
  export PKG_CONFIG_PATH
  [ "$(realpath "$(pkg-config --variable=includedir autoshares_reset)")" = "$stage/usr/include" ]
  [ "$(realpath "$(pkg-config --variable=libdir autoshares_reset)")" = "$stage/usr/lib/$arch" ]
  LD_LIBRARY_PATH=$stage/usr/lib/$arch with_cmake "$stage/usr" ''
}

@test "CMake finds the library in an unusual LIBDIR, also after the tree was moved" {
  make -s -C "$root" install PREFIX="$BATS_TEST_TMPDIR/p" LIBDIR="$BATS_TEST_TMPDIR/p/lib/custom"
  mv "$BATS_TEST_TMPDIR/p" "$BATS_TEST_TMPDIR/moved"
  with_cmake "$BATS_TEST_TMPDIR/moved" ''
}

@test "a LIBDIR outside the prefix is named as it is" {
  make -s -C "$root" install PREFIX="$BATS_TEST_TMPDIR/p" LIBDIR="$BATS_TEST_TMPDIR/l"
  export PKG_CONFIG_PATH=$BATS_TEST_TMPDIR/l/pkgconfig LD_LIBRARY_PATH=$BATS_TEST_TMPDIR/l
  # shellcheck disable=SC2046
  cc secret_question.c $(pkg-config --cflags --libs autoshares_reset) -o "$BATS_TEST_TMPDIR/program"
  fetches_the_question "$BATS_TEST_TMPDIR/program"
  with_cmake "$BATS_TEST_TMPDIR/p" ''
}

@test "CMake installs the library itself with a program, not a link to it" {
  cat >CMakeLists.txt <<CMAKE
cmake_minimum_required(VERSION 3.21)
project(example C)
find_package(autoshares_reset CONFIG REQUIRED)
add_executable(program secret_question.c)
target_link_libraries(program PRIVATE autoshares_reset::autoshares_reset)
set_target_properties(program PROPERTIES INSTALL_RPATH "\$ORIGIN/../lib")
install(TARGETS program)
install(IMPORTED_RUNTIME_ARTIFACTS autoshares_reset::autoshares_reset LIBRARY DESTINATION lib)
CMAKE
  cd "$BATS_TEST_TMPDIR"
  cmake -S "$WORK" -B build -DCMAKE_PREFIX_PATH="$PREFIX"
  cmake --build build
  cmake --install build --prefix "$PWD/bundle"
  # The loader can find only the bundle's library.
  fetches_the_question env -u LD_LIBRARY_PATH bundle/bin/program
}

@test "a static program links with pkg-config's flags" {
  # shellcheck disable=SC2046
  cc -static secret_question.c \
    $(PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig pkg-config --static --cflags --libs autoshares_reset) -o "$BATS_TEST_TMPDIR/program"
  if asks_for "$BATS_TEST_TMPDIR/program" .; then false; fi
  fetches_the_question "$BATS_TEST_TMPDIR/program"
  printf 'cmake_minimum_required(VERSION 3.13)\nproject(p C)\nfind_package(autoshares_reset CONFIG REQUIRED)\n%s\n%s\n' \
    'add_executable(p secret_question.c)' 'target_link_libraries(p PRIVATE -static autoshares_reset::static)' >CMakeLists.txt
  cmake -S . -B "$BATS_TEST_TMPDIR/build" -DCMAKE_PREFIX_PATH="$PREFIX"
  cmake --build "$BATS_TEST_TMPDIR/build"
  fetches_the_question "$BATS_TEST_TMPDIR/build/p"
}

@test "a relative PREFIX or LIBDIR is refused" {
  run make -s -C "$root" install PREFIX=relative
  [ "$status" -ne 0 ]
  [[ "$output" == *"must begin with a slash: relative"* ]]
  run make -s -C "$root" install LIBDIR=relative DESTDIR="$BATS_TEST_TMPDIR"
  [ "$status" -ne 0 ]
  [ ! -e "$root/relative" ]
}

@test "uninstall removes the files and folders that install made, and no others" {
  make -s -C "$root" install PREFIX="$BATS_TEST_TMPDIR/gone"
  make -s -C "$root" uninstall PREFIX="$BATS_TEST_TMPDIR/gone"
  [ ! -e "$BATS_TEST_TMPDIR/gone" ]
  prefix=$BATS_TEST_TMPDIR/prefix
  make -s -C "$root" install PREFIX="$prefix"
  # A page that `make docs` made earlier, and one of another package.
  mkdir -p "$prefix/share/man/man3"
  echo '.B #include <autoshares_reset.h>' >"$prefix/share/man/man3/asr_of_then.3"
  touch "$prefix/lib/other.so" "$prefix/share/man/man3/asr_other.3"
  make -s -C "$root" uninstall PREFIX="$prefix"
  diff - <(cd "$prefix" && find . ! -type d | LC_ALL=C sort) <<'OTHERS'
./lib/other.so
./share/man/man3/asr_other.3
OTHERS
}
