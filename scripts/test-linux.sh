#!/usr/bin/env bash
# What a release has for Linux x64, with glibc and with musl, in C.
exec "$(dirname "$0")/try-platforms.sh" x86_64-unknown-linux-gnu x86_64-unknown-linux-musl
