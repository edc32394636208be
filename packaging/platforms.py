"""Writes the table in docs/platforms.md from packaging/targets.txt, from the libraries in target/portable, and from the
suites' notes in target/platforms: packaging/platforms.py [--check]

With --check nothing is written; it fails where the table names other systems or other files than packaging/targets.txt.
"""

import re
import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[1]
document = root / "docs/platforms.md"
version = re.search(r'(?m)^version = "(.*)"', (root / "Cargo.toml").read_text())[1]
BEGIN, END = "<!-- written by packaging/platforms.py -->\n", "<!-- end -->\n"

NAMES = {
    "linux-x64": "Linux x64, glibc 2.17 and newer",
    "linux-arm64": "Linux arm64, glibc 2.17 and newer (Raspberry Pi OS 64-bit, AWS Graviton)",
    "linux-musl-x64": "Linux x64, musl (Alpine)",
    "linux-musl-arm64": "Linux arm64, musl (Alpine)",
    "win-x64": "Windows x64",
    "win-x86": "Windows x86, and 32-bit programs on x64",
    "win-arm64": "Windows arm64",
    "osx-arm64": "macOS 11 and newer, arm64",
    "osx-x64": "macOS 10.12 and newer, x64",
    "osx": "macOS 11 and newer, both in one file",
}
HOW = {"natively": "run", "qemu": "run under QEMU", "wine": "run under wine", "linked": "linked only"}


GIT = ["git", "-C", str(root), "rev-parse", "HEAD:src"]
SOURCES = subprocess.run(GIT, capture_output=True, text=True).stdout.strip() or "unknown"


def size(path):
    return f"{path.stat().st_size / 1e6:.2f} MB" if path else "–"


def ran(rid, language, otherwise="–"):
    note = root / f"target/platforms/{rid}-{language}"
    how, _, sources = note.read_text().strip().partition(" ") if note.is_file() else ("", "", "")
    return HOW[how] if sources == SOURCES else otherwise


rows = {}
for line in (root / "packaging/targets.txt").read_text().splitlines():
    if line.startswith("#"):
        continue
    target, rid, wheel, debian, _, _, built, _ = line.split()
    if rid in rows:
        continue  # Microsoft's tools beside GNU's: the same files
    suffix = "zip" if rid.startswith("win") else "tar.gz"
    portable = root / "target/portable" / target
    shared = next((file for end in ("so", "dll") for file in portable.glob(f"*autoshares_reset.{end}")), None)
    rows[rid] = [
        NAMES[rid],
        f"`…-{rid}.{suffix}`",
        f"`…-{wheel.split('.')[0]}.whl`",
        "–" if rid == "osx" else f"`{rid}`",
        "–" if debian == "-" else f"`…_{debian}.deb`",
        ran(rid, "c", "–" if built == "linux" else "built by the workflow"),
        ran(rid, "python"),
        ran(rid, "csharp"),
        size(shared),
    ]

head = ["system", "C and C++", "Python", ".NET", "Debian", "C here", "Python here", "C# here", "shared library"]
lines = [f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows.values())]
text = document.read_text(encoding="utf-8")
before, rest = text.split(BEGIN)
after = rest.split(END)[1]
wanted = before + BEGIN + "\n" + "".join(lines) + "\n" + END + after
if "--check" not in sys.argv:
    document.write_text(wanted, encoding="utf-8")
else:
    # The results and sizes depend on the machine; the list of files does not.
    said = [line.strip("| \n").split(" | ")[:5] for line in rest.split(END)[0].splitlines() if line.startswith("| ")][2:]
    if said != [row[:5] for row in rows.values()]:
        sys.exit("the table in docs/platforms.md is not the one of packaging/targets.txt: run packaging/platforms.py")
