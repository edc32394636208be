"""The example programs, at a terminal and through pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, cast

import pexpect
import pexpect.popen_spawn
import pytest
from support import ANSWER, APP_KEY, EXAMPLES, PATIENCE, QUESTION, USER, Emulator, StalledServer

WRONG_ANSWER, WRONG_CODE = "Elm Street 17", "990099"
UNLIKE, WEAK, PASSWORD = "Not the same: 1", "weak", "A new password: 3"


def run(program: str, *arguments: str, typed: str = "", **environment: str) -> tuple[int, str, str]:
    process = subprocess.run(
        [sys.executable, EXAMPLES / program, *arguments],
        env={**os.environ, **environment},
        input=typed,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    return process.returncode, process.stdout, process.stderr


def test_the_question_is_printed_and_nothing_else(emulator: Emulator) -> None:
    for place in ([emulator.url], []):
        outcome = run("secret_question.py", *place, USER, AUTOSHARES_APP_KEY=APP_KEY, AUTOSHARES_BASE_URL=emulator.url)
        assert outcome == (0, f"{QUESTION}\n", "")


def test_no_question_is_a_success(emulator: Emulator) -> None:
    outcome = run("secret_question.py", emulator.url, "noquestion@autoshares.com", AUTOSHARES_APP_KEY=APP_KEY)
    assert outcome == (0, "This account has no secret question.\n", "")


@pytest.mark.parametrize(
    ("status", "user", "key"),
    [
        (1, "", APP_KEY),
        (3, USER, "another-key"),
        (4, "nobody@autoshares.com", APP_KEY),
        (4, "limited@autoshares.com", APP_KEY),
    ],
)
@pytest.mark.parametrize("program", ["secret_question.py", "wizard.py"])
def test_a_failure_is_said_with_its_status(emulator: Emulator, program: str, status: int, user: str, key: str) -> None:
    code, output, errors = run(program, emulator.url, user, AUTOSHARES_APP_KEY=key)
    assert (code, output) == (status, "")
    assert "Traceback" not in errors
    assert key not in errors
    assert len(errors.splitlines()) == (2 if user.startswith("limited") and program == "wizard.py" else 1)
    assert ("30 s." in errors) == user.startswith("limited")


@pytest.mark.parametrize("program", ["secret_question.py", "wizard.py"])
def test_a_network_failure_has_its_status(program: str) -> None:
    status, output, errors = run(program, "http://127.0.0.1:1", USER, AUTOSHARES_APP_KEY=APP_KEY)
    assert (status, output, len(errors.splitlines())) == (5, "", 1)


@pytest.mark.parametrize("program", ["secret_question.py", "wizard.py"])
@pytest.mark.parametrize("arguments", [["http://127.0.0.1:1", "a", "b"], ["a", "b", "c"]])
def test_wrong_usage_is_said(program: str, arguments: list[str]) -> None:
    status, output, errors = run(program, *arguments, AUTOSHARES_APP_KEY=APP_KEY)
    assert (status, output) == (2, "")
    assert errors.startswith("usage: ")


def at_a_terminal(*arguments: str) -> Any:
    command = [str(EXAMPLES / "wizard.py"), *arguments]
    return cast(Any, pexpect.spawn(sys.executable, command, timeout=PATIENCE, encoding="utf-8"))


def through_pipes(*arguments: str) -> Any:
    command = [sys.executable, str(EXAMPLES / "wizard.py"), *arguments]
    return cast(Any, pexpect.popen_spawn.PopenSpawn(command, timeout=PATIENCE, encoding="utf-8"))


def whole_way(wizard: Any, emulator: Emulator) -> None:
    """From forgotten to changed, with everything wrong once."""

    def say(prompt: str, text: str) -> None:
        wizard.expect_exact(prompt)
        wizard.send(text + "\n")

    say("Username: ", USER)
    wizard.expect_exact(QUESTION)
    say("Answer: ", WRONG_ANSWER)
    wizard.expect_exact("Answer is incorrect, try again.")
    say("Answer: ", ANSWER)
    wizard.expect_exact("A code is on its way to you by mail.")
    say("Code: ", WRONG_CODE)
    say("Code: ", emulator.mailed_code(USER))
    say("New password: ", PASSWORD)
    say("Repeat it: ", UNLIKE)
    wizard.expect_exact("The two are not the same.")
    say("New password: ", WEAK)
    say("Repeat it: ", WEAK)
    say("New password: ", PASSWORD)
    say("Repeat it: ", PASSWORD)
    wizard.expect_exact("Your password is changed.")
    wizard.expect(pexpect.EOF)


def check_no_secret(transcript: str, secrets: list[str]) -> None:
    assert transcript.count("Your password is changed.") == 1
    for secret in secrets:
        assert secret not in transcript


def test_the_wizard_at_a_terminal(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSHARES_APP_KEY", APP_KEY)
    transcript = Transcript()
    wizard = at_a_terminal(emulator.url)
    wizard.logfile_read = transcript
    whole_way(wizard, emulator)
    wizard.close()
    assert wizard.exitstatus == 0
    # The terminal itself echoes the answer and the code.
    check_no_secret(transcript.text, [APP_KEY, UNLIKE, WEAK, PASSWORD])


def test_the_wizard_through_pipes(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSHARES_APP_KEY", APP_KEY)
    transcript = Transcript()
    wizard = through_pipes(emulator.url)
    wizard.logfile_read = transcript
    with wizard.proc:
        whole_way(wizard, emulator)
    assert wizard.proc.returncode == 0
    code = emulator.mailed_code(USER)
    check_no_secret(transcript.text, [APP_KEY, WRONG_ANSWER, ANSWER, WRONG_CODE, code, UNLIKE, WEAK, PASSWORD])


class Transcript:
    """All that a program has shown."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(
    "typed", ["", "\n", f"{USER}\n", f"{USER}\n\n", f"{USER}\n{ANSWER}\n", f"{USER}\n{ANSWER}\n\n"]
)
def test_an_empty_line_or_the_end_of_input_stops_the_wizard(emulator: Emulator, typed: str) -> None:
    status, output, errors = run("wizard.py", emulator.url, typed=typed, AUTOSHARES_APP_KEY=APP_KEY)
    assert (status, errors) == (1, "Stopped. The password is not changed.\n")
    assert "changed" not in output


def test_ctrl_c_stops_the_wizard_while_it_waits_for_the_service(
    stalled: StalledServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOSHARES_APP_KEY", APP_KEY)
    wizard = at_a_terminal(stalled.url, USER)
    stalled.next_request()
    wizard.sendintr()
    wizard.expect_exact("Stopped. The password is not changed.")
    wizard.expect(pexpect.EOF)
    wizard.close()
    assert wizard.exitstatus == 1
