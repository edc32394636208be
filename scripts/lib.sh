#!/usr/bin/env bash
# Functions for the scripts: output, needed packages, skipping, the emulator, tools.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# make and LD_PRELOAD split a path at blanks, so the scripts use such a checkout through a link.
case $root in
  *[[:space:]:]*)
    link=/tmp/autoshares-reset-$(id -u)-$(cksum <<<"$root" | cut -d' ' -f1)
    ln -sfn "$root" "$link"
    [ "$(readlink "$link")" = "$root" ] || { echo "error: $link is in the way" >&2 && exit 1; }
    root=$link
    ;;
esac
export root
# The scripts expect the builds there.
export CARGO_TARGET_DIR=$root/target

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# In CI a skip is a failure.
skip_or_fail() {
  if [ "${CI:-}" = true ]; then die "$* (nothing is skipped in CI)"; fi
  printf '\033[1;33m!!! SKIPPED: %s\033[0m\n' "$*" >&2
}

# Ends this suite as a skipped one.
skip_suite() { skip_or_fail "$*"; exit 75; }

# A field of Cargo.toml's [package] table, which alone has the version and the oldest Rust.
cargo_field() { sed -n "s/^$1 = \"\(.*\)\"/\1/p;/^\[[^p]/q" "$root/Cargo.toml"; }

# Stops without Rust, or without a C compiler, which Rust needs to link.
need_rust() {
  local oldest
  needs build
  oldest=$(cargo_field rust-version)
  command -v cargo >/dev/null || die "there is no Rust here: get version $oldest or newer at https://rustup.rs, then try again"
  local have
  have=$(rustc --version | cut -d' ' -f2)
  printf '%s\n%s\n' "$oldest" "$have" | sort -V -C || die "Rust $have is too old: $oldest or newer is at https://rustup.rs"
}

# Makes the suite's programs resolve reserved test names without a name server. Only Linux can do that: elsewhere the
# tests leave such names out.
keep_names_here() {
  [ "$(uname -s)" = Linux ] || return 0
  local library=$root/target/tests/lookup.so
  mkdir -p "${library%/*}"
  cc -std=c11 -D_GNU_SOURCE -O1 -shared -fPIC "$root"/tests/c/support/{lookup,event}.c -o "$library.$$" -lpthread -ldl
  mv "$library.$$" "$library"
  export LD_PRELOAD="$library${LD_PRELOAD:+:$LD_PRELOAD}"
}

# Stops if the library, the emulator or the case server is not built; for the suites that do not build them.
need_built() {
  local built names=(libautoshares_reset.so autoshares-emulator autoshares-case-server)
  case $(uname -s) in
    Darwin) names[0]=libautoshares_reset.dylib ;;
    MINGW* | MSYS*) names=(autoshares_reset.dll autoshares-emulator.exe autoshares-case-server.exe) ;;
  esac
  for built in "${names[@]}"; do
    [ -e "$root/target/release/$built" ] || die "target/release/$built is missing: run make build first"
  done
}

# start_emulator [OPTION…]: starts the stand-in of the service on a free port and returns when it is ready.
# Sets AUTOSHARES_BASE_URL and AUTOSHARES_APP_KEY, with --https AUTOSHARES_HTTPS_URL and AUTOSHARES_CA_FILE too.
# The emulator ends with the caller, because it reads from a pipe that only the caller holds. The descriptor
# ${emulator_output} has its later output, the mails.
start_emulator() {
  local line
  # Under bats, descriptor 3 belongs to bats.
  coproc EMULATOR { exec "${AUTOSHARES_EMULATOR:-$root/target/release/autoshares-emulator}" --port 0 --until-stdin-closes "$@" 3>&-; }
  # A copy, because bash hides a coprocess's own descriptors from subshells.
  # shellcheck disable=SC2034
  exec {emulator_output}<&"${EMULATOR[0]}"
  while read -r line <&"$emulator_output"; do
    case $line in
      ready)
        export AUTOSHARES_APP_KEY=emulator-app-key
        return 0
        ;;
      AUTOSHARES_*=*) export "${line?}" ;;
    esac
  done
  die "the emulator did not start"
}

# programs_of VENV: the folder of a virtual environment's programs, whose name differs on Windows.
programs_of() { if [ -d "$1/Scripts" ]; then printf '%s\n' "$1/Scripts"; else printf '%s\n' "$1/bin"; fi; }

# The name of Python's program differs between systems.
find_python() { command -v python3 || command -v python; }

# tells_paths FOLDER: prints the files in it that contain the name of one of this machine's folders; fails if none does.
tells_paths() { grep -rlF -e "$root/target/" -e "${CARGO_HOME:-$HOME/.cargo}/" "$1"; }

# one_at_a_time NAME COMMAND…: runs the command while no other script of this checkout runs one under this name.
one_at_a_time() {
  mkdir -p "$root/target"
  (
    # Systems without flock run one suite after the other.
    if command -v flock >/dev/null; then flock 7; fi
    "${@:2}" 7>&-
  ) 7>"$root/target/$1.lock"
}

# entries NAME…: the entries of scripts/needs.txt for these names, one on each line.
entries() {
  awk -v names="$*" '
    { name = $1; $1 = ""; lines[name] = $0 }
    function list(name,   words, count, i) {
      if (!(name in lines)) { print "error: scripts/needs.txt has no line for " name >"/dev/stderr"; exit 1 }
      count = split(lines[name], words, " ")
      for (i = 1; i <= count; i++) if (words[i] ~ /^@/) list(substr(words[i], 2)); else print words[i]
    }
    END { count = split(names, all, " "); for (i = 1; i <= count; i++) list(all[i]) }' "$root/scripts/needs.txt"
}

# lacking: reads entries and prints the packages that are not installed, on one line. Ignores optional packages and names of
# systems. On a system without dpkg it looks only for programs.
lacking() {
  local entry program installed=''
  if command -v dpkg-query >/dev/null; then
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n')
  fi
  sed -E '/^(\?.*|debian|macos|x64)?$/d' | sort -u | while IFS=/ read -r entry program; do
    if [ -n "$program" ]; then
      # Any one of several programs, with slashes between them.
      # shellcheck disable=SC2086
      if command -v ${program//\// } >/dev/null; then continue; fi
    elif [ -z "$installed" ]; then
      continue
    fi
    case $'\n'$installed$'\n' in *$'\n'"installed $entry"$'\n'*) ;; *) printf '%s ' "$entry" ;; esac
  done | sed 's/ $//'
}

# needs NAME: stops if the line NAME of scripts/needs.txt is for another system, or lists a package that is not installed.
needs() {
  local listed missing
  listed=$(entries "$1") || exit
  if grep -qx x64 <<<"$listed" && [ "$(uname -sm)" != 'Linux x86_64' ]; then skip_suite "$1: it is for Linux x64"; fi
  if grep -qx debian <<<"$listed" && ! command -v dpkg-query >/dev/null; then
    if [ "$(uname -s)" != Darwin ] || ! grep -qx macos <<<"$listed"; then skip_suite "$1: it is for Debian and Ubuntu"; fi
  fi
  # On Windows Rust finds Microsoft's compiler, and Python has another name.
  case $(uname -s) in MINGW* | MSYS*) return 0 ;; esac
  missing=$(lacking <<<"$listed")
  [ -n "$missing" ] || return 0
  missing="$1 needs these Debian packages: $missing. scripts/setup.sh $1 installs them"
  if [ -n "${SKIP_MISSING:-}" ]; then skip_suite "$missing"; fi
  die "$missing"
}

# ran RID LANGUAGE HOW: records for docs/platforms.md that a language's suite passed on a platform with these sources.
ran() {
  mkdir -p "$root/target/platforms"
  printf '%s %s\n' "$3" "$(git -C "$root" rev-parse HEAD:src)" >"$root/target/platforms/$1-$2"
}

# need_packages PACKAGE…: stops if one of these Debian packages is not installed.
need_packages() {
  local missing
  missing=$(printf '%s\n' "$@" | lacking)
  [ -z "$missing" ] || die "these Debian packages are needed: $missing. scripts/setup.sh installs them with all others"
}

# in_private_network COMMAND…: runs the command in a network namespace that has only loopback.
in_private_network() {
  local alone
  for alone in 'unshare --net' 'unshare --map-root-user --net' 'sudo -n --preserve-env unshare --net' ''; do
    ! $alone true 2>/dev/null || break
  done
  [ -n "$alone" ] || skip_suite "${0##*/}: no network namespace can be made here"
  # shellcheck disable=SC2016 # The inner shell expands it.
  $alone bash -c 'ip link set lo up && exec "$@"' bash "$@"
}

# python_tools NAME ARGUMENT…: a virtual environment in target/NAME with the packages of these arguments for pip, made again
# when they or their files change. Sets programs to the folder of its programs.
python_tools() {
  one_at_a_time "$1" make_python_tools "$@"
  # shellcheck disable=SC2034 # for the caller
  programs=$(programs_of "$root/target/$1")
}
make_python_tools() {
  local home=$root/target/$1 wanted
  shift
  wanted=$("$(find_python)" -c 'import sys; print(sys.base_prefix, sys.version)' && printf '%s\n' "$@" &&
    cat "$root"/bindings/python/requirements-dev.txt "$root"/{packaging,benches}/requirements.txt)
  [ "$wanted" != "$(cat "$home/made-from" 2>/dev/null)" ] || return 0
  say "making ${home#"$root/"}"
  "$(find_python)" -m venv --clear "$home"
  "$(programs_of "$home")/python" -m pip --quiet --disable-pip-version-check install "$@"
  printf '%s\n' "$wanted" >"$home/made-from"
}

# cargo_tool CRATE VERSION: installs a cargo subcommand in target/tools and adds it to PATH. Unoptimised, because building it
# takes longer than running it.
cargo_tool() {
  local stamp=$root/target/tools/$1-$2
  export PATH=$root/target/tools/bin:$PATH
  [ ! -e "$stamp" ] || return 0
  say "building $1 $2 into target/tools"
  CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR=$root/target/tools/build \
    cargo install --quiet --locked --debug --root "$root/target/tools" "$1" --version "$2"
  touch "$stamp"
}
