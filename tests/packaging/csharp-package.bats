#!/usr/bin/env bats
# Packs AutoShares.Reset and uses the package as a stranger does.

# The linter cannot follow `load`, and bats runs each test in a subshell.
# shellcheck disable=SC2154,SC2030,SC2031
load support

setup_file() {
  need_built
  start_emulator
  "$root/scripts/offline/dotnet.sh"
  # shellcheck source=/dev/null
  . "$root/target/dotnet/env.sh"
  # An empty cache, so that no package of an earlier run is restored.
  export WORK=$BATS_FILE_TMPDIR NUGET_PACKAGES=$BATS_FILE_TMPDIR/cache VERSION
  VERSION=$(cargo_field version)
  # The mark of a package that an old SDK made.
  [ "$ASR_MODERN_FRAMEWORK" = net8.0 ] || VERSION+=-test
  export PACKAGE=$WORK/feed/AutoShares.Reset.$VERSION.nupkg
}

setup() {
  cd "$root" || return
  modern=$ASR_MODERN_FRAMEWORK library=target/release/libautoshares_reset.so
  quiet=(-nologo -verbosity:quiet -warnaserror -c Release)
}

equal() { diff - "$BATS_TEST_TMPDIR/printed"; }

# pack FOLDER [ARGUMENT…]: into that folder. It shares no build with the suites that run at the same time.
pack() { dotnet pack "${quiet[@]}" bindings/csharp/src/AutoShares.Reset -p:BuildRoot="$WORK/build/" -p:PackageOutputPath="$1" "${@:2}"; }

entries_of() { unzip -Z1 "$1" | grep -v -e '^_rels/' -e '^package/' -e '^\[Content' | LC_ALL=C sort; }

frameworks() { printf -- '-p:AutoSharesResetVersion=%s\n-p:ConsumerFrameworks="%s"\n' "$VERSION" "$1"; }

# builds README FOLDER: its examples as a project in that folder, which restores the package from where it was put.
builds() {
  local readme=$PWD/$1
  mkdir "$WORK/$2"
  cd "$WORK/$2" || return
  cp "$root/bindings/csharp/tests/PackageConsumer/PackageConsumer.csproj" .
  echo "<configuration><packageSources><add key=\"here\" value=\"$WORK/feed\" /></packageSources></configuration>" >nuget.config
  awk '/^```csharp$/ { file = "Block" ++count ".cs"; next } /^```/ { file = "" } file { print >file }' "$readme"
  mapfile -t options < <(frameworks "$modern;net472")
  dotnet build "${quiet[@]}" . "${options[@]}"
}

says_the_question() { prints "$QUESTION" "$@"; }

# Lists the files that the targets for .NET Framework copy for another system and processor.
copies_for_framework() { # RID [ARGUMENT…]
  local rid=$1 targets=$WORK/unpacked/build/net472
  cat >"$BATS_TEST_TMPDIR/show.proj" <<PROJECT
<Project>
  <Import Project="$targets/AutoShares.Reset.targets" />
  <Target Name="Show"><Message Importance="high" Text="@(None->'%(Identity) to %(Link)')" Condition="'@(None)' != ''" /></Target>
</Project>
PROJECT
  prints "${rid:+$targets/../../runtimes/$rid/native/library to library}" \
    bash -c 'dotnet msbuild -nologo -t:Show "$@" | sed "s/^ *//"' bash "$BATS_TEST_TMPDIR/show.proj" "${@:2}"
}

@test "pack gives no warning, and the version is the one of Cargo.toml" {
  pack "$WORK/feed" >"$BATS_TEST_TMPDIR/log" || { cat "$BATS_TEST_TMPDIR/log"; return 1; }
  if grep -i warning "$BATS_TEST_TMPDIR/log" | grep -v ' 0 Warning(s)'; then return 1; fi
  ls "$WORK/feed" >"$BATS_TEST_TMPDIR/printed"
  printf '%s\n' "${PACKAGE##*/}" "AutoShares.Reset.$VERSION.snupkg" | equal
}

@test "the package holds what it should and nothing else" {
  entries_of "$PACKAGE" >"$BATS_TEST_TMPDIR/printed"
  printf '%s\n' AutoShares.Reset.nuspec LICENSE-APACHE LICENSE-MIT README.md \
    {build,buildTransitive}/net472/AutoShares.Reset.targets lib/{"$modern",netstandard2.0}/AutoShares.Reset.{dll,xml} \
    runtimes/linux-x64/native/libautoshares_reset.so | LC_ALL=C sort | equal
  unzip -p "$PACKAGE" runtimes/linux-x64/native/libautoshares_reset.so | cmp - "$library"
}

@test "the assemblies do not name the folder in which they were built" {
  [ "$(unzip -p "$PACKAGE" 'lib/*.dll' | grep -acF "$root")" -eq 0 ]
}

@test "pack takes the libraries of all systems" {
  local rid
  for rid in linux-x64 win-x64 win-x86; do
    mkdir -p "$WORK/natives/$rid/native"
    echo "$rid" >"$WORK/natives/$rid/native/library"
  done
  pack "$WORK/all" -p:NativeRoot="$WORK/natives"
  entries_of "$WORK"/all/*.nupkg | grep ^runtimes/ >"$BATS_TEST_TMPDIR/printed"
  printf 'runtimes/%s/native/library\n' linux-x64 win-x64 win-x86 | equal
  unzip -qo "$WORK"/all/*.nupkg 'runtimes/*' 'build/*' -d "$WORK/unpacked"
}

@test "pack refuses to make a package without a library" {
  AUTOSHARES_RESET_LIBRARY=/there/is/none run pack "$WORK/none"
  [ "$status" -ne 0 ]
  [[ $output == *'no native library at /there/is/none'* ]]
  run pack "$WORK/none" -p:NativeRoot=/there/is/none
  [ "$status" -ne 0 ]
  [[ $output == *'no native library below /there/is/none'* ]]
}

@test ".NET Framework gets 64 bits by default" { copies_for_framework win-x64 -p:OS=Windows_NT -p:PlatformTarget=AnyCPU; }
@test ".NET Framework gets 32 bits for x86" { copies_for_framework win-x86 -p:OS=Windows_NT -p:PlatformTarget=x86; }
@test ".NET Framework gets 32 bits where they are preferred" { copies_for_framework win-x86 -p:OS=Windows_NT -p:Prefer32Bit=true; }
@test "Mono gets the library for Linux" { copies_for_framework linux-x64; }
@test "nothing is copied twice where the SDK copies" { copies_for_framework '' -p:OS=Windows_NT -p:RuntimeIdentifier=win-x64; }

@test "a project outside the checkout restores the package and builds" {
  builds bindings/csharp/README.md consumer
}

@test "it runs on .NET, and names the setting that is missing" {
  local program=$WORK/consumer/bin/Release/$modern/PackageConsumer.dll
  says_the_question dotnet "$program"
  # The sample's base URL has a default.
  run env -u AUTOSHARES_APP_KEY dotnet "$program"
  [ "$status" -eq 1 ]
  [ "$output" = 'The app key is empty.' ]
}

@test "it runs on Mono" {
  says_the_question mono "$WORK/consumer/bin/Release/net472/PackageConsumer.exe"
}

# From a package that is only a dependency of another one, a program imports other targets than from one that it names.
@test "a program for .NET Framework gets the library through another package" {
  mkdir "$WORK/between" "$WORK/through"
  cp "$WORK/consumer/nuget.config" "$WORK/between/"
  cp "$WORK"/consumer/{nuget.config,Block1.cs} "$WORK/through/"
  cat >"$WORK/between/Between.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net472</TargetFramework><Version>$VERSION</Version></PropertyGroup>
  <ItemGroup><PackageReference Include="AutoShares.Reset" Version="$VERSION" /></ItemGroup>
</Project>
PROJECT
  dotnet pack "${quiet[@]}" "$WORK/between" -o "$WORK/feed"
  sed 's/Include="AutoShares.Reset"/Include="Between"/' "$WORK/consumer/PackageConsumer.csproj" >"$WORK/through/PackageConsumer.csproj"
  mapfile -t options < <(frameworks net472)
  dotnet build "${quiet[@]}" "$WORK/through" "${options[@]}"
  cmp "$library" "$WORK/through/bin/Release/net472/libautoshares_reset.so"
}

# published FOLDER [ARGUMENT…]
published() {
  mapfile -t options < <(frameworks "$modern;net472")
  dotnet publish "${quiet[@]}" -f "$modern" -o "$WORK/$1" "$WORK/consumer" "${options[@]}" "${@:2}"
  says_the_question dotnet "$WORK/$1/PackageConsumer.dll"
}
@test "it runs when published" { published for-any; }
@test "it runs when published for one system" { published for-linux -r linux-x64 --self-contained false; }

@test "the quick start builds and runs" {
  builds README.md quick-start
  says_the_question dotnet "bin/Release/$modern/PackageConsumer.dll"
}
