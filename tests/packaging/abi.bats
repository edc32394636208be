#!/usr/bin/env bats
# Compares the declarations of the header and the exports of the library with packaging/abi/.

# The linter cannot follow `load`, and bats runs each test in a subshell.
# shellcheck disable=SC2154,SC2030,SC2031
load support

setup_file() {
  MAJOR=$(cargo_field version | cut -d. -f1)
  export MAJOR NOW=$BATS_FILE_TMPDIR/now.abi
  "$root/scripts/abi.sh" dump "$root/include" >"$NOW"
}

setup() {
  cd "$root" || return
  release=$root/target/release
}

macro() { sed -n "s/^#define $1 \([0-9]*\).*/\1/p" include/autoshares_reset.h; }

# after_change SED VERDICT: scripts/abi.sh gives this verdict on the header after this change.
after_change() {
  mkdir "$BATS_TEST_TMPDIR/include"
  sed -E "$1" include/autoshares_reset.h >"$BATS_TEST_TMPDIR/include/autoshares_reset.h"
  if cmp -s include/autoshares_reset.h "$BATS_TEST_TMPDIR/include/autoshares_reset.h"; then
    echo "nothing was changed"
    return 1
  fi
  scripts/abi.sh dump "$BATS_TEST_TMPDIR/include" >"$BATS_TEST_TMPDIR/changed.abi"
  scripts/abi.sh compare "$NOW" "$BATS_TEST_TMPDIR/changed.abi" | tee "$BATS_TEST_TMPDIR/report"
  [ "$(tail -n 1 "$BATS_TEST_TMPDIR/report")" = "$2" ]
}

@test "the header breaks no caller, and its additions are recorded" {
  scripts/abi.sh compare "packaging/abi/$MAJOR.abi" "$NOW" | tee "$BATS_TEST_TMPDIR/report"
  case $(tail -n 1 "$BATS_TEST_TMPDIR/report") in
    same) ;;
    addition) die "an addition to the ABI: raise ASR_ABI_VERSION, make header, make abi-baseline" ;;
    *) die "programs that were built with the released header would break: revert the change, or raise the major version" ;;
  esac
}

@test "the ABI version is the one recorded" {
  [ "$(macro ASR_ABI_VERSION)" = "$(sed -n 's/^ASR_ABI_VERSION //p' packaging/abi/symbols)" ]
}

@test "the shared library exports what is recorded, and nothing else" {
  # Each function has the version of the ABI that added it; the versions are symbols, too.
  nm -D --defined-only "$release/libautoshares_reset.so" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort >"$BATS_TEST_TMPDIR/exported"
  sed -n "s/^\(asr_[a-z_]*\) \([0-9]*\)$/\1@@AUTOSHARES_RESET_$MAJOR.\2/p" packaging/abi/symbols |
    LC_ALL=C sort | diff - "$BATS_TEST_TMPDIR/exported"
}

@test "a program that is newer than the library is refused when it starts, and no other is" {
  cd "$BATS_TEST_TMPDIR"
  # A library that has only the first version.
  printf 'const char *asr_version(void) { return ""; }\n' >older.c
  printf 'AUTOSHARES_RESET_%s.1 { global: asr_version; local: *; };\n' "$MAJOR" >versions
  cc -shared -fPIC older.c -Wl,--version-script=versions -Wl,-soname,"libautoshares_reset.so.$MAJOR" -o "libautoshares_reset.so.$MAJOR"
  local call
  for call in 'asr_version()' 'asr_client_connect(NULL, NULL)'; do
    printf '#include <autoshares_reset.h>\n#include <stdio.h>\nint main(void) { puts("started"), fflush(stdout); return !%s; }\n' \
      "$call" >program.c
    cc -Wl,-z,lazy program.c -I"$root/include" -L"$release" -lautoshares_reset -o program
    LD_LIBRARY_PATH=. ./program >"said by $call" 2>&1 || true
  done
  grep -qx started 'said by asr_version()'
  if grep started 'said by asr_client_connect(NULL, NULL)'; then false; fi
  grep "version .AUTOSHARES_RESET_$MAJOR.2' not found" 'said by asr_client_connect(NULL, NULL)'
}

@test "the static library has every recorded symbol" {
  nm --defined-only "$release/libautoshares_reset.a" 2>/dev/null | sed -n 's/.* T \(asr_[a-z_]*\)$/\1/p' | LC_ALL=C sort -u \
    >"$BATS_TEST_TMPDIR/defined"
  sed -n 's/^\(asr_[a-z_]*\) [0-9]*$/\1/p' packaging/abi/symbols | diff - "$BATS_TEST_TMPDIR/defined"
}

@test "the shared library has its SONAME, stays resident, and needs nothing but the system" {
  readelf -dW "$release/libautoshares_reset.so" >"$BATS_TEST_TMPDIR/dynamic"
  grep -q "SONAME.*\[libautoshares_reset.so.$MAJOR\]" "$BATS_TEST_TMPDIR/dynamic"
  grep -q 'FLAGS_1.*NODELETE' "$BATS_TEST_TMPDIR/dynamic"
  if grep -E 'TEXTREL|RPATH|RUNPATH' "$BATS_TEST_TMPDIR/dynamic"; then false; fi
  others=$(sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' "$BATS_TEST_TMPDIR/dynamic" | grep -vE '^(libc|libm|libgcc_s|ld-linux-[a-z0-9-]+)\.so' || true)
  [ -z "$others" ] || { printf 'needed: %s\n' "$others"; false; }
}

@test "the shared library is stripped" {
  if nm "$release/libautoshares_reset.so" 2>/dev/null | grep -q .; then false; fi
  if readelf -SW "$release/libautoshares_reset.so" | grep -q '\.debug_info'; then false; fi
}

# The comparison itself, on changed copies of the header.

@test "a removed field is incompatible" {
  after_change '/^  const char \*service_code;/d' incompatible
}
@test "a field put in the middle is incompatible" {
  after_change 's/^  const char \*token;/  const char *extra;\n&/' incompatible
}
@test "two fields that change places are incompatible" {
  after_change 's/^  const char \*token;/  const char *swapped;/; s/^  const char \*message;/  const char *token;/; s/\*swapped;/*message;/' incompatible
}
@test "a field of another size is incompatible" {
  after_change 's/^  uint16_t http_status;/  uint32_t http_status;/' incompatible
}
@test "a field of another sign is incompatible, an appended one beside it or not" {
  after_change 's/^  uint32_t retry_after_s;/  int32_t retry_after_s;/; s/^  const char \*service_code;/&\n  const char *extra;/' incompatible
}
@test "a field put after the last one is an addition" {
  after_change 's/^  const char \*service_code;/&\n  const char *extra;/' addition
}
@test "a removed function is incompatible" {
  after_change '/^void ASR_CALL asr_client_free/d' incompatible
}
@test "a parameter of another type is incompatible" {
  after_change 's/asr_config_set_timeout_ms\(struct asr_config \*config, uint32_t/asr_config_set_timeout_ms(struct asr_config *config, uint64_t/' incompatible
}
@test "another return type is incompatible" {
  after_change 's/^uint32_t ASR_CALL asr_abi_version/uint64_t ASR_CALL asr_abi_version/' incompatible
}
@test "a new function is an addition" {
  after_change 's/^const char \*ASR_CALL asr_version\(void\);/&\nvoid asr_extra(void);/' addition
}
@test "another number for a code is incompatible" {
  after_change 's/ASR_TIMEOUT = 23/ASR_TIMEOUT = 26/' incompatible
}
@test "a removed code is incompatible" {
  after_change '/ASR_SERVER_ERROR = 34/d' incompatible
}
@test "a new code is an addition" {
  after_change 's/ASR_TIMEOUT = 23,/&\n  ASR_EXTRA = 26,/' addition
}
@test "another name for a parameter is not a change" {
  after_change 's/struct asr_config \*config, int32_t yes/struct asr_config *config, int32_t allowed/' same
}

# The packages' suites compare their versions with Cargo.toml's, this suite the versions that C programs see.

@test "library, header and pkg-config file have the version of Cargo.toml" {
  version=$(cargo_field version)
  [ "$(macro ASR_VERSION_MAJOR).$(macro ASR_VERSION_MINOR).$(macro ASR_VERSION_PATCH)" = "$version" ]
  cat >"$BATS_TEST_TMPDIR/version.c" <<'C'
#include <autoshares_reset.h>
#include <stdio.h>
int main(void) { return printf("%s %u\n", asr_version(), (unsigned)asr_abi_version()) < 0; }
C
  cc "$BATS_TEST_TMPDIR/version.c" -Iinclude -L"$release" -lautoshares_reset -o "$BATS_TEST_TMPDIR/version"
  [ "$(LD_LIBRARY_PATH=$release "$BATS_TEST_TMPDIR/version")" = "$version $(macro ASR_ABI_VERSION)" ]
  make -s install PREFIX="$BATS_TEST_TMPDIR/prefix"
  grep -qx "Version: $version" "$BATS_TEST_TMPDIR/prefix/lib/pkgconfig/autoshares_reset.pc"
}

@test "the changelog has the version, or an entry that will become it" {
  grep -qE "^## \[($(cargo_field version)|Unreleased)\]" CHANGELOG.md
}
