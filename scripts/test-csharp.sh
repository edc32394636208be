#!/usr/bin/env bash
# The C# suite: tests and table of cases on .NET and on Mono, then the package, used by a program outside the checkout.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=emulator.sh
. "$root/scripts/emulator.sh"
cd "$root"

scripts/setup-csharp.sh
[ -e target/dotnet/env.sh ] || exit 0
# shellcheck source=/dev/null
. target/dotnet/env.sh
need_cc
for built in libautoshares_reset.so autoshares-emulator autoshares-case-server; do
  [ -e "target/release/$built" ] || die "target/release/$built is missing: run make build first"
done
# Each part says itself which library it uses.
unset AUTOSHARES_RESET_LIBRARY

bin=$root/target/csharp/bin
modern=net8.0
sdk=$(dotnet --version)
if [ "${sdk%%.*}" -lt 8 ]; then modern=netcoreapp3.1; fi
failures=0
part() {
  say "$1"
  shift
  "$@" || failures=$((failures + 1))
}

say "building"
for project in bindings/csharp/tests/AutoShares.Reset.Tests examples/csharp/SecretQuestion examples/csharp/Wizard; do
  dotnet build -nologo -verbosity:quiet -clp:NoSummary -c Release "$project"
done

keep_names_here
tests=$bin/AutoShares.Reset.Tests/Release
part "on .NET" dotnet "$tests/$modern/AutoShares.Reset.Tests.dll"
part "the table of cases on .NET" dotnet "$tests/$modern/AutoShares.Reset.Tests.dll" --conformance

# What a program for an older .NET gets: the build for .NET Standard, which finds its way by reflection.
standard=$root/target/csharp/standard/Release/$modern
rm -rf "$standard"
mkdir -p "${standard%/*}"
cp -r "$tests/$modern" "$standard"
cp "$bin/AutoShares.Reset/Release/netstandard2.0/AutoShares.Reset".{dll,pdb} "$standard/"
part "the .NET Standard build on .NET" dotnet "$standard/AutoShares.Reset.Tests.dll"

if command -v mono >/dev/null; then
  part "on Mono" mono "$tests/net472/AutoShares.Reset.Tests.exe"
  part "the table of cases on Mono" mono "$tests/net472/AutoShares.Reset.Tests.exe" --conformance
fi

part "the package" scripts/test-csharp-package.sh "$modern"
[ "$failures" -eq 0 ]
