#!/usr/bin/env bash
# The suites in C and C++ under valgrind's memcheck: any error fails, and so does memory that is there at the end, but
# for what tests/c/valgrind.supp names and explains.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"
scripts/setup-c.sh
with_servers "$0"

# The shipped library is stripped. A build with symbols gives readable reports, and suppressions for single functions.
cargo rustc --locked --quiet --lib --crate-type cdylib
ln -sf libautoshares_reset.so target/debug/libautoshares_reset.so.0
export LD_LIBRARY_PATH=$root/target/debug

# Everything takes its time under valgrind.
export TEST_SLOWNESS=30
export VALGRIND_OPTS="--quiet --error-exitcode=99 --num-callers=30 --fair-sched=yes --suppressions=$root/tests/c/valgrind.supp"
leaks=(valgrind --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all)

c=$root/target/tests/c cpp=$root/target/tests/cpp-g++-c++20
make -s -C tests/c OUT="$c"
make -s -C tests/cpp CXX=g++ STD=c++20 OUT="$cpp"
for test in $(make -s -C tests/c list); do
  case $test in
    # A forked child has what only its parent's threads knew of, and leaves the inherited client's locks alone.
    fork_test) counted valgrind "$c/$test" ;;
    *) counted "${leaks[@]}" "$c/$test" ;;
  esac
done
counted "${leaks[@]}" "$c/conformance" tests/cases.json
for test in $(make -s -C tests/cpp list); do
  # One test replaces operator delete, as memcheck does itself.
  counted "${leaks[@]}" "$cpp/$test" -tce='no freed copy*'
done
close_count
