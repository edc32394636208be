#!/usr/bin/env bash
# Builds the library for a release: packaging/build.sh TARGET, a target of packaging/targets.txt. Prints the folder with the
# stripped libraries; its subfolder symbols has the debug symbols.
# For Linux it builds against the C library of manylinux2014 or against musl, so that one build serves every newer system.
# Zig provides the compiler and the linker for these C libraries.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../scripts/offline/cross.sh
. "$root/scripts/offline/cross.sh"
cd "$root"
need_rust
# Standard output is for the folder's name alone.
exec 3>&1 >&2

# A path as native programs spell it, which differs on Windows.
native_path() {
  if command -v cygpath >/dev/null; then cygpath -m "$1"; else printf '%s\n' "$1"; fi
}

# add_rustflags TARGET FLAG…: adds flags for later builds for the target, beside those in .cargo/config.toml. RUSTFLAGS would
# replace these, so this adds to RUSTFLAGS only if it is already set.
add_rustflags() {
  local variable=RUSTFLAGS
  [ -n "${RUSTFLAGS:-}" ] || variable=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$1")_RUSTFLAGS
  export "$variable=${!variable:-} ${*:2}"
}

# tell_no_paths TARGET: keeps this machine's folders out of later builds for the target. Panic messages and debug information
# then name the sources by crate.
tell_no_paths() {
  local home=${CARGO_HOME:-$HOME/.cargo} folder
  cargo fetch --locked --quiet
  for folder in "$home"/registry/src/* "$root"; do
    folder=$(native_path "$folder")
    # Cargo splits these flags at blanks.
    case $folder in *' '*) say "not hidden: $folder" ;; *) add_rustflags "$1" "--remap-path-prefix=$folder=" ;; esac
  done
  # C code in a crate is built with debug information by default, which has the folders of all headers.
  case $1 in *-msvc) ;; *) export CFLAGS="${CFLAGS:-} -g0" ;; esac
}

describe "$1"
if [ -n "$needs" ]; then need_packages "$needs"; fi
built=$(build_folder "$target")/$target/release
out=$root/target/portable/$target

if [ "$target" = universal2-apple-darwin ]; then
  mkdir -p "$out/symbols"
  for file in libautoshares_reset.dylib libautoshares_reset.a; do
    lipo -create -output "$out/$file" "$root"/target/portable/{aarch64,x86_64}-apple-darwin/"$file"
  done
  cp "$root"/target/portable/aarch64-apple-darwin/*.txt "$out/"
  dsymutil -o "$out/symbols/libautoshares_reset.dylib.dSYM" "$out/libautoshares_reset.dylib"
  printf '%s\n' "$out" >&3
  exit
fi

can_build_for "$target" || die "no standard library for $target here: rustup target add $target"
tell_no_paths "$target"
# No library contains a time, and a changed value would make cargo compile the C code and its dependents again.
unset SOURCE_DATE_EPOCH
export CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_STRIP=none
case $target in
  *-linux-*)
    builder='cargo-zigbuild'
    export PATH=$root/target/dist-tools/bin:$PATH
    # Zig also compiles its unwinder. Without debug information there, builds in different folders give the same bytes.
    export ZIG_GLOBAL_CACHE_DIR=$cross/zig CCC_OVERRIDE_OPTIONS='# +-g0'
    # A debugger finds a library's symbols by its build ID, wherever both are installed.
    add_rustflags "$target" -Clink-arg=-Wl,--build-id=sha1
    ;;
  *-darwin) export CARGO_PROFILE_RELEASE_SPLIT_DEBUGINFO=packed ;;
esac
case $target in
  *-linux-gnu) libc=.2.17 ;;
  # Rust's programs for musl are static; without this it makes no shared library.
  *-linux-musl) add_rustflags "$target" -Ctarget-feature=-crt-static ;;
esac
# Without the rlib, as in scripts/build.sh, so that cargo does not drop link-time optimisation.
flags=(-D warnings --print "native-static-libs=$(native_path "$built")/native-static-libs.txt")
case $target in *-linux-*) flags+=(-C "linker=$root/packaging/versioned-cc.sh") ;; esac
cargo_for "$target" rustc --release --lib --crate-type cdylib,staticlib -- "${flags[@]}"

rm -rf "$out"
mkdir -p "$out/symbols"
cp "$built/native-static-libs.txt" "$out/"
if [ "$target" = x86_64-unknown-linux-gnu ]; then
  # The emulator, for developers, on the system that most of them have.
  CARGO_PROFILE_RELEASE_STRIP=symbols cargo_for "$target" build --release -p autoshares-emulator
  cp "$built/autoshares-emulator" "$out/"
fi
for file in "$built"/{,lib}autoshares_reset{.so,.dylib,.dll,.a,.lib,.dll.a,.dll.lib,.pdb,.dSYM,.dylib.dSYM}; do
  case $file in
    *.pdb | *.dSYM) [ ! -e "$file" ] || cp -R "$file" "$out/symbols/" ;;
    *) [ ! -e "$file" ] || cp "$file" "$out/" ;;
  esac
done

# Moves the symbols to separate files, and notes their names in the libraries. Microsoft's and Apple's tools have done so.
case $target in
  *-linux-* | *-windows-gnu)
    for file in "$out"/*.{so,dll}; do
      [ -e "$file" ] || continue
      symbols=$out/symbols/${file##*/}.debug
      "${binutils}objcopy" --only-keep-debug "$file" "$symbols"
      chmod 644 "$symbols"
      "${binutils}objcopy" --strip-all --add-gnu-debuglink="$symbols" "$file"
    done
    "${binutils}objcopy" --strip-debug "$out/libautoshares_reset.a"
    ;;
  *-darwin) strip -x "$out/libautoshares_reset.dylib" ;;
esac

[ -n "$(ls "$out/symbols")" ] || die "the build left no symbols for a debugger"

# SIGN, if set, names a program that signs the library in place.
if [ -n "${SIGN:-}" ]; then
  for file in "$out"/*.{dll,dylib}; do [ ! -e "$file" ] || "$SIGN" "$file"; done
fi

# The licenses of the crates in the library.
"$(find_python)" packaging/third-party.py "$target" autoshares-reset >"$out/THIRD-PARTY.txt"
printf '%s\n' "$out" >&3
