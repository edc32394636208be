"""The types for a type checker, and those at run time."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from support import PACKAGE, builds

import autoshares_reset


def check_types(source: str, folder: Path) -> str:
    """mypy's messages on a program; empty if there are none."""
    (folder / "program.py").write_text(source)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(folder), "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False).stdout


@builds
def test_a_missing_name_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", str(PACKAGE / "src"))
    assert check_types("from autoshares_reset import AsyncClient, Client\n", tmp_path) == ""
    assert 'has no attribute "Cleint"' in check_types("from autoshares_reset import Cleint\n", tmp_path)


def annotated() -> Iterator[Any]:
    for name in autoshares_reset.__all__:
        public = getattr(autoshares_reset, name)
        if inspect.isclass(public):
            yield from (kind for kind in public.__mro__ if kind.__module__.startswith("autoshares_reset"))
            yield from (member for _, member in inspect.getmembers(public, inspect.isfunction))
        elif inspect.isfunction(public):
            yield public


def test_annotations_can_be_read_at_run_time() -> None:
    """Python 3.9 can read them, too, which does not support `str | None`."""
    read = 0
    for public in annotated():
        if not public.__module__.startswith("autoshares_reset"):
            continue
        get_type_hints(public)
        for annotation in getattr(public, "__annotations__", {}).values():
            assert "|" not in str(annotation), public
            read += 1
    assert read > 50
