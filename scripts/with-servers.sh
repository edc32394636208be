#!/usr/bin/env bash
# Runs a command while the emulator (HTTP and HTTPS) and the case server are up on free ports:
#   scripts/with-servers.sh COMMAND [ARGUMENT…]
# It sees AUTOSHARES_BASE_URL, _HTTPS_URL, _CA_FILE, _APP_KEY and _CASES_URL. Both servers end with this script.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need_built

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

start_emulator --https --ca-file "$scratch/ca.pem"
# Nobody reads the mails from here: the emulator's control path gives them.
cat <&"$emulator_output" >/dev/null &

mkfifo "$scratch/cases"
exec {cases_input}> >(exec "$root/target/release/autoshares-case-server" --until-stdin-closes >"$scratch/cases")
exec {cases_output}<"$scratch/cases"
while read -r line <&"$cases_output" && [ "$line" != ready ]; do
  export "${line?}"
done
: "${AUTOSHARES_CASES_URL:?the case server did not start}"

status=0
"$@" {cases_input}>&- || status=$?
exit "$status"
