"""Common fixtures. The library is the one of AUTOSHARES_RESET_LIBRARY, else an installed wheel's, else that of
`make build`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support import APP_KEY, BUILT, Emulator, StalledServer

from autoshares_reset import Client
from autoshares_reset._library import FILE_NAME

IMPORTED = Path(sys.modules[Client.__module__].__file__ or "").parent
LIBRARY = next(file for file in (IMPORTED / FILE_NAME, BUILT / FILE_NAME) if file.exists() or file.parent == BUILT)
os.environ.setdefault("AUTOSHARES_RESET_LIBRARY", str(LIBRARY))
# A shell starts a background job, and so its children, with Ctrl-C ignored: the tests' programs would wait
# for it for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The tests' programs import this process's package, and programs.py.
os.environ["PYTHONPATH"] = os.pathsep.join([str(IMPORTED.parent), str(Path(__file__).parent)])


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    program = Emulator(tmp_path_factory.mktemp("emulator") / "ca.pem")
    yield program
    program.stop()


@pytest.fixture
def stalled() -> Iterator[StalledServer]:
    with StalledServer() as server:
        yield server


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    with Client(emulator.url, APP_KEY) as client:
        yield client


StartPython = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start_python() -> Iterator[StartPython]:
    """Starts Python programs, with pipes on all three streams, which do not outlive the test."""
    with contextlib.ExitStack() as started:

        def start(source: str, *arguments: object) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-X", "dev", "-X", "utf8", "-c", textwrap.dedent(source), *map(str, arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield start


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The rows of the conformance table, reported as every language's runner reports them."""
    for report in terminalreporter.getreports("passed"):
        _, found, row = report.nodeid.partition("test_conformance.py::test_row[")
        if found:
            terminalreporter.write_line(f"ok {row[:-1]}")
