# Common functions of the shell tests.
# shellcheck shell=bash

# shellcheck source-path=SCRIPTDIR source=../../scripts/lib.sh
. "$BATS_TEST_DIRNAME/../../scripts/lib.sh"

# The question of the emulator's first user.
export QUESTION='What street did you live on in third grade?'

# fetches_the_question COMMAND…: the command prints the question, and nothing else.
fetches_the_question() {
  local printed
  printed=$("$@" hello@autoshares.com)
  [ "$printed" = "$QUESTION" ] || { printf 'printed: %s\n' "$printed"; return 1; }
}

# make_dist: makes the files of a release for two systems; those for the others are made in the same way.
make_dist() {
  export TARGETS=${TARGETS:-x86_64-unknown-linux-gnu x86_64-pc-windows-gnu}
  # Descriptor 3 belongs to bats.
  "$root/scripts/dist.sh" 3>&-
}

# asks_for PROGRAM NAME: true if the program is linked against the library.
asks_for() { readelf -d "$1" | grep NEEDED | grep -q "$2"; }

# extract_blocks FILE: its code blocks, for `block`.
extract_blocks() {
  mkdir -p "$BLOCKS/${1##*/}"
  awk -v folder="$BLOCKS/${1##*/}" -f "$root/tests/packaging/code-blocks.awk" "$root/$1"
}

# Starts the emulator and extracts the documents' code blocks, for the four functions below.
start_with_blocks() {
  start_emulator --https --ca-file "$BATS_FILE_TMPDIR/ca.pem" --expired-password robert.zak
  export RELEASE=$root/target/release BLOCKS=$BATS_FILE_TMPDIR
  export LD_LIBRARY_PATH=$RELEASE AUTOSHARES_RESET_LIBRARY=$RELEASE/libautoshares_reset.so
  local file
  for file in README.md docs/recipes.md include/autoshares_reset.h include/autoshares_reset.hpp; do extract_blocks "$file"; done
}

# block FILE PATTERN: the only block whose name matches.
block() {
  local found
  mapfile -t found < <(find "$BLOCKS/$1" -name "$2" -size +0)
  if [ ${#found[@]} -ne 1 ]; then
    echo "${#found[@]} blocks $2 in $1: ${found[*]}" >&2
    return 1
  fi
  printf '%s' "${found[0]}"
}

# compiled COMPILER… SOURCE…: compiles $BATS_TEST_TMPDIR/program without a warning.
compiled() {
  "$@" -Wall -Wextra -Werror -Iinclude -L"$RELEASE" -lautoshares_reset -pthread -o "$BATS_TEST_TMPDIR/program"
}

prints() {
  local expected=$1
  shift
  [ "$("$@")" = "$expected" ]
}
