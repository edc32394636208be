"""Programs and servers for the tests."""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType

import pytest

PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGE.parents[1]
BUILT = CHECKOUT / "target" / "release"
EXAMPLES = CHECKOUT / "examples" / "python"

# Set where the tests run on another system than the one that builds: tests/platforms/python.sh has started the
# servers there, and has compiled the C sources. Removed from the environment, so that programs that the
# tests start see the usual one.
GIVEN = {
    name: os.environ.pop(name)
    for name in ("AUTOSHARES_BASE_URL", "AUTOSHARES_HTTPS_URL", "AUTOSHARES_CA_FILE", "AUTOSHARES_CASES_URL")
    if "AUTOSHARES_TEST_LIBRARIES" in os.environ
}
# Marks, with a reason, for tests that cannot run.
builds = pytest.mark.skipif(bool(GIVEN), reason="nothing is built on this system: it has no tools for that")
forks = pytest.mark.skipif(sys.platform != "linux", reason="forks, as programs on Linux do")
looks_into_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
sends_signals = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals to another process")

APP_KEY = "emulator-app-key"
USER, QUESTION, ANSWER = "hello@autoshares.com", "What street did you live on in third grade?", "Maple Street"

PATIENCE = 60.0
"""Seconds after which a test no longer waits for an event."""
AT_ONCE = 0.5
"""Seconds within which a cancelled call must have ended: it takes 0.1 at the most, and a busy machine adds to that."""


class Program:
    """A server program of this project. It ends when its standard input does: with the test, whatever happens."""

    def __init__(self, name: str, *arguments: object) -> None:
        self.settings = dict(GIVEN)
        self._process: subprocess.Popen[str] | None = None
        if not GIVEN:
            self._start(BUILT / f"{name}{'.exe' if os.name == 'nt' else ''}", *arguments)

    def _start(self, program: Path, *arguments: object) -> None:
        if not program.exists():
            raise FileNotFoundError(f"{program} is not there: run `make build` first")
        self._process = subprocess.Popen(
            [program, *map(str, arguments), "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._process.stdout
        for line in self._process.stdout:
            if line == "ready\n":
                break
            name, _, value = line.rstrip("\n").partition("=")
            self.settings[name] = value
        else:
            raise RuntimeError(f"{program} ended with status {self._process.wait()} before it was ready")
        self._drain = threading.Thread(target=self._process.stdout.read)
        self._drain.start()

    def stop(self) -> int:
        if self._process is None:
            return 0
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        status = self._process.wait(PATIENCE)
        self._drain.join()
        self._process.stdout.close()
        return status


class Emulator(Program):
    def __init__(self, ca_file: Path) -> None:
        super().__init__("autoshares-emulator", "--port", 0, "--https", "--ca-file", ca_file)
        self.url = self.settings["AUTOSHARES_BASE_URL"]
        self.https_url = self.settings["AUTOSHARES_HTTPS_URL"]
        self.ca_file = Path(self.settings["AUTOSHARES_CA_FILE"])

    def mailed_code(self, user: str) -> str:
        query = urllib.parse.urlencode({"user": user})
        with urllib.request.urlopen(f"{self.url}/emulator/mail?{query}", timeout=PATIENCE) as response:  # noqa: S310
            code: str = json.load(response)["code"]
            return code


class StalledServer:
    """Accepts requests, and responds only when the test calls respond()."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._requests: queue.Queue[bytes] = queue.Queue()
        self._closings: queue.Queue[float] = queue.Queue()
        self._waiting: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept)
        self._serving: list[threading.Thread] = []
        self._ending = False
        self._accepting.start()

    def next_request(self) -> bytes:
        """Waits for a whole request."""
        return self._requests.get(timeout=PATIENCE)

    def next_closing(self) -> float:
        """Waits for a client to close a connection; returns the time of that, by time.monotonic()."""
        return self._closings.get(timeout=PATIENCE)

    @property
    def connections(self) -> int:
        return len(self._serving)

    def no_request_came(self) -> bool:
        return self._requests.empty()

    def respond(self, model: str = "A question?") -> None:
        """Responds to all requests that have arrived."""
        body = f'{{"Model": "{model}", "IsSucceed": true}}'.encode()
        waiting, self._waiting = self._waiting, []
        for connection in waiting:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._ending:
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._serving.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            received = b""
            # The client may never close the connection, and the way to wake recv() differs between systems.
            connection.settimeout(0.05)
            while not self._ending:
                try:
                    piece = connection.recv(65536)
                except socket.timeout:
                    continue
                except OSError:
                    piece = b""
                if not piece:
                    break
                received += piece
                whole = b"\r\n\r\n" if received.startswith(b"GET ") else b"}"
                if received.endswith(whole):
                    self._waiting.append(connection)
                    self._requests.put(received)
                    received = b""
            if connection in self._waiting:
                self._waiting.remove(connection)
            self._closings.put(time.monotonic())

    def __enter__(self) -> StalledServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # A connection wakes accept() on every system, which neither close nor shutdown does.
        self._ending = True
        socket.create_connection(self._listener.getsockname()).close()
        self._accepting.join()
        self._listener.close()
        for thread in self._serving:
            thread.join()


def made_library(folder: Path, name: str) -> str:
    """A library built from a C source of these tests."""
    suffix = ".dll" if os.name == "nt" else ".so"
    given = os.environ.get("AUTOSHARES_TEST_LIBRARIES")
    if given:
        return str(Path(given, name + suffix))
    library = folder / f"{name}{suffix}"
    compiler = "clang" if os.name == "nt" else "cc"
    source = PACKAGE / "tests" / "native" / f"{name}.c"
    subprocess.run([compiler, "-shared", "-o", library, source], check=True)
    return str(library)


def start_python(source: str, *arguments: object) -> subprocess.Popen[str]:
    """Starts a separate Python program, with pipes on all three streams. Tests use the fixture, which ends it."""
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-X", "utf8", "-c", textwrap.dedent(source), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def finish(process: subprocess.Popen[str], typed: str = "") -> str:
    """Waits for the program to end, successfully and without messages; returns its output."""
    with process:
        try:
            output, complaints = process.communicate(typed, timeout=PATIENCE)
        except BaseException:
            process.kill()
            raise
    assert (process.returncode, complaints) == (0, ""), complaints
    return output
