#!/usr/bin/env bash
# Installs the missing Debian packages of scripts/needs.txt: scripts/setup.sh [NAME…] takes names of suites, sets and commands;
# without a name it installs all.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

wanted=build
for name in "${@:-everything}"; do
  case $name in
    everything) wanted+=" $(sed -n 's/^\([a-z][a-z0-9-]*\) .*/\1/p' scripts/needs.txt)" ;;
    quick | all | hardening | release | platforms) wanted+=" $(scripts/test.sh --list "$name")" ;;
    *) wanted+=" $name" ;;
  esac
done
# shellcheck disable=SC2086
listed=$(entries $wanted)
missing=$(lacking <<<"$listed")
optional=$(sed -n 's/^?//p' <<<"$listed" | lacking)
[ -n "$missing$optional" ] || exit 0
if ! command -v apt-get >/dev/null; then
  [ -z "$missing" ] || die "missing: $missing; there is no apt-get here, so install them with this system's package manager"
  exit 0
fi

as_root='env'
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || die "run this once, then try again: sudo apt-get install -y $missing $optional"
  as_root='sudo -n env'
fi
apt() { $as_root DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >/dev/null; }
install_missing() {
  local package available=''
  # The optional ones have other names, or none, in other releases of Debian and Ubuntu.
  for package in $optional; do
    if apt-cache show "$package" >/dev/null 2>&1; then available+=" $package"; fi
  done
  [ -n "$missing$available" ] || return 0
  say "installing $missing $available"
  # shellcheck disable=SC2086
  apt install -y --no-install-recommends $missing $available
}
# A fresh machine has no package lists; an old one has stale ones.
install() {
  if compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null && install_missing; then return; fi
  apt update
  install_missing
}
one_at_a_time apt install
