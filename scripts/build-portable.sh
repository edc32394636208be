#!/usr/bin/env bash
# Builds what is published for a target of packaging/targets.txt: scripts/build-portable.sh TARGET prints the folder where
# it lies. The libraries in it are stripped; its folder symbols has what a debugger reads besides.
# On Linux against the C library of manylinux2014 or against musl, so that one build serves every system since; Zig brings
# the compiler and the linker that know their symbols.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=offline/cross.sh
. "$root/scripts/offline/cross.sh"
cd "$root"
need_rust
describe "$1"
built=$(build_folder "$target")/$target/release
out=$root/target/portable/$target

if [ "$target" = universal2-apple-darwin ]; then
  mkdir -p "$out/symbols"
  for file in libautoshares_reset.dylib libautoshares_reset.a; do
    lipo -create -output "$out/$file" "$root"/target/portable/{aarch64,x86_64}-apple-darwin/"$file"
  done
  cp "$root"/target/portable/aarch64-apple-darwin/*.txt "$out/"
  dsymutil -o "$out/symbols/libautoshares_reset.dylib.dSYM" "$out/libautoshares_reset.dylib"
  printf '%s\n' "$out"
  exit
fi

[ -z "$needs" ] || apt_need "$needs"
can_build_for "$target" || die "no standard library for $target here: rustup target add $target"
tell_no_paths "$target"
# Nothing in a library bears a time, and with another one here cargo compiles the C and all that needs it anew.
unset SOURCE_DATE_EPOCH
export CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_STRIP=none
case $target in
  *-linux-*)
    builder='cargo-zigbuild'
    export PATH=$root/target/dist-tools/bin:$PATH
    # Zig compiles its unwinder on the way and would describe it by this folder, so that no two folders gave the same
    # bytes: its clang is to describe nothing.
    export ZIG_GLOBAL_CACHE_DIR=$cross/zig CCC_OVERRIDE_OPTIONS='# +-g0'
    # By its build ID a debugger finds the symbols of a library, wherever both are installed.
    add_rustflags "$target" -Clink-arg=-Wl,--build-id=sha1
    ;;
  *-darwin) export CARGO_PROFILE_RELEASE_SPLIT_DEBUGINFO=packed ;;
esac
case $target in
  *-linux-gnu) libc=.2.17 ;;
  # Rust's programs for musl are static; without this it makes no shared library.
  *-linux-musl) add_rustflags "$target" -Ctarget-feature=-crt-static ;;
esac
# As in build.sh: each by itself, for the sake of link-time optimisation.
flags=(-D warnings --print "native-static-libs=$(native_path "$built")/native-static-libs.txt")
case $target in *-linux-*) flags+=(-C "linker=$root/scripts/versioned-cc.sh") ;; esac
cargo_for "$target" rustc --release --lib --crate-type cdylib,staticlib -- "${flags[@]}" >&2

rm -rf "$out"
mkdir -p "$out/symbols"
cp "$built/native-static-libs.txt" "$out/"
if [ "$target" = x86_64-unknown-linux-gnu ]; then
  # For developers, on the system that most of them have.
  CARGO_PROFILE_RELEASE_STRIP=symbols cargo_for "$target" build --release -p autoshares-emulator >&2
  cp "$built/autoshares-emulator" "$out/"
fi
for file in "$built"/{,lib}autoshares_reset{.so,.dylib,.dll,.a,.lib,.dll.a,.dll.lib,.pdb,.dSYM,.dylib.dSYM}; do
  case $file in
    *.pdb | *.dSYM) [ ! -e "$file" ] || cp -R "$file" "$out/symbols/" ;;
    *) [ ! -e "$file" ] || cp "$file" "$out/" ;;
  esac
done

# GNU's tools split the symbols off and leave a note where they are; Microsoft's and Apple's have done so.
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

# SIGN, if set, names a program that signs the library in place.
if [ -n "${SIGN:-}" ]; then
  for file in "$out"/*.{dll,dylib}; do [ ! -e "$file" ] || "$SIGN" "$file"; done
fi

# The licenses of what is in there, beside it.
"$(find_python)" packaging/third-party.py "$target" autoshares-reset >"$out/THIRD-PARTY.txt"
printf '%s\n' "$out"
