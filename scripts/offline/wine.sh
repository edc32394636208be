#!/usr/bin/env bash
# Runs a program of Windows under wine, which keeps its files below target/: scripts/offline/wine.sh [--x86] PROGRAM [ARGUMENT…],
# or start, or stop. --x86: 32 bits. DLLs lie beside it or in target/cross/dlls/win-x64 (win-x86). WINE_PRELOAD is wine's LD_PRELOAD.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=cross.sh
. "$root/scripts/offline/cross.sh"
# shellcheck source-path=SCRIPTDIR source=../../tests/platforms/foreign-root.sh
. "$root/tests/platforms/foreign-root.sh"
rid=win-x64 cc=x86_64-w64-mingw32-gcc
if [ "$1" = --x86 ]; then
  shift
  rid=win-x86 cc=i686-w64-mingw32-gcc
fi
if [ "$1" = start ]; then
  needs wine
  if [ "$rid" = win-x86 ]; then
    needs wine-x86
    # Debian has it for i386 systems only.
    foreign_root i386 wine32 libwine
    # Its own is a link to a file without the mark of wine's DLLs, without which it is not loaded.
    cp -L --remove-destination /usr/lib/x86_64-linux-gnu/wine/i386-windows/zlib1.dll \
      "$cross/roots/i386/usr/lib/i386-linux-gnu/wine/i386-windows/"
  fi
fi

export WINEPREFIX=$cross/wine-$rid WINEDEBUG=-all LC_ALL=${WINE_LOCALE:-C.UTF-8}
# It is to offer neither .NET nor a browser nor a debugger nor entries in menus.
export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe,winedbg.exe=d'
dlls=$cross/dlls/$rid
export WINEPATH=Z:${dlls//\//\\}
case $rid in
  win-x64)
    # Debian keeps them off PATH.
    export PATH=$PATH:/usr/lib/wine
    wine=(wine64) server=wineserver
    ;;
  win-x86)
    tree=$cross/roots/i386/usr/lib
    export WINEARCH=win32 WINESERVER=$tree/wine/wineserver32 WINELOADER=$tree/wine/wine
    export LD_LIBRARY_PATH=$tree/i386-linux-gnu
    wine=("$tree/wine/wine") server=$WINESERVER
    ;;
esac
mkdir -p "$WINEPREFIX"
case $1 in
  start)
    # It stays for all programs to come: each would start it anew. One that an earlier program started would not stay.
    "$server" -k || true
    "$server" -p
    "${wine[@]}" wineboot -i
    # The function of Windows 8 that Rust gets its random numbers from, which older versions of wine lack.
    "$cc" -shared "$root/tests/c/support/bcryptprimitives.c" -Wl,--kill-at -ladvapi32 \
      -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll"
    ;;
  stop) exec "$server" -k ;;
  *)
    # 32-bit wine adds two complaints to a program's errors, which tests compare. It has no FreeType here, because with it
    # the tests of the system's proxy break off. And the program by which it logs in by NTLM has 64 bits, so that the loader
    # cannot give it WINE_PRELOAD. At a terminal they stay: no test compares errors there.
    if [ "$rid" = win-x86 ] && [ ! -t 2 ]; then
      exec 2> >(exec sed --unbuffered >&2 \
        -e '/^Wine cannot find the FreeType font library\.  To enable Wine to$/,+3d' \
        -e '/^ERROR: ld\.so: object .* cannot be preloaded (wrong ELF class: ELFCLASS32): ignored\.$/d')
    fi
    if [ -n "${WINE_PRELOAD:-}" ]; then export LD_PRELOAD=$WINE_PRELOAD; fi
    exec "${wine[@]}" "$@"
    ;;
esac
