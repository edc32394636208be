"""Packs a folder as an archive whose bytes depend only on the folder's content: packaging/pack.py ARCHIVE FOLDER

ARCHIVE ends with .tar.gz or .zip. Files bear the time SOURCE_DATE_EPOCH, belong to nobody and stand in order.
"""

import gzip
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path

archive, folder = map(Path, sys.argv[1:])
moment = int(os.environ["SOURCE_DATE_EPOCH"])
entries = sorted([folder, *folder.rglob("*")])


def mode(path):
    return 0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644


def name(path):
    return path.relative_to(folder.parent).as_posix()


if archive.suffix == ".zip":
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in entries:
            if path.is_file():
                entry = zipfile.ZipInfo(name(path), time.gmtime(moment)[:6])
                entry.create_system, entry.external_attr = 3, mode(path) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, path.read_bytes())
else:

    def normal(entry):
        entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = moment, 0, 0, "", ""
        if not entry.issym():
            entry.mode = mode(folder.parent / entry.name)
        return entry

    with archive.open("wb") as file, gzip.GzipFile("", "wb", mtime=moment, fileobj=file) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as out:
            for path in entries:
                out.add(path, name(path), recursive=False, filter=normal)
