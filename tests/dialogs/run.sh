#!/usr/bin/env bash
# Builds each dialog of examples/dialogs/ by the command at the top of its file, drives it in a real window against the
# emulator, and leaves pictures in target/dialogs/. With names of dialogs as arguments, only those.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib.sh
. "$(dirname "$0")/../../scripts/lib.sh"
cd "$root"

work=$root/target/dialogs-work
pictures=$root/target/dialogs
examples=$work/prefix/share/doc/autoshares_reset/examples/dialogs

# drive NAME TABS_TO_BACK [SETTING=VALUE_AT_200_PERCENT…] -- COMMAND…
drive() { timeout 250 python3 -B tests/dialogs/dialogs.py "$1" "$pictures" "$AUTOSHARES_BASE_URL" "${@:2}"; }

# The accessibility bus for screen readers, a separate one that ends with this script.
read_aloud() {
  install -d -m 700 "$work/runtime"
  # shellcheck disable=SC2016 # The inner shell expands it.
  XDG_RUNTIME_DIR=$work/runtime timeout 120 dbus-run-session -- bash -c '/usr/libexec/at-spi-bus-launcher --launch-immediately &
    status=0; "$@" || status=$?; kill $!; exit $status' bash \
    /usr/bin/python3 -B tests/dialogs/accessible.py "$1" "$AUTOSHARES_BASE_URL" -- "$2" 2> >(grep -v -e dbus-daemon -e SpiRegistry >&2)
}

dialog_qt() {
  export QT_QPA_PLATFORM=xcb
  drive qt 2 QT_SCALE_FACTOR=2 -- "$examples/qt"
  QT_LINUX_ACCESSIBILITY_ALWAYS_ON=1 read_aloud qt "$examples/qt"
}
dialog_gtk() {
  export GDK_BACKEND=x11 GSK_RENDERER=cairo
  # Without a bus: GTK would start one and leave it behind.
  DBUS_SESSION_BUS_ADDRESS=disabled: GTK_A11Y=none drive gtk 1 GDK_SCALE=2 -- "$examples/gtk"
  read_aloud gtk "$examples/gtk"
}
dialog_tk() { PYTHONPATH=bindings/python/src drive tk 2 "DISPLAY=$dense" -- /usr/bin/python3 "$examples/tk.py"; }

dialog_winforms() { drive winforms 2 -- mono "$work/winforms/WinForms.exe"; }
dialog_win32() { drive win32 2 DPI=192 -- "$0" --wine "$examples/win32.exe"; }

# start_display DPI: its name is then in $display.
start_display() {
  local number
  exec {screen}< <(exec Xvfb -displayfd 1 -screen 0 1600x1200x24 -dpi "$1" -nolisten tcp -noreset 2>/dev/null)
  started+=($!)
  read -r number <&"$screen"
  display=:$number
  DISPLAY=$display openbox >/dev/null 2>&1 &
  started+=($!)
}

# Configures wine for a program at this DPI.
if [ "${1:-}" = --wine ]; then
  scripts/offline/wine.sh stop 2>/dev/null || true
  scripts/offline/wine.sh reg add 'HKCU\Control Panel\Desktop' /v LogPixels /t REG_DWORD /d "${DPI:-96}" /f >/dev/null
  WINE_LOCALE=$LC_ALL exec scripts/offline/wine.sh "$2"
fi

# Runs in a network with loopback only: windows, the emulator, the driver.
if [ "${1:-}" = --inside ]; then
  shift
  started=()
  trap 'kill "${started[@]}" 2>/dev/null || true' EXIT
  start_display 192
  dense=$display
  start_display 96
  export DISPLAY=$display dense LC_ALL=C.UTF-8 OMP_THREAD_LIMIT=1 LOCPATH=$work/locales
  export LD_LIBRARY_PATH=$work/prefix/lib
  passed=0 failed=0
  for name in "$@"; do
    say "$name"
    # Each dialog gets a fresh emulator, with the initial users.
    log=$work/$name.log
    (start_emulator --expired-password robert.zak && "dialog_$name") 2>&1 | tee "$log" | sed -u '/^[0-9]* passed, [0-9]* failed$/d' || true
    # A part without a count was broken off.
    parts=1
    case $name in qt | gtk) parts=2 ;; esac
    read -r good bad < <(awk -v missing=$parts '/^[0-9]+ passed, [0-9]+ failed$/ { good += $1; bad += $3; missing-- }
      END { print good + 0, bad + missing }' "$log")
    passed=$((passed + good)) failed=$((failed + bad))
  done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
fi

need_rust
[ $# -gt 0 ] || set -- qt gtk tk winforms win32
needs dialogs
if [ ! -e target/release/libautoshares_reset.so ] || [ ! -x target/release/autoshares-emulator ]; then scripts/build.sh; fi

rm -rf "$work" "$pictures"
mkdir -p "$work/locales"
localedef -i de_DE -f UTF-8 "$work/locales/de_DE.UTF-8"
cp -R /usr/lib/locale/C.utf8 "$work/locales/"
# The unpacked release, as a user has it.
DESTDIR=$work PREFIX=/prefix LIBDIR=/prefix/lib scripts/install.sh
# compile FILE PKG_CONFIG_PATH: with the command at the top of the file.
compile() {
  local command
  command=$(sed -n 's/^[ /*]*\([a-z0-9+_-]* .*pkg-config.*\)/\1/p' "$examples/$1")
  say "$command"
  (cd "$examples" && PKG_CONFIG_PATH=$2 bash -euc "${command/ -/ -Wall -Wextra -Werror -}")
}
for name in "$@"; do
  case $name in
    qt) compile qt.cpp "$work/prefix/lib/pkgconfig" ;;
    gtk) compile gtk.c "$work/prefix/lib/pkgconfig" ;;
  esac
done

if [[ " $* " = *' winforms '* ]]; then
  scripts/offline/dotnet.sh
  mkdir "$work/winforms"
  (
    # shellcheck source=/dev/null
    . target/dotnet/env.sh
    one_at_a_time csharp dotnet build -nologo -verbosity:quiet -clp:NoSummary -c Release -f netstandard2.0 bindings/csharp/src/AutoShares.Reset
    cp "$examples"/*.cs target/csharp/bin/AutoShares.Reset/Release/netstandard2.0/AutoShares.Reset.dll target/release/libautoshares_reset.so \
      target/dotnet/mono/Facades/netstandard.dll "$work/winforms/"
    cd "$work/winforms"
    compiler=$(dotnet --list-sdks | sed -n 's/^\([^ ]*\) \[\(.*\)\]$/\2\/\1/p' | tail -1)/Roslyn/bincore/csc.dll
    framework=$root/target/dotnet/mono/reference/.NETFramework/v4.7.2
    # A compiler with .NET Framework references these by default.
    # shellcheck disable=SC2317 # The command calls it.
    csc() {
      dotnet "$compiler" -nologo -noconfig -nostdlib -warnaserror "-lib:$framework" -r:mscorlib.dll -r:System.dll -r:System.Core.dll \
        -r:System.Drawing.dll -r:System.Windows.Forms.dll "$@"
    }
    command=$(sed -n 's/^\/\/ *\(csc .*\)/\1/p' WinForms.cs)
    say "$command"
    eval "$command"
  )
fi

if [[ " $* " = *' win32 '* ]]; then
  scripts/native.sh x86_64-pc-windows-gnu >/dev/null
  name=autoshares-reset-$(cargo_field version)-win-x64
  python3 -m zipfile -e "target/native/$name.zip" "$work"
  cp "$work/$name/bin/autoshares_reset.dll" "$examples/"
  compile win32.c "$work/$name/lib/pkgconfig"
  DISPLAY='' scripts/offline/wine.sh start >"$work/wine.log" 2>&1 || die "wine does not start: $(cat "$work/wine.log")"
  trap 'scripts/offline/wine.sh reg delete "HKCU\Control Panel\Desktop" /v LogPixels /f >/dev/null 2>&1; scripts/offline/wine.sh stop' EXIT
fi
in_private_network "$0" --inside "$@"
