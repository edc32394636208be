# What the files of shell tests here have in common.
# shellcheck shell=bash

# shellcheck source-path=SCRIPTDIR source=../../scripts/lib.sh
. "$BATS_TEST_DIRNAME/../../scripts/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../../scripts/emulator.sh
. "$root/scripts/emulator.sh"

# What the emulator says of its first user.
export QUESTION='What street did you live on in third grade?'

# fetches_the_question COMMAND…: the command prints the question, and nothing else.
fetches_the_question() {
  local printed
  printed=$("$@" hello@autoshares.com)
  [ "$printed" = "$QUESTION" ] || { printf 'printed: %s\n' "$printed"; return 1; }
}

# needs PROGRAM NAME: whether the program asks the loader for the library.
needs() { readelf -d "$1" | grep NEEDED | grep -q "$2"; }
