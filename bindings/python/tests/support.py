"""Programs and servers for the tests."""

from __future__ import annotations

import json
import os
import queue
import socket
import socketserver
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from programs import QUESTIONS

PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGE.parents[1]
BUILT = CHECKOUT / "target" / "release"

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
for_linux = pytest.mark.skipif(sys.platform != "linux", reason="forks, as programs on Linux do, or looks into /proc")
sends_signals = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals to another process")

APP_KEY = "emulator-app-key"
USER, ANSWER = "hello@autoshares.com", "Maple Street"
QUESTION = QUESTIONS[USER]
CALLS = {
    "secret_question": {"username": "u"},
    "request_reset": {"username": "u", "answer": "a"},
    "confirm_code": {"code": "c"},
    "set_password": {"token": "t", "new_password": "p"},
}
"""The calls that send something, each with all its arguments."""

PATIENCE = 300.0
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

    def stop(self) -> None:
        """Ends the program within a second. If it ends by itself, it must succeed."""
        if self._process is None:
            return
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        status = 0
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._drain.join()
        self._process.stdout.close()
        assert status == 0


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


class StalledServer(socketserver.ThreadingTCPServer):
    """Accepts requests, and responds only when the test calls respond()."""

    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.connections = 0
        self._requests: queue.Queue[bytes] = queue.Queue()
        self._closings: queue.Queue[float] = queue.Queue()
        self._waiting: list[socket.socket] = []
        self._ending = False
        self._accepting = threading.Thread(target=self.serve_forever, args=[0.02])
        self._accepting.start()

    def next_request(self) -> bytes:
        """Waits for a whole request."""
        return self._requests.get(timeout=PATIENCE)

    def next_closing(self) -> float:
        """Waits for a client to close a connection; returns the time of that, by time.monotonic()."""
        return self._closings.get(timeout=PATIENCE)

    def no_request_came(self) -> bool:
        return self._requests.empty()

    def respond(self) -> None:
        """Responds to all requests that have arrived."""
        body = b'{"Model": "A question?", "IsSucceed": true}'
        waiting, self._waiting = self._waiting, []
        for connection in waiting:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def finish_request(self, request: Any, client_address: object) -> None:  # noqa: ARG002
        self.connections += 1
        connection: socket.socket = request
        # The client may never close the connection, and the way to wake recv() differs between systems.
        connection.settimeout(0.05)
        received = b""
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

    def __exit__(self, *_: object) -> None:
        self._ending = True
        self.shutdown()
        self._accepting.join()
        self.server_close()  # waits for the threads of the connections


def made_library(folder: Path, name: str) -> str:
    """A library built from a C source of these tests."""
    suffix = ".dll" if os.name == "nt" else ".so"
    if given := os.environ.get("AUTOSHARES_TEST_LIBRARIES"):
        return str(Path(given, name + suffix))
    library = folder / f"{name}{suffix}"
    compiler = "clang" if os.name == "nt" else "cc"
    source = PACKAGE / "tests" / "native" / f"{name}.c"
    subprocess.run([compiler, "-shared", "-o", library, source], check=True)
    return str(library)


def tell(process: subprocess.Popen[str], line: str = "") -> None:
    assert process.stdin
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    """Waits for the program's next line."""
    assert process.stdout
    return process.stdout.readline().rstrip("\n")


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
