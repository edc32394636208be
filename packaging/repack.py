"""Removes from a NuGet package the parts that differ between two builds: packaging/repack.py PACKAGE

That are a random file name, random identifiers and the time. Files bear the time SOURCE_DATE_EPOCH.
"""

import os
import re
import sys
import time
import zipfile

package = sys.argv[1]
moment = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]
with zipfile.ZipFile(package) as archive:
    entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}


def normal(name, data):
    name = re.sub(r"core-properties/\w+\.psmdcp$", "core-properties/properties.psmdcp", name)
    if name == "_rels/.rels":
        text = re.sub(r"core-properties/\w+\.psmdcp", "core-properties/properties.psmdcp", data.decode("utf-8-sig"))
        numbers = iter(range(1, 1000))
        data = re.sub(r' Id="\w+"', lambda _: f' Id="R{next(numbers)}"', text).encode()
    return name, data


with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in sorted(normal(*entry) for entry in entries.items()):
        entry = zipfile.ZipInfo(name, moment)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, data)
