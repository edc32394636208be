"""Fills in the recipes of other package managers for a release: packaging/ports.py FOLDER_OF_THE_RELEASE ADDRESS VERSION OUTPUT

In packaging/ports @version@ and @url@ stand for the release, @sha256:FILE@ and @sha512:FILE@ for the checksums of its
files: nothing where the release lacks one.
"""

import hashlib
import re
import sys
from pathlib import Path

release, url, version, output = sys.argv[1:]
templates = Path(__file__).resolve().parents[1] / "packaging/ports"


def checksum(match):
    file = Path(release, match[2])
    return hashlib.new(match[1], file.read_bytes()).hexdigest() if file.is_file() else ""


for template in sorted(templates.rglob("*")):
    if template.is_file():
        text = template.read_text(encoding="utf-8").replace("@version@", version).replace("@url@", url)
        target = Path(output, template.relative_to(templates))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(re.sub(r"@(sha256|sha512):([^@]+)@", checksum, text), encoding="utf-8")
