#!/usr/bin/env bash
# What a release has for Linux arm64 with glibc, in C and in Python under QEMU.
exec "$(dirname "$0")/try-platforms.sh" aarch64-unknown-linux-gnu
