#!/usr/bin/env bash
# The C# suite, tests and table of cases, with the package's build for .NET 8 on the oldest .NET that is here. With the word
# `others`: on the newest .NET, with the build for .NET Standard, and on Mono in place of .NET Framework.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../../../scripts/lib.sh
. "$(dirname "$0")/../../../scripts/lib.sh"
cd "$root"

scripts/offline/dotnet.sh
# shellcheck source=/dev/null
. target/dotnet/env.sh
need_built
# Each part sets the library that it uses.
unset AUTOSHARES_RESET_LIBRARY

bin=$root/target/csharp/bin
modern=$ASR_MODERN_FRAMEWORK
failures=0
part() {
  say "$1"
  shift
  "$@" || failures=$((failures + 1))
}

say "building"
one_at_a_time csharp dotnet build -nologo -verbosity:quiet -clp:NoSummary -c Release bindings/csharp

keep_names_here
tests=$bin/AutoShares.Reset.Tests/Release

# An SDK that cannot target net8.0 has a compiler that can: the sources against the runtime's own assemblies.
# Usage: compile_for_net8 PROJECT_FOLDER TARGET OUTPUT_FOLDER [COMPILER_ARGUMENT…]
compile_for_net8() {
  local project=$1 target=$2 output=$3 name=${1##*/} runtime sdk references=() sources file
  shift 3
  runtime=$(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \([0-9.]*\) \[\(.*\)\]$/\2\/\1/p' | tail -1)
  sdk=$(dotnet --list-sdks | sed -n 's/^\([^ ]*\) \[\(.*\)\]$/\2\/\1/p' | tail -1)
  for file in "$runtime"/System*.dll "$runtime"/Microsoft.Win32*.dll "$runtime/netstandard.dll"; do references+=("-r:$file"); done
  mapfile -t sources < <(find "$root/$project" -name '*.cs')
  dotnet "$sdk/Roslyn/bincore/csc.dll" -nologo -noconfig -nostdlib "-target:$target" -nullable -langversion:8.0 -warnaserror \
    -define:NETCOREAPP,NET8_0,NET8_0_OR_GREATER -optimize -deterministic -debug:portable "-pathmap:$root/=/_/" \
    "-out:$output/$name.dll" "${references[@]}" "$@" "${sources[@]}" \
    "$root/target/csharp/obj/$name/Release/$modern/$name.AssemblyInfo.cs"
}

if [ "${1:-}" != others ]; then
  net8=$tests/net8.0
  if [ "$modern" != net8.0 ]; then
    net8=$root/target/csharp/net8/Release/$modern
    rm -rf "$net8"
    mkdir -p "${net8%/*}"
    cp -r "$tests/$modern" "$net8"
    compile_for_net8 bindings/csharp/src/AutoShares.Reset library "$net8" -unsafe "-doc:$net8/AutoShares.Reset.xml" \
      "-keyfile:$root/bindings/csharp/src/AutoShares.Reset/AutoShares.Reset.snk"
    # The old compiler misreads newer assemblies' annotations for null.
    compile_for_net8 bindings/csharp/tests/AutoShares.Reset.Tests exe "$net8" -main:AutoShares.Reset.Tests.Program \
      "-r:$net8/AutoShares.Reset.dll" -nowarn:1701,1702,8600,8604
  fi
  part "the .NET 8 build on .NET" dotnet "$net8/AutoShares.Reset.Tests.dll"
  dead_address() { python3 -B tests/c/dead_address.py "$1" || [ $? -eq 75 ]; }
  part "a dead address" dead_address "dotnet $bin/SecretQuestion/Release/$modern/SecretQuestion.dll"
else
  part "the SDK's build on the newest .NET" env DOTNET_ROLL_FORWARD=LatestMajor dotnet "$tests/$modern/AutoShares.Reset.Tests.dll"
  # A program for an older .NET gets this build, which finds newer functions by reflection.
  standard=$root/target/csharp/standard/Release/$modern
  rm -rf "$standard"
  mkdir -p "${standard%/*}"
  cp -r "$tests/$modern" "$standard"
  cp "$bin/AutoShares.Reset/Release/netstandard2.0/AutoShares.Reset".{dll,pdb} "$standard/"
  part "the .NET Standard build on .NET" dotnet "$standard/AutoShares.Reset.Tests.dll"
  # The test project looks for Mono there.
  if [ -e /usr/bin/mono ]; then part "on Mono" mono "$tests/net472/AutoShares.Reset.Tests.exe"; fi
fi

[ "$failures" -eq 0 ]
