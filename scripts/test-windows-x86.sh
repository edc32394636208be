#!/usr/bin/env bash
# What a release has for 32-bit Windows, in C under wine.
exec "$(dirname "$0")/try-platforms.sh" i686-pc-windows-gnu
