#!/usr/bin/env bash
# Measures the library, libcurl, a floor in C, requests, httpx and HttpClient, and prints one table with the
# goals. The full run writes benches/RESULTS.md and its plot, too; --quick takes fewer rounds and writes nothing.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"
cd "$root"

need_rust
needs bench
make -s -C benches/peers all
python_tools bench-venv --requirement benches/requirements.txt

csharp=()
scripts/offline/dotnet.sh || [ $? -eq 75 ]
if [ -e target/dotnet/env.sh ]; then
  # shellcheck source=/dev/null
  . target/dotnet/env.sh
  dotnet build -nologo -verbosity:quiet -clp:NoSummary -c Release benches/peers/csharp
  csharp=(--csharp "$(echo "$root"/target/csharp/bin/Peer/Release/*/Peer.dll)")
fi

if [ "${1:-}" != --quick ]; then
  say "building the library with names, for the profile"
  cargo rustc --locked --quiet --profile profiling --lib --crate-type cdylib \
    --config 'profile.profiling.inherits="release"' --config 'profile.profiling.strip="none"'
  ln -sf libautoshares_reset.so target/profiling/libautoshares_reset.so.0
fi

"$programs/python" -B "$root/benches/compare.py" "${csharp[@]}" "$@"
