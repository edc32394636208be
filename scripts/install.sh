#!/usr/bin/env bash
# Installs the files that `make` built; with --uninstall it removes them.
# PREFIX (/usr/local), LIBDIR (PREFIX/lib) and DESTDIR come from the environment.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
destdir=${DESTDIR:-}
built=${ASR_BUILT:-$root/target/release}
version=$(cargo_field version)
for folder in "$prefix" "$libdir"; do
  case $folder in /*) ;; *) die "PREFIX and LIBDIR must begin with a slash: $folder" ;; esac
done
mode=install
[ "${1:-}" != --uninstall ] || mode=uninstall
[ $mode = uninstall ] || [ -e "$built/native-static-libs.txt" ] || die "nothing is built yet: run make first"

# True if there is such a file to install. The names differ between systems, so uninstalling tries all of them.
has() { [ $mode = uninstall ] || [ -e "$1" ]; }

# put FILE FOLDER [NAME [MODE]]: installs or removes a file.
put() {
  local target=$destdir$2/${3:-${1##*/}}
  if [ $mode = install ]; then
    mkdir -p "$destdir$2"
    install -m "${4:-644}" "$1" "$target"
  else
    rm -f "$target"
  fi
}

# put_text FOLDER NAME: installs or removes a file with the text on standard input.
put_text() {
  local text
  text=$(mktemp)
  cat >"$text"
  put "$text" "$1" "$2"
  rm -f "$text"
}

link() {
  if [ $mode = install ]; then ln -sf "$1" "$destdir$2"; else rm -f "$destdir$2"; fi
}

libraries() {
  local name=libautoshares_reset major=${version%%.*} suffix whole short bits file
  while read -r suffix whole short bits; do
    has "$built/$name.$suffix" || continue
    put "$built/$name.$suffix" "$libdir" "$name.$whole" "$bits"
    link "$name.$whole" "$libdir/$name.$short"
    link "$name.$whole" "$libdir/$name.$suffix"
  done <<NAMES
so so.$version so.$major 644
dylib $version.dylib $major.dylib 755
NAMES
  if has "$built/autoshares_reset.dll"; then put "$built/autoshares_reset.dll" "$prefix/bin" '' 755; fi
  # On Windows the names depend on the compiler, Microsoft's or GNU's; packaging/cmake knows both.
  for file in "$built"/$name.a "$built"/{,lib}autoshares_reset{.dll.lib,.dll.a,.lib}; do
    if has "$file"; then put "$file" "$libdir"; fi
  done
}

# The .pc file locates itself, so the tree can be moved. With LIBDIR outside PREFIX it names both.
pkgconfig() {
  local pc_prefix=$prefix pc_libdir=$libdir below up native
  case $libdir in
    "$prefix"/*)
      below=${libdir#"$prefix"/}
      up=$(printf '%s/pkgconfig' "$below" | sed 's:[^/][^/]*:..:g')
      # pkg-config expands these, not the shell.
      # shellcheck disable=SC2016
      pc_prefix='${pcfiledir}/'$up pc_libdir='${prefix}/'$below
      ;;
  esac
  # The libraries that the static one needs, except libgcc_s: each compiler links its own unwinder, and that one has no static
  # form. Microsoft's options get a dash, because CMake takes a word that begins with a slash for a file.
  native=$(sed 's/ *-lgcc_s//; s|^ *||; s|^/|-|; s| /| -|g' "$built/native-static-libs.txt" 2>/dev/null) || [ $mode = uninstall ]
  sed -e "s|@prefix@|$pc_prefix|" -e "s|@libdir@|$pc_libdir|" -e "s|@version@|$version|" \
    -e "s|@description@|$(cargo_field description)|" -e "s|@native_libs@|$native|" packaging/autoshares_reset.pc.in |
    put_text "$libdir/pkgconfig" autoshares_reset.pc
}

# The CMake files look in the usual folders; another one is written into them.
cmake_files() {
  local file own=''
  case $libdir in
    "$prefix"/lib | "$prefix"/lib64 | "$prefix"/lib/*-linux-gnu*) ;;
    *) own=${libdir#"$prefix"/} ;;
  esac
  for file in packaging/cmake/*; do
    sed "s|^set(_asr_own_libdir .*|set(_asr_own_libdir \"$own\")|" "$file" |
      put_text "$prefix/share/cmake/autoshares_reset" "${file##*/}"
  done
}

doc=$prefix/share/doc/autoshares_reset
libraries
pkgconfig
for file in include/*; do put "$file" "$prefix/include"; done
cmake_files
for file in LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md SECURITY.md; do put "$file" "$doc"; done
for file in docs/recipes.md docs/emulator.md docs/platforms.md docs/dialogs.png; do put "$file" "$doc/docs"; done
# Only builds for a release have it.
if has "$built/THIRD-PARTY.txt"; then put "$built/THIRD-PARTY.txt" "$doc"; fi
for file in examples/c/* examples/cpp/* examples/dialogs/*; do
  if [ -f "$file" ]; then put "$file" "$doc/$(dirname "$file")"; fi
done
# `make docs` makes the manual pages. They may be gone at uninstalling, so installed ones are recognised by name and content.
man=$prefix/share/man/man3
if [ $mode = install ]; then
  for file in target/docs/man/man3/*.3; do
    if [ -f "$file" ]; then put "$file" "$man"; fi
  done
elif [ -d "$destdir$man" ]; then
  find "$destdir$man" \( -name 'asr_*.3' -o -name 'autoshares_reset*.3' \) -exec grep -q autoshares_reset {} \; -delete
fi

if [ $mode = install ]; then
  say "installed into $destdir$prefix"
  # Updates the loader's cache of libraries.
  if [ -z "$destdir" ] && [ "$(id -u)" -eq 0 ] && command -v ldconfig >/dev/null; then ldconfig; fi
else
  # Removes folders that are now empty, except for a system's own.
  own=("$doc"/examples/{c,cpp,dialogs} "$doc/examples" "$doc/docs" "$doc" "$prefix"/share/cmake{/autoshares_reset,} "$man" "$libdir/pkgconfig")
  case $prefix in
    /usr | /usr/local) ;;
    *) own+=("$prefix"/share/{doc,man} "$libdir" "$prefix"/{lib,include,share} "$prefix") ;;
  esac
  for folder in "${own[@]}"; do rmdir "$destdir$folder" 2>/dev/null || true; done
  say "removed from $destdir$prefix"
fi
