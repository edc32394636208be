#!/usr/bin/env bash
# Tests the emulator's page in a headless Chromium and leaves pictures of it in target/emulator-page/.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
cd "$root"
need_rust
need_cc

# Chromium asks name servers and connects outward despite its switches, so it runs in a network with loopback only.
# An ordinary user needs a user namespace or sudo for that.
for alone in 'unshare --net' 'unshare --map-root-user --net' 'sudo -n unshare --net' ''; do
  ! $alone true 2>/dev/null || break
done
if [ -z "$alone" ]; then
  skip_or_fail "the emulator's page: no network namespace can be made here"
  exit 0
fi

find_browser() { command -v chromium || command -v google-chrome; }
browser=$(find_browser) || {
  if ! command -v apt-get >/dev/null; then
    skip_or_fail "the emulator's page: it needs chromium, and there is no apt-get here to install it"
    exit 0
  fi
  apt_need chromium
  browser=$(find_browser)
}
apt_need fonts-liberation fonts-noto-color-emoji iproute2 python3

cargo build --locked --quiet --release -p autoshares-emulator
# shellcheck disable=SC2016 # The inner shell expands it.
$alone bash -c 'ip link set lo up && exec "$@"' bash \
  timeout 300 python3 -B emulator/tests/browser/page_test.py "$browser" target/release/autoshares-emulator \
  target/emulator-page
