#!/usr/bin/env bash
# Shows the library at work against the emulator: the secret question in each language, then a whole reset.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
needs demo

release=$root/target/release
programs=$root/target/demo
mkdir -p "$programs"
export LD_LIBRARY_PATH=$release AUTOSHARES_RESET_LIBRARY=$release/libautoshares_reset.so

compile() { "$@" -Iinclude -L"$release" -lautoshares_reset; }
compile cc examples/c/secret_question.c -o "$programs/c"
compile cc -pthread examples/c/wizard.c -o "$programs/wizard"
compile c++ -std=c++17 examples/cpp/secret_question.cpp -o "$programs/cpp"

c() { "$programs/c" "$@"; }
cpp() { "$programs/cpp" "$@"; }
python() { PYTHONPATH=bindings/python/src python3 examples/python/secret_question.py "$@"; }
csharp() { dotnet "$programs/csharp/SecretQuestion.dll" "$@"; }

languages=(c cpp python)
say "making .NET ready"
scripts/offline/dotnet.sh || [ $? -eq 75 ]
if [ -e target/dotnet/env.sh ]; then
  # shellcheck source=/dev/null
  . target/dotnet/env.sh
  dotnet build --nologo -v quiet -c Release examples/csharp/SecretQuestion -o "$programs/csharp"
  languages+=(csharp)
fi

# shellcheck disable=SC2119
start_emulator
say "the emulator is ready: $AUTOSHARES_BASE_URL"

# The app key is passed in the environment, because the list of processes shows arguments.
show() {
  local status=0
  printf '\033[2m$ %s%s %s\033[0m\n' "${3:+AUTOSHARES_APP_KEY=$3 }" "$1" "$2"
  AUTOSHARES_APP_KEY=${3:-$AUTOSHARES_APP_KEY} "$1" "$2" || status=$?
  if [ -n "${3:-}" ] && [ "$status" -eq 3 ]; then
    printf '(exit status 3: the app key was rejected)\n'
  elif [ "$status" -ne 0 ] || [ -n "${3:-}" ]; then
    die "unexpected exit status $status"
  fi
}

for language in "${languages[@]}"; do
  say "the secret question, in $language"
  show "$language" hello@autoshares.com
  show "$language" noquestion@autoshares.com
  show "$language" hello@autoshares.com a-wrong-key
done

say "a whole reset, through the wizard in C, typed by a script: a wrong answer first"
# Bash warns of a second coprocess, although it can have one.
{ coproc WIZARD { "$programs/wizard" hello@autoshares.com 2>&1; }; } 2>/dev/null
from=${WIZARD[0]} to=${WIZARD[1]} wizard=$WIZARD_PID

# type_at PROMPT TEXT: prints the wizard's output until the prompt, then types the text.
type_at() {
  local said='' char
  until [[ $said == *"$1" ]]; do
    IFS= read -r -N 1 char <&"$from" || die "the wizard ended early"
    printf '%s' "$char"
    said+=$char
  done
  printf '%s\n' "$2"
  printf '%s\n' "$2" >&"$to"
}

type_at 'Answer: ' 'Elm Street'
type_at 'Answer: ' 'Maple Street'
until [[ ${mail:-} == 'MAIL to=hello@autoshares.com '* ]]; do
  read -r mail <&"$emulator_output" || die "the emulator ended early"
done
type_at 'Code: ' "${mail##*code=}"
type_at 'New password: ' 'Battery-Staple-7'
type_at 'Repeat it: ' 'Battery-Staple-7'
exec {to}>&-
cat <&"$from"
wait "$wizard"
say "the code was in the emulator's mail: $mail"
