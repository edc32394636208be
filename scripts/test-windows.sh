#!/usr/bin/env bash
# What a release has for Windows x64, in C under wine.
exec "$(dirname "$0")/try-platforms.sh" x86_64-pc-windows-gnu
