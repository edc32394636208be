#!/usr/bin/env bats
# Compiles and runs the code blocks of the documents, and compares their tables with the sources.

# The linter cannot follow `load`, and bats runs each test in a subshell.
# shellcheck disable=SC2154,SC2030,SC2031,SC2317,SC2016,SC2153,SC1003
load support

setup_file() { start_with_blocks; }

setup() { cd "$root" || return; }

names_the_missing_setting() {
  run env -u AUTOSHARES_BASE_URL "$@"
  [ "$status" -eq 1 ] && [ "${#lines[@]}" -eq 1 ] && [[ $output == *"The base URL"* ]]
}

@test "the README's C program prints the question, or the setting that is missing" {
  compiled cc -std=c99 "$(block README.md '*.c')"
  prints "$QUESTION" "$BATS_TEST_TMPDIR/program"
  names_the_missing_setting "$BATS_TEST_TMPDIR/program"
}

@test "the README's C++ program prints the question, or the setting that is missing" {
  compiled c++ -std=c++17 "$(block README.md '*.cpp')"
  prints "$QUESTION" "$BATS_TEST_TMPDIR/program"
  names_the_missing_setting "$BATS_TEST_TMPDIR/program"
}

@test "the programs in C treat an unknown success code as a success" {
  # Replaces the library's function.
  cat >"$BATS_TEST_TMPDIR/newer.c" <<'LIBRARY'
#include <autoshares_reset.h>
static asr_result newer;
asr_result *asr_secret_question(const asr_client *client, const char *username, asr_cancel *cancel) {
  (void)client, (void)username, (void)cancel;
  newer.code = 2;
  return &newer;
}
void asr_result_free(asr_result *result) { (void)result; }
LIBRARY
  local program
  for program in "$(block README.md '*.c')" examples/c/secret_question.c; do
    compiled cc -std=c99 "$program" "$BATS_TEST_TMPDIR/newer.c"
    prints 'This account has no secret question.' "$BATS_TEST_TMPDIR/program" hello@autoshares.com
  done
}

@test "the examples in C refuse an older library" {
  printf '#include <stdint.h>\nuint32_t asr_abi_version(void) { return 0; }\n' >"$BATS_TEST_TMPDIR/older.c"
  local program
  for program in secret_question wizard; do
    compiled cc -std=c99 "examples/c/$program.c" "$BATS_TEST_TMPDIR/older.c"
    run "$BATS_TEST_TMPDIR/program" hello@autoshares.com
    [[ $status -eq 1 && $output == 'The autoshares_reset library is older than this program: install the newer one.' ]]
  done
}

@test "the README's Python program prints the question, or the setting that is missing" {
  export PYTHONPATH=bindings/python/src
  prints "$QUESTION" python3 "$(block README.md '*.python')"
  names_the_missing_setting python3 "$(block README.md '*.python')"
}

# A project of C# beside the examples, because its settings are those of this checkout. The caller removes $project.
csharp_project() {
  scripts/offline/dotnet.sh || [ $? -eq 75 ]
  if [ ! -e target/dotnet/env.sh ]; then skip "no .NET here"; fi
  # shellcheck source=/dev/null
  . target/dotnet/env.sh
  # A relative path, as everywhere else: the build does not see that a link's path names the same project.
  project=$(mktemp -d target/readme.XXXXXX)
  sed 's|\.\./\.\./\.\./bindings|../../bindings|' examples/csharp/SecretQuestion/SecretQuestion.csproj >"$project/Readme.csproj"
  cp examples/csharp/Directory.Build.* "$project"
}

@test "the README's C# program prints the question, or the setting that is missing" {
  csharp_project
  cp "$(block README.md '*.csharp')" "$project/Program.cs"
  local failed=0
  dotnet build --nologo -v quiet -c Release -o "$project/out" "$project" \
    && prints "$QUESTION" dotnet "$project/out/Readme.dll" && names_the_missing_setting dotnet "$project/out/Readme.dll" || failed=1
  rm -rf "$project"
  return "$failed"
}

@test "the C# package's README registers a client as ASP.NET understands it" {
  csharp_project
  awk -v folder="$BATS_TEST_TMPDIR" -f tests/packaging/code-blocks.awk bindings/csharp/README.md
  sed -i 's|<ItemGroup>|&<FrameworkReference Include="Microsoft.AspNetCore.App" />|; s|Exe|Library|' "$project/Readme.csproj"
  {
    cat <<'PROGRAM'
using AutoShares.Reset;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

internal static class Service
{
#if !NET5_0_OR_GREATER
    private static OptionsBuilder<T> BindConfiguration<T>(this OptionsBuilder<T> options, string section) where T : class => options;
#endif

    internal static void Register(IServiceCollection services)
    {
PROGRAM
    cat "$BATS_TEST_TMPDIR"/*.service.csharp
    printf '    }\n}\n'
  } >"$project/Service.cs"
  local failed=0
  dotnet build --nologo -v quiet -c Release -o "$project/out" "$project" || failed=1
  rm -rf "$project"
  return "$failed"
}

@test "the C header's program compiles as it stands, and prints the question" {
  compiled cc -std=c99 "$(block autoshares_reset.h '*.c')"
  # The same with another URL of the service.
  sed 's/ASR_BASE_URL_SANDBOX/getenv("AUTOSHARES_BASE_URL")/' "$(block autoshares_reset.h '*.c')" >"$BATS_TEST_TMPDIR/local.c"
  compiled cc -std=c99 "$BATS_TEST_TMPDIR/local.c"
  prints "$QUESTION" "$BATS_TEST_TMPDIR/program"
}

@test "the C++ header's example compiles, and prints the question" {
  {
    printf '#include <autoshares_reset.hpp>\n#include <cstdlib>\n#include <iostream>\nint main() {\n'
    printf 'const char *key = std::getenv("AUTOSHARES_APP_KEY");\n'
    sed 's/ASR_BASE_URL_SANDBOX/std::getenv("AUTOSHARES_BASE_URL")/' "$(block autoshares_reset.hpp '*.cpp')"
    printf '}\n'
  } >"$BATS_TEST_TMPDIR/example.cpp"
  compiled c++ -std=c++17 "$BATS_TEST_TMPDIR/example.cpp"
  prints "$QUESTION" "$BATS_TEST_TMPDIR/program"
}

@test "the recipes in C do what they say" {
  compiled cc -std=c99 "$(grep -l pthread_create "$BLOCKS"/recipes.md/*.c)"
  prints ASR_CANCELLED "$BATS_TEST_TMPDIR/program"
  compiled cc -std=c99 "$(grep -l asr_config_set_proxy "$BLOCKS"/recipes.md/*.c)"
  prints ASR_CONNECT_FAILED "$BATS_TEST_TMPDIR/program"
  compiled cc -std=c99 "$(grep -l AUTOSHARES_CA_FILE "$BLOCKS"/recipes.md/*.c)"
  prints "$QUESTION" "$BATS_TEST_TMPDIR/program"
}

@test "the recipe for asyncio does what it says" {
  PYTHONPATH=bindings/python/src python3 "$(block recipes.md '*.asyncio.python')" >"$BATS_TEST_TMPDIR/printed"
  diff - "$BATS_TEST_TMPDIR/printed" <<PRINTED
hello@autoshares.com: $QUESTION
robert.zak: What is your mother's maiden name?
noquestion@autoshares.com: no question
PRINTED
}

@test "the recipe for a password that has expired changes it" {
  PYTHONPATH=bindings/python/src prints 'The password is changed.' python3 "$(block recipes.md '*.expired.python')"
}

@test "the recipes for static linking make programs that need the C library or nothing, and plugins that export themselves" {
  make -s install PREFIX="$BATS_TEST_TMPDIR/prefix"
  cp "$(block README.md '*.c')" "$BATS_TEST_TMPDIR/main.c"
  cd "$BATS_TEST_TMPDIR"
  export PKG_CONFIG_PATH=$PWD/prefix/lib/pkgconfig LD_LIBRARY_PATH=''
  bash -eu "$(block recipes.md '*.static.sh')"
  if readelf -d main | grep NEEDED | grep -vE '\[(libc|ld-linux-[a-z0-9-]+)\.so'; then false; fi
  prints "$QUESTION" ./main
  sed 's/^cc/cc -static/' "$(block recipes.md '*.static.sh')" >static.sh
  bash -eu static.sh
  if readelf -d main | grep NEEDED; then false; fi
  prints "$QUESTION" ./main
  printf '#include <autoshares_reset.h>\nconst char *plugin(void) { return asr_version(); }\n' >plugin.c
  bash -eu "$(block recipes.md '*.plugin.sh')"
  [ "$(nm -D --defined-only plugin.so | cut -d' ' -f3)" = plugin ]
}

@test "the README's table of outcomes has the header's names and numbers" {
  sed -n 's/^| `\(ASR_[A-Z_]*\)` | \([0-9]*\) |.*/\1 = \2/p' README.md >"$BATS_TEST_TMPDIR/table"
  sed -n 's/^  \(ASR_[A-Z_]* = [0-9]*\),\{0,1\}$/\1/p' include/autoshares_reset.h | diff "$BATS_TEST_TMPDIR/table" -
  [ -s "$BATS_TEST_TMPDIR/table" ]
}

@test "the emulator's users have the questions in the README" {
  compiled cc examples/c/secret_question.c
  rows=0
  while IFS='|' read -r _ user question _; do
    user=$(sed 's/^ *`//; s/` *$//' <<<"$user")
    question=$(sed 's/^ *//; s/ *$//' <<<"$question")
    case $question in
      none) question='This account has no secret question.' ;;
      responds*) continue ;;
    esac
    echo "$user: $question"
    prints "$question" "$BATS_TEST_TMPDIR/program" "$user"
    rows=$((rows + 1))
  done < <(grep '^| `[a-z.@]*` | ' README.md)
  [ "$rows" -eq 4 ]
}

@test "the README's figures are those of benches/RESULTS.md" {
  run python3 tests/packaging/figures.py
  [ "$status" -eq 0 ] || { echo "$output"; false; }
}

@test "the numbers of tests in docs/testing.md and the README are those of the sources" {
  while IFS=: read -r theme files; do
    # shellcheck disable=SC2086
    tests=$(cat $files | grep -c '^#\[test\]')
    grep -Eq "^\| $theme \| $tests tests? \|" docs/testing.md || { echo "$theme: $tests"; false; }
  done <<'THEMES'
kept connections: tests/calls/connections.rs
early responses: tests/responses/main.rs tests/responses/framing.rs
connections made ahead: tests/ahead.rs
several addresses: tests/race.rs
many calls: tests/many_calls.rs
cancelling: tests/calls/cancellation.rs
THEMES
  histories=$(sed -n 's/.*ASR_HISTORIES:-\([0-9]*\)000}.*/\1,000/p' scripts/suite.sh)
  grep -q "^| histories | $histories |" docs/testing.md
  grep -q "^| fuzzing | $(find fuzz/fuzz_targets -name '*.rs' | wc -l) targets |" docs/testing.md
  grep -q "the $(grep -c '"id":' tests/cases.json) rows of one table" README.md
}

@test "local links in the documents lead somewhere" {
  for file in *.md docs/*.md emulator/*.md bindings/*/*.md; do
    while read -r link; do
      [ -e "$(dirname "$file")/${link%%#*}" ] || { echo "$file: $link"; false; }
    done < <(grep -o '](\([^)]*\))' "$file" | sed 's/^](//; s/)$//' | grep -v '^\(https\?:\|#\)')
  done
}

@test "the table of platforms is that of packaging/targets.txt" {
  python3 packaging/platforms.py --check
}

@test "make help lists every target" {
  make -s help >"$BATS_TEST_TMPDIR/help"
  for target in $(sed -n '/^\.PHONY:/,$p' Makefile | tr -d '\\' | cut -d: -f2); do
    grep -q "^  $target " "$BATS_TEST_TMPDIR/help" || [ "$target" = .PHONY ] || { echo "$target"; false; }
  done
}

@test "the API documentation is complete and without warnings" {
  make -s docs
  [ -s target/docs/c/index.html ]
}

@test "the library and each function have a manual page" {
  make -s docs
  local page pages name names signature
  cd target/docs/man/man3
  for page in *.3; do
    [ -z "$(groff -man -ww -z -Tutf8 "$page" 2>&1)" ] || { echo "$page"; false; }
    MANWIDTH=200 man -l "$page" | col -b >"$BATS_TEST_TMPDIR/$page"
    grep -q '#include <autoshares_reset.h>' "$BATS_TEST_TMPDIR/$page"
    [ "$(grep -c '#include <stdint.h>' "$BATS_TEST_TMPDIR/$page")" -eq 0 ]
  done
  cd "$BATS_TEST_TMPDIR"
  names=$(sed -n 's/^\(asr_[a-z_]*\) [0-9]*$/\1/p' "$root/packaging/abi/symbols")
  for name in $names; do
    signature=$(grep -E "^ +[a-z].*$name\(.*\);$" "$name.3")
    [ "$(grep -cE '\(.*\);$' "$name.3")" -eq 1 ] || { echo "$name: $signature"; false; }
    grep -q "$name(3)" autoshares_reset.3
    [ "$(wc -l <"$name.3")" -lt 60 ]
  done
  pages=(./*.3)
  [ "${#pages[@]}" -eq "$(($(grep -c '\bASR_CALL asr_' "$root/include/autoshares_reset.h") + 1))" ]
  grep -q 'A user who forgot the password' autoshares_reset.3
  # The four calls are a list.
  [ "$(grep -cE '^ +[1-4]\. ' autoshares_reset.3)" -eq 4 ]
}
