#!/usr/bin/env bats
# The recipes for installers whose tools exist on this system, and those for Windows.

# The linter cannot follow `load`.
# shellcheck disable=SC2154
load support

setup_file() { start_with_blocks; }

setup() { cd "$root" || return; }

@test "the recipe for WiX makes a package that holds the program and the library" {
  cd "$BATS_TEST_TMPDIR"
  local file
  for file in win32.exe win32.exe.manifest autoshares_reset.dll THIRD-PARTY.txt; do printf '%s\n' "$file" >"$file"; done
  wixl -a x64 -o reset.msi "$(block recipes.md '*.wix.xml')"
  msiextract -C installed reset.msi
  for file in win32.exe win32.exe.manifest autoshares_reset.dll THIRD-PARTY.txt; do
    cmp "$file" "$(find installed -name "$file")"
  done
  [ "$(find installed -type f | wc -l)" -eq 4 ]
  [[ "$(find installed -name win32.exe)" == */'Password reset/win32.exe' ]]
}

@test "the recipe for an AppImage makes a folder that runs in any place" {
  cd "$BATS_TEST_TMPDIR"
  DESTDIR=$PWD PREFIX=/prefix LIBDIR=/prefix/lib "$root/scripts/install.sh"
  cp "$root/examples/c/secret_question.c" main.c
  touch reset.png
  PKG_CONFIG_PATH=$PWD/prefix/lib/pkgconfig bash -eu "$(block recipes.md '*.appdir.sh')"
  mkdir elsewhere
  mv Reset.AppDir elsewhere/
  rm -r prefix
  unset LD_LIBRARY_PATH
  fetches_the_question elsewhere/Reset.AppDir/AppRun
}

@test "Windows' texts are converted both ways, and invalid ones are refused" {
  {
    cat "$(block recipes.md '*.utf16.c')"
    cat <<'MAIN'
#include <stdio.h>
#include <string.h>

static char path[64];
void asr_config_set_ca_file(asr_config *config, const char *text) {
  (void)config;
  snprintf(path, sizeof path, "%s", text);
}

#define CHECK(that) if (!(that)) return printf("%s (line %d)\n", #that, __LINE__), 1

int main(void) {
  const wchar_t lone[] = {L'a', 0xDC36, 0};
  wchar_t *wide = utf16_of("ca-caf\xC3\xA9-\xF0\x9F\x90\xB6.pem");
  CHECK(wide && wcscmp(wide, L"ca-caf\u00E9-\U0001F436.pem") == 0);
  CHECK(trust_file(NULL, wide));
  CHECK(strcmp(path, "ca-caf\xC3\xA9-\xF0\x9F\x90\xB6.pem") == 0);
  CHECK(!utf8_of(lone) && !trust_file(NULL, lone));
  free(wide);
  return puts("converted") < 0;
}
MAIN
  } >"$BATS_TEST_TMPDIR/texts.c"
  x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -Iinclude "$BATS_TEST_TMPDIR/texts.c" -o "$BATS_TEST_TMPDIR/texts.exe"
  # Wine's server runs for a while longer, and bats must not wait for it.
  [ "$(scripts/offline/wine.sh "$BATS_TEST_TMPDIR/texts.exe" 3>&- | tr -d '\r')" = converted ]
}
