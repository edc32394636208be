"""The README's examples, run as they stand."""

from __future__ import annotations

import doctest

import pytest
from support import APP_KEY, PACKAGE, Emulator


def test_the_examples_do_what_they_say(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSHARES_BASE_URL", emulator.url)
    monkeypatch.setenv("AUTOSHARES_APP_KEY", APP_KEY)
    readme = PACKAGE / "README.md"
    examples = readme.read_text(encoding="utf-8").count("```python")
    results = doctest.testfile(str(readme), module_relative=False, encoding="utf-8")
    assert results.failed == 0
    assert results.attempted > examples > 0
