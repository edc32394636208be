#!/usr/bin/env bash
# Makes each system call of the library fail in turn, in every possible way: no call crashes, hangs, leaks a descriptor,
# or reports another outcome than the service's.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=c-suites.sh
. "$root/scripts/c-suites.sh"
cd "$root"
scripts/setup-c.sh
[ -e target/release/libautoshares_reset.so ] || scripts/build.sh

program=$root/target/tests/c/injection
make -s -C tests/c OUT="${program%/*}" "$program"

calls='socket|connect|p?poll|p?select|epoll.*|send.*|recv.*|p?readv?|p?writev?|getaddrinfo|pthread_create'
calls+='|open.*|fopen.*|fcntl.*|ioctl|[gs]etsockopt'
lets_nothing_past() {
  comm -23 <(nm -D --undefined-only target/release/libautoshares_reset.so | sed -E 's/^ *. //; s/@.*//' | grep -xE "$calls" | sort) \
    <(nm -D --defined-only "$program" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort) | (! grep .)
}
check "every system call that the library makes can be made to fail" lets_nothing_past
counted python3 -B tests/c/injection.py "$program"
close_count
