#!/usr/bin/env bash
# Sourced: start_emulator starts the stand-in of the service on a free port and returns when it is ready.
# shellcheck shell=bash

# Sets AUTOSHARES_BASE_URL and AUTOSHARES_APP_KEY, with --https AUTOSHARES_HTTPS_URL and AUTOSHARES_CA_FILE too.
# It ends with the caller, because it reads from a pipe that only the caller holds. Its later output, the mails,
# can be read from the descriptor ${emulator_output}.
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
