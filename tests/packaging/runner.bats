#!/usr/bin/env bats
# scripts/test.sh, with suites made for the tests, and the packages that the real suites need.

# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2317
load support

setup() {
  export SUITES=$BATS_TEST_TMPDIR SUITE_LOGS=$BATS_TEST_TMPDIR SUITE_RUNNER=$BATS_TEST_TMPDIR/runner
  printf '#!/bin/sh\nexec "$SUITES/$1"\n' >"$SUITE_RUNNER"
  chmod +x "$SUITE_RUNNER"
  run_suites=$root/scripts/test.sh
}

suite() { # NAME: a suite whose script is standard input
  { echo '#!/usr/bin/env bash'; cat; } >"$SUITES/$1"
  chmod +x "$SUITES/$1"
}

# A process that has ended may stay in the table until its parent reads its status.
is_gone() {
  local state
  state=$(ps -o stat= -p "$1") || return 0
  [[ $state == Z* ]]
}

@test "the counts of all runners are summed" {
  suite cargo <<<'echo "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured"'
  suite pytest <<<'echo "=== 4 passed in 0.20s ==="'
  suite plain <<<'echo "5 passed, 0 failed"'
  run "$run_suites" cargo pytest plain
  [ "$status" -eq 0 ]
  [ "${lines[-1]}" = '12 passed, 0 failed' ]
}

@test "a suite that fails, breaks or runs nothing fails the run, and is named" {
  suite good <<<'echo "1 passed, 0 failed"'
  suite bad <<<'echo "not ok the one that is looked for"; echo "1 passed, 1 failed"'
  suite broken <<<'echo "1 passed, 0 failed"; exit 3'
  suite idle <<<'true'
  run "$run_suites" good bad broken idle
  [ "$status" -eq 1 ]
  [[ $output == *'good '*' ok'* && $output == *'broken '*'FAILED (exit 3)'* && $output == *'idle '*'FAILED (ran no test)'* ]]
  [[ $output == *'    not ok the one that is looked for'* ]]
  [ "${lines[-1]}" = '3 passed, 3 failed' ]
}

@test "a suite receives Ctrl-C, also if its parent ignores it" {
  suite signals <<'SUITE'
trap 'echo "1 passed, 0 failed"; exit' INT
kill -INT $$
echo "0 passed, 1 failed"
SUITE
  trap '' INT QUIT
  run "$run_suites" signals
  [ "${lines[-1]}" = '1 passed, 0 failed' ]
}

@test "a suite that hangs is ended with its children, and the next one runs" {
  suite hangs <<'SUITE'
trap '' TERM
sleep 60 & echo $! >"$SUITES/pid"
wait
SUITE
  suite good <<<'echo "1 passed, 0 failed"'
  SUITE_SECONDS=1 run "$run_suites" hangs good
  [ "$status" -eq 1 ]
  [[ $output == *'hangs '*'FAILED: it was ended after '*' s, because it may take 1'* ]]
  [ "${lines[-1]}" = '1 passed, 1 failed' ]
  is_gone "$(cat "$SUITES/pid")"
}

@test "processes that a suite leaves running are ended" {
  suite leaves <<<'sleep 60 & echo $! >"$SUITES/pid"; echo "1 passed, 0 failed"'
  run "$run_suites" leaves
  [ "$status" -eq 0 ]
  is_gone "$(cat "$SUITES/pid")"
}

@test "a run that is ended ends its suites" {
  suite waits <<<'echo $$ >"$SUITES/pid"; sleep 60'
  "$run_suites" waits 3>&- &
  until [ -s "$SUITES/pid" ]; do sleep 0.1; done
  kill "$!"
  local status=0
  wait "$!" || status=$?
  [ "$status" -eq 130 ]
  is_gone "$(cat "$SUITES/pid")"
}

@test "scripts/needs.txt and tests/README.md have each suite, and the former has all names that scripts ask for" {
  local set name
  for set in quick all hardening release platforms; do
    for name in $("$run_suites" --list "$set"); do
      entries "$name"
      grep -qE "^\|.*[ (]${name}[,;)* ]" "$root/tests/README.md" || { echo "tests/README.md: $name"; false; }
    done
  done
  while read -r _ name; do
    entries "$name"
  done < <(grep -rhoE '\bneeds [a-z][a-z0-9-]+$' "$root/scripts" "$root/tests" --include='*.sh' --include='*.bats')
  diff <(awk '!/^#/ && $6 != "-" { print $6 }' "$root/packaging/targets.txt" | sort -u) <(entries every-system | sort)
  run entries nobody
  [ "$status" -ne 0 ]
}

@test "only setup installs packages" {
  cd "$root"
  run git grep -lE 'apt(-get)?( -[^ ]+)* install' -- scripts tests bindings benches .ci Makefile ':!tests/packaging/runner.bats'
  # The last unpacks packages for other processors below target/.
  diff <(printf '%s\n' "${lines[@]}") <(printf '%s\n' scripts/setup.sh tests/platforms/foreign-root.sh)
}

@test "a checkout in a folder with blanks and other letters is used through a link" {
  local folder="$BATS_TEST_TMPDIR/é folder"
  mkdir -p "$folder/scripts"
  cp "$root/scripts/lib.sh" "$folder/scripts/"
  run bash -c '. "$1/scripts/lib.sh"; echo "$root"; ls "$root/scripts"' bash "$folder"
  [[ ${lines[0]} != *' '* && ${lines[1]} == lib.sh ]]
  # Nobody else's folder is used.
  rm "${lines[0]}"
  mkdir "${lines[0]}"
  run bash -c '. "$1/scripts/lib.sh"' bash "$folder"
  [ "$status" -ne 0 ]
  rm -r "/tmp/autoshares-reset-$(id -u)-$(cksum <<<"$folder" | cut -d' ' -f1)"
}

# The suite install on a system with no package and no program of those that it needs.
lacking_all() { # VARIABLE=VALUE…
  local tool
  mkdir "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\necho installed another-package\n' >"$BATS_TEST_TMPDIR/bin/dpkg-query"
  chmod +x "$BATS_TEST_TMPDIR/bin/dpkg-query"
  for tool in awk bash cksum cut dirname grep id sed sort uname; do ln -s "$(command -v $tool)" "$BATS_TEST_TMPDIR/bin/"; done
  run env PATH="$BATS_TEST_TMPDIR/bin" CI=false "$@" "$root/scripts/suite.sh" install
}

@test "a suite that lacks packages names them, and the line that installs them" {
  lacking_all
  [ "$status" -eq 1 ]
  [[ $output == *'install needs these Debian packages: bats binutils cmake g++ gcc libc6-dev make pkg-config. scripts/setup.sh install installs them'* ]]
}

@test "a suite that lacks packages is skipped if asked to" {
  lacking_all SKIP_MISSING=1
  [ "$status" -eq 75 ]
  [[ $output == *SKIPPED* ]]
}

@test "a suite that lacks packages fails in CI" {
  lacking_all SKIP_MISSING=1 CI=true
  [ "$status" -eq 1 ]
  [[ $output == *'nothing is skipped in CI'* ]]
}

@test "a folder of Python's tools is made once, also if its Python is first on PATH" {
  cd "$root"
  python_tools tools-of-a-test pip
  PATH=$programs:$PATH
  run python_tools tools-of-a-test pip
  rm -rf "$root"/target/tools-of-a-test{,.lock}
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "the tests inside the programs of ctest are summed; a crash, no test and a test that is not there fail" {
  cat >"$BATS_TEST_TMPDIR/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(programs NONE)
enable_testing()
add_test(NAME tap COMMAND printf "1..3\nok 1 - a\nok 2 - b\nnot ok 3 # SKIP\n")
add_test(NAME doctest COMMAND printf "[doctest] test cases:  4 |  4 passed | 0 failed | 1 skipped\n")
add_test(NAME plain COMMAND printf "ok row\n8 passed, 0 failed\n")
add_test(NAME left_out COMMAND sh -c "exit 75")
set_tests_properties(left_out PROPERTIES SKIP_RETURN_CODE 75)
add_test(NAME bad COMMAND sh -c "printf 'ok 1 - a\\nnot ok 2 - b\\n'; exit 1")
add_test(NAME crash COMMAND sh -c "echo ok 1 - a; kill -SEGV $$")
add_test(NAME idle COMMAND true)
add_test(NAME missing COMMAND no_such_program)
CMAKE
  cd "$BATS_TEST_TMPDIR"
  cmake -B . . >/dev/null
  run ctest --output-junit "$PWD/good.xml" --tests-regex 'tap|doctest|plain|left_out'
  [ "$status" -eq 0 ]
  run python3 -B "$root/tests/summary.py" good.xml
  [ "$status" -eq 0 ]
  [ "$output" = '14 passed, 0 failed' ]
  run ctest --output-junit "$PWD/all.xml"
  [ "$status" -ne 0 ]
  run python3 -B "$root/tests/summary.py" good.xml all.xml
  [ "$status" -eq 1 ]
  [[ $output == *'not ok crash: '*'(1 tests passed)'*'not ok idle: '*'(0 tests passed)'*'not ok missing: '* ]]
  [ "${lines[-1]}" = '30 passed, 4 failed' ]
}
