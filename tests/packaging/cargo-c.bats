#!/usr/bin/env bats
# `cargo cinstall` and `make install` install the same files.

# The linter cannot follow `load`, and bats runs each test in a subshell.
# shellcheck disable=SC2154,SC2030,SC2031
load support

setup_file() {
  cargo_tool cargo-c 0.10.24+cargo-0.98.0
  start_emulator
  export WORK=$BATS_FILE_TMPDIR MADE=$BATS_FILE_TMPDIR/made CARGO=$BATS_FILE_TMPDIR/cargo
  PREFIX=$MADE make -s -C "$root" install
  cd "$root" || return
  # Unoptimised, because only the tree is compared.
  CARGO_TARGET_DIR=$root/target/cargo-c CARGO_PROFILE_DEV_DEBUG=0 \
    cargo cinstall --locked --debug --prefix "$CARGO" --libdir "$CARGO/lib"
}

# Manual pages are there if `make docs` was run; cargo-c does not know of them.
tree() { (cd "$1" && find . ! -type d ! -path './share/man/*' -printf '%p -> %l\n' | LC_ALL=C sort); }

dynamic() { readelf -d "$1/lib/libautoshares_reset.so" | grep -E "$2"; }

package_config() {
  local prefix=$1
  shift
  # Our .pc file locates itself by its folder, cargo-c's by its full path; and ours leaves the unwinder to the
  # driver of the linker.
  PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config "$@" autoshares_reset |
    sed "s|$prefix/lib/pkgconfig/\.\./\.\.|$prefix|g; s|$prefix|PREFIX|g; s| -lgcc_s||"
}

@test "the same files and links are there" {
  diff <(tree "$MADE") <(tree "$CARGO")
  [ "$(tree "$CARGO" | wc -l)" -gt 10 ]
}

@test "all files but the libraries and pkg-config's are the same" {
  diff -r --exclude='libautoshares_reset.*' --exclude='*.pc' --exclude=man "$MADE" "$CARGO"
}

@test "the shared libraries have the same name and the same functions, and both stay when loaded" {
  diff <(dynamic "$MADE" SONAME) <(dynamic "$CARGO" SONAME)
  dynamic "$CARGO" FLAGS_1 | grep NODELETE
  # Our symbols have versions, which cargo-c cannot add.
  functions() { nm -D --defined-only "$1/lib/libautoshares_reset.so" | sed 's/^[0-9a-f]* //; s/@.*//'; }
  diff <(functions "$MADE") <(functions "$CARGO")
  functions "$CARGO" | grep -q asr_secret_question
}

@test "pkg-config gives the same flags for both, shared and static" {
  local question
  for question in --modversion --cflags --libs '--static --libs' --variable=includedir --variable=libdir; do
    # shellcheck disable=SC2086
    diff <(package_config "$MADE" $question) <(package_config "$CARGO" $question)
  done
  package_config "$CARGO" --static --libs | grep -q -- '-lautoshares_reset.*-lpthread'
}

@test "C programs built by CMake against cargo-c's tree run, shared and static" {
  cat >"$WORK/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.13)
project(example C)
find_package(autoshares_reset $(cargo_field version) CONFIG REQUIRED)
add_executable(shared $root/examples/c/secret_question.c)
target_link_libraries(shared PRIVATE autoshares_reset::autoshares_reset)
add_executable(static $root/examples/c/secret_question.c)
target_link_libraries(static PRIVATE autoshares_reset::static)
CMAKE
  cmake -S "$WORK" -B "$WORK/build" -DCMAKE_PREFIX_PATH="$CARGO"
  cmake --build "$WORK/build"
  asks_for "$WORK/build/shared" libautoshares_reset.so.0
  if asks_for "$WORK/build/static" libautoshares_reset; then return 1; fi
  fetches_the_question "$WORK/build/shared"
  fetches_the_question "$WORK/build/static"
}
