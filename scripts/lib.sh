#!/usr/bin/env bash
# Shared by the scripts: words on the terminal, installing what is missing, skipping loudly.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# In CI nothing is skipped: what is missing there is a failure.
skip_or_fail() {
  if [ "${CI:-}" = true ]; then die "$* (nothing is skipped in CI)"; fi
  printf '\033[1;33m!!! SKIPPED: %s\033[0m\n' "$*" >&2
}

# Installs the Debian packages that are missing; asks for nothing, touches nothing that is there.
apt_need() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "these packages are needed: ${missing[*]} (no apt-get here: install them your system's way)"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || die "run this once, then try again: sudo apt-get install -y ${missing[*]}"
    as_root=(sudo -n)
  fi
  say "installing ${missing[*]}"
  # A fresh machine has no package lists; an old one has stale ones.
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}
