#!/usr/bin/env bash
# Packs AutoShares.Reset and uses the package as a stranger does. Usage: test-csharp-package.sh MODERN_FRAMEWORK
# Called by test-csharp.sh, which has put dotnet on PATH.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=emulator.sh
. "$root/scripts/emulator.sh"
cd "$root"

modern=$1
source=$root/bindings/csharp/src/AutoShares.Reset
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Nothing of an earlier run may be restored from a cache.
export NUGET_PACKAGES=$scratch/cache
quiet=(-nologo -verbosity:quiet -warnaserror)
version=$(cargo_field version)
# The mark of a package that an old SDK made.
if [ "$modern" != net8.0 ]; then version+=-test; fi
package=$scratch/feed/AutoShares.Reset.$version.nupkg
passed=0 failed=0

# In a subshell that stops at the first failure: bash would not stop inside an `if`.
check() {
  local name=$1 status=0
  shift
  set +e
  (
    set -e
    "$@"
  ) >"$scratch/log" 2>&1
  status=$?
  set -e
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok $name"
  else
    failed=$((failed + 1))
    echo "FAILED $name:"
    cat "$scratch/log"
  fi
}

equal() { [ "$1" = "$2" ] || { printf 'expected:\n%s\ngot:\n%s\n' "$1" "$2"; return 1; }; }

pack() {
  local to=$1
  shift
  dotnet pack "${quiet[@]}" -c Release "$source" -p:PackageOutputPath="$to" "$@"
}

packs_without_warnings() {
  pack "$scratch/feed" >"$scratch/pack.log" || { cat "$scratch/pack.log"; return 1; }
  equal '' "$(grep -i warning "$scratch/pack.log" | grep -v ' 0 Warning(s)')"
  equal "$(printf '%s\n' "${package##*/}" "AutoShares.Reset.$version.snupkg")" "$(ls "$scratch/feed")"
}

entries() { unzip -Z1 "$1" | grep -v -e '^_rels/' -e '^package/' -e '^\[Content' | LC_ALL=C sort; }

holds_what_it_should() {
  equal "$(printf '%s\n' AutoShares.Reset.nuspec LICENSE-APACHE LICENSE-MIT README.md \
    build/net472/AutoShares.Reset.targets buildTransitive/net472/AutoShares.Reset.targets \
    "lib/$modern/AutoShares.Reset.dll" "lib/$modern/AutoShares.Reset.xml" \
    lib/netstandard2.0/AutoShares.Reset.dll lib/netstandard2.0/AutoShares.Reset.xml \
    runtimes/linux-x64/native/libautoshares_reset.so | LC_ALL=C sort)" "$(entries "$package")"
  unzip -p "$package" runtimes/linux-x64/native/libautoshares_reset.so | cmp - target/release/libautoshares_reset.so
}

tells_no_path_of_this_machine() { equal 0 "$(unzip -p "$package" 'lib/*.dll' | grep -acF "$root")"; }

# A release packs what other machines have built.
packs_every_system() {
  local rid
  for rid in linux-x64 win-x64 win-x86; do
    mkdir -p "$scratch/natives/$rid/native"
    echo "$rid" >"$scratch/natives/$rid/native/library"
  done
  pack "$scratch/all" -p:NativeRoot="$scratch/natives"
  equal "$(printf 'runtimes/%s/native/library\n' linux-x64 win-x64 win-x86)" "$(entries "$scratch"/all/*.nupkg | grep ^runtimes/)"
  unzip -qo "$scratch"/all/*.nupkg 'runtimes/*' 'build/*' -d "$scratch/unpacked"
}

refuses_to_pack_nothing() {
  local said
  if said=$(AUTOSHARES_RESET_LIBRARY=/there/is/none pack "$scratch/none"); then return 1; fi
  grep -q 'no native library at /there/is/none' <<<"$said"
  if said=$(pack "$scratch/none" -p:NativeRoot=/there/is/none); then return 1; fi
  grep -q 'no native library below /there/is/none' <<<"$said"
}

# What the targets for .NET Framework copy, asked for a system and a processor that this is not.
copies_for_framework() {
  local rid=$1
  shift
  cat >"$scratch/show.proj" <<'PROJECT'
<Project>
  <Import Project="unpacked/build/net472/AutoShares.Reset.targets" />
  <Target Name="Show"><Message Importance="high" Text="@(None->'%(Identity) to %(Link)')" Condition="'@(None)' != ''" /></Target>
</Project>
PROJECT
  equal "${rid:+$scratch/unpacked/build/net472/../../runtimes/$rid/native/library to library}" \
    "$(dotnet msbuild -nologo -t:Show "$@" "$scratch/show.proj" | sed 's/^ *//')"
}

# The examples of a README as a separate project, with the package from the folder where it was put.
restores_and_builds() {
  local readme=$1 folder=$2
  shift 2
  mkdir -p "$folder"
  cp bindings/csharp/tests/PackageConsumer/PackageConsumer.csproj "$folder/"
  echo "<configuration><packageSources><add key=\"here\" value=\"$scratch/feed\" /></packageSources></configuration>" \
    >"$folder/nuget.config"
  awk -v folder="$folder" '/^```csharp$/ { file = folder "/Block" ++count ".cs"; next } /^```/ { file = "" } file { print >file }' "$readme"
  dotnet build "${quiet[@]}" -c Release "$folder" -p:AutoSharesResetVersion="$version" "-p:ConsumerFrameworks=\"$modern;net472\""
}

# Of a package that another package brings along, a program imports other targets than of one that it names itself.
reaches_framework_through_another_package() {
  local between=$scratch/between program=$scratch/through
  mkdir "$between" "$program"
  cp "$scratch/consumer/nuget.config" "$between/"
  cp "$scratch/consumer/nuget.config" "$program/"
  cat >"$between/Between.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net472</TargetFramework><Version>$version</Version></PropertyGroup>
  <ItemGroup><PackageReference Include="AutoShares.Reset" Version="$version" /></ItemGroup>
</Project>
PROJECT
  dotnet pack "${quiet[@]}" -c Release "$between" -o "$scratch/feed"
  sed 's/Include="AutoShares.Reset"/Include="Between"/' "$scratch/consumer/PackageConsumer.csproj" >"$program/PackageConsumer.csproj"
  cp "$scratch"/consumer/Block1.cs "$program/"
  dotnet build "${quiet[@]}" -c Release "$program" -p:AutoSharesResetVersion="$version" -p:ConsumerFrameworks=net472
  cmp target/release/libautoshares_reset.so "$program/bin/Release/net472/libautoshares_reset.so"
}

says_the_question() { equal 'What street did you live on in third grade?' "$("$@" 2>&1)"; }

# The sample's base URL has a default.
says_what_is_missing() {
  local said status=0
  said=$(env -u AUTOSHARES_APP_KEY "$@" 2>&1) || status=$?
  equal '1: The app key is empty.' "$status: $said"
}

published() {
  local to=$1
  shift
  dotnet publish "${quiet[@]}" -c Release -f "$modern" -o "$to" "$scratch/consumer" \
    -p:AutoSharesResetVersion="$version" "-p:ConsumerFrameworks=\"$modern;net472\"" "$@"
  says_the_question dotnet "$to/PackageConsumer.dll"
}

# shellcheck disable=SC2119
start_emulator
check 'pack gives no warning, and the version is the one of Cargo.toml' packs_without_warnings
check 'the package holds what it should and nothing else' holds_what_it_should
check 'the assemblies do not tell where they were built' tells_no_path_of_this_machine
check 'pack takes the libraries of all systems' packs_every_system
check 'pack refuses to make a package without a library' refuses_to_pack_nothing
check '.NET Framework gets 64 bits by default' copies_for_framework win-x64 -p:OS=Windows_NT -p:PlatformTarget=AnyCPU
check '.NET Framework gets 32 bits for x86' copies_for_framework win-x86 -p:OS=Windows_NT -p:PlatformTarget=x86
check '.NET Framework gets 32 bits where they are preferred' copies_for_framework win-x86 -p:OS=Windows_NT -p:Prefer32Bit=true
check 'Mono gets the one of Linux' copies_for_framework linux-x64
check 'nothing is copied twice where the SDK copies' copies_for_framework '' -p:OS=Windows_NT -p:RuntimeIdentifier=win-x64

check 'a project outside the checkout restores the package and builds' \
  restores_and_builds bindings/csharp/README.md "$scratch/consumer"
check 'it runs on .NET' says_the_question dotnet "$scratch/consumer/bin/Release/$modern/PackageConsumer.dll"
check 'it names the setting that is missing' says_what_is_missing dotnet "$scratch/consumer/bin/Release/$modern/PackageConsumer.dll"
if command -v mono >/dev/null; then
  check 'it runs on Mono' says_the_question mono "$scratch/consumer/bin/Release/net472/PackageConsumer.exe"
fi
check 'a program for .NET Framework gets the library through another package' reaches_framework_through_another_package
check 'it runs when published' published "$scratch/published"
check 'it runs when published for one system' published "$scratch/published-linux" -r linux-x64 --self-contained false

check 'the quick start builds' restores_and_builds README.md "$scratch/quick-start"
check 'the quick start runs' says_the_question dotnet "$scratch/quick-start/bin/Release/$modern/PackageConsumer.dll"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
