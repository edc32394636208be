#!/usr/bin/env bash
# Runs a program of Windows under wine, which keeps its files below target/, with the DLLs that scripts/test-windows.sh
# has put into target/cross/windows/dlls: scripts/wine.sh PROGRAM [ARGUMENT…], or start, or stop.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export WINEPREFIX=$root/target/cross/wine WINEDEBUG=-all LC_ALL=${WINE_LOCALE:-C.UTF-8}
# It is to offer neither .NET nor a browser nor entries in menus.
export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=d'
dlls=$root/target/cross/windows/dlls
export WINEPATH=Z:${dlls//\//\\}
# Debian keeps them off PATH.
export PATH=$PATH:/usr/lib/wine
mkdir -p "$WINEPREFIX"
case $1 in
  start)
    # It stays for all programs to come: each would start it anew.
    wineserver -p
    exec wine64 wineboot -i
    ;;
  stop) exec wineserver -k ;;
  *) exec wine64 "$@" ;;
esac
