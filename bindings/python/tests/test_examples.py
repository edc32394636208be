"""The examples in Python, as far as tests/c/examples_check.py does not test them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from support import APP_KEY, EXAMPLES, PATIENCE, USER, Emulator, StalledServer, sends_signals

PROGRAMS = ["secret_question.py", "wizard.py"]


def run(program: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = subprocess.run(
        [sys.executable, EXAMPLES / program, *arguments],
        env={**os.environ, "AUTOSHARES_APP_KEY": APP_KEY, "PYTHONUTF8": "1", **environment},
        input="",
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    return process.returncode, process.stdout, process.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_missing_library_is_said(program: str) -> None:
    status, output, errors = run(program, "http://127.0.0.1:1", USER, AUTOSHARES_RESET_LIBRARY="/nowhere")
    assert (status, output) == (1, "")
    assert errors.startswith("the native library of autoshares-reset cannot be used")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_question_that_the_terminal_cannot_show(emulator: Emulator, program: str) -> None:
    _, output, errors = run(program, emulator.url, "zoe@autoshares.com", PYTHONIOENCODING="ascii")
    assert "?C?mo se llamaba tu primera mascota? ?" in output
    assert "Traceback" not in errors


@sends_signals
@pytest.mark.parametrize(
    ("answered", "said"),
    [(0, "The password is not changed."), (2, "It is not known whether the password was changed.")],
)
def test_ctrl_c_while_the_service_is_waited_for(stalled: StalledServer, answered: int, said: str) -> None:
    process = subprocess.Popen(
        [sys.executable, EXAMPLES / "wizard.py", stalled.url, USER],
        env={**os.environ, "AUTOSHARES_APP_KEY": APP_KEY},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        encoding="utf-8",
    )
    with process:
        assert process.stdin
        process.stdin.write("a code\nA new password: 3\nA new password: 3\n")
        process.stdin.flush()
        for _ in range(answered):
            stalled.next_request()
            stalled.respond()
        stalled.next_request()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=PATIENCE)[1] == f"Stopped. {said}\n"
    assert process.returncode == 1
