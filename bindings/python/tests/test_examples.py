"""The example programs, at a terminal and through pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, cast

import pexpect
import pexpect.popen_spawn
import pytest
from support import ANSWER, APP_KEY, EXAMPLES, PATIENCE, QUESTION, USER, Emulator, StalledServer

WRONG_ANSWER, WRONG_CODE = "Elm Street 17", "990099"
UNLIKE, WEAK, PASSWORD = "Not the same: 1", "weak", "A new password: 3"

WITH_KEY = {**os.environ, "AUTOSHARES_APP_KEY": APP_KEY}


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
    again = user.startswith("limited") and program == "wizard.py"
    assert (code, output) == (status, "Try again? [y/n] " if again else "")
    assert "Traceback" not in errors
    assert key not in errors
    assert len(errors.splitlines()) == (2 if again else 1)
    assert ("30 s." in errors) == user.startswith("limited")


@pytest.mark.parametrize("program", ["secret_question.py", "wizard.py"])
def test_a_network_failure_has_its_status(program: str) -> None:
    status, output, errors = run(program, "http://127.0.0.1:1", USER, AUTOSHARES_APP_KEY=APP_KEY)
    assert (status, output) == (5, "Try again? [y/n] " if program == "wizard.py" else "")
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("program", ["secret_question.py", "wizard.py"])
def test_a_missing_library_is_said(program: str) -> None:
    settings = {"AUTOSHARES_APP_KEY": APP_KEY, "AUTOSHARES_RESET_LIBRARY": "/nowhere"}
    status, output, errors = run(program, "http://127.0.0.1:1", USER, **settings)
    assert (status, output) == (1, "")
    assert errors.startswith("the native library of autoshares-reset cannot be used")


@pytest.mark.parametrize("program", ["secret_question.py", "wizard.py"])
def test_a_question_that_the_terminal_cannot_show(emulator: Emulator, program: str) -> None:
    settings = {"AUTOSHARES_APP_KEY": APP_KEY, "PYTHONIOENCODING": "ascii"}
    _, output, errors = run(program, emulator.url, "zoe@autoshares.com", **settings)
    assert "?C?mo se llamaba tu primera mascota? ?" in output
    assert "Traceback" not in errors


@pytest.mark.parametrize("program", ["secret_question.py", "wizard.py"])
@pytest.mark.parametrize("arguments", [["http://127.0.0.1:1", "a", "b"], ["a", "b", "c"]])
def test_wrong_usage_is_said(program: str, arguments: list[str]) -> None:
    status, output, errors = run(program, *arguments, AUTOSHARES_APP_KEY=APP_KEY)
    assert (status, output) == (2, "")
    assert errors.startswith("usage: ")


def at_a_terminal(*arguments: str) -> Any:
    command = [str(EXAMPLES / "wizard.py"), *arguments]
    return cast(Any, pexpect.spawn(sys.executable, command, timeout=PATIENCE, encoding="utf-8", env=WITH_KEY))


def through_pipes(*arguments: str) -> Any:
    command = [sys.executable, str(EXAMPLES / "wizard.py"), *arguments]
    return cast(Any, pexpect.popen_spawn.PopenSpawn(command, timeout=PATIENCE, encoding="utf-8", env=WITH_KEY))


def typist(wizard: Any) -> Callable[[str, str], None]:
    def say(prompt: str, text: str) -> None:
        wizard.expect_exact(prompt)
        wizard.send(text + "\n")

    return say


def whole_way(wizard: Any, emulator: Emulator) -> None:
    """From forgotten to changed, with everything wrong once."""
    say = typist(wizard)
    say("Username: ", "nobody@autoshares.com")
    wizard.expect_exact("User was not found.")
    say("Username: ", USER)
    wizard.expect_exact(QUESTION)
    say("Answer: ", WRONG_ANSWER)
    wizard.expect_exact("Answer is incorrect, try again.")
    say("Answer: ", ANSWER)
    wizard.expect_exact("A code is on its way to you by mail.")
    say("Code: ", WRONG_CODE)
    say("Code (n for a new one): ", emulator.mailed_code(USER))
    say("New password: ", PASSWORD)
    say("Repeat it: ", UNLIKE)
    wizard.expect_exact("The two are not the same.")
    say("New password: ", WEAK)
    say("Repeat it: ", WEAK)
    say("New password (n for a new code): ", PASSWORD)
    say("Repeat it: ", PASSWORD)
    wizard.expect_exact("Your password is changed.")
    wizard.expect(pexpect.EOF)


def check_no_secret(transcript: str, secrets: list[str]) -> None:
    assert transcript.count("Your password is changed.") == 1
    for secret in secrets:
        assert secret not in transcript


def test_the_wizard_at_a_terminal(emulator: Emulator) -> None:
    transcript = Transcript()
    wizard = at_a_terminal(emulator.url)
    wizard.logfile_read = transcript
    whole_way(wizard, emulator)
    wizard.close()
    assert wizard.exitstatus == 0
    # The terminal itself echoes the answer and the code.
    check_no_secret(transcript.text, [APP_KEY, UNLIKE, WEAK, PASSWORD])


def test_the_wizard_through_pipes(emulator: Emulator) -> None:
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


@pytest.fixture
def own_emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """One that is the test's alone, with the options that the test names."""
    program = Emulator(*getattr(request, "param", ()))
    yield program
    assert program.stop() == 0


def test_another_code_where_one_is_void(own_emulator: Emulator) -> None:
    wizard = through_pipes(own_emulator.url, USER)
    say = typist(wizard)
    with wizard.proc:
        say("Answer: ", ANSWER)
        say("Code: ", WRONG_CODE)
        for _ in range(4):
            say("Code (n for a new one): ", WRONG_CODE)
        say("Code (n for a new one): ", own_emulator.mailed_code(USER))
        say("Code (n for a new one): ", "n")
        say("Answer: ", ANSWER)
        wizard.expect_exact("A code is on its way to you by mail.")
        say("Code: ", own_emulator.mailed_code(USER))
        say("New password: ", PASSWORD)
        say("Repeat it: ", PASSWORD)
        wizard.expect_exact("Your password is changed.")
    assert wizard.proc.returncode == 0


@pytest.mark.parametrize("own_emulator", [("--token-lifetime", 0)], indirect=True, ids=["at once"])
def test_another_code_where_the_token_has_expired(own_emulator: Emulator) -> None:
    wizard = through_pipes(own_emulator.url, "noquestion@autoshares.com")
    say = typist(wizard)
    with wizard.proc:
        for _ in range(2):
            wizard.expect_exact("A code is on its way to you by mail.")
            say("Code: ", own_emulator.mailed_code("noquestion@autoshares.com"))
            say("New password: ", PASSWORD)
            say("Repeat it: ", PASSWORD)
            say("New password (n for a new code): ", "n")
        say("Code: ", "")
        wizard.expect_exact("Stopped. The password is not changed.")
    assert wizard.proc.returncode == 1


def answered(wizard: Any, stalled: StalledServer) -> None:
    """The wizard's request comes in, and its connection is closed; the next one is answered."""
    stalled.next_request()
    stalled.hang_up()
    typist(wizard)("Try again? [y/n] ", "y")
    stalled.next_request()
    stalled.answer()


def test_a_failure_of_the_network_costs_no_step(stalled: StalledServer) -> None:
    wizard = through_pipes(stalled.url, USER)
    say = typist(wizard)
    with wizard.proc:
        answered(wizard, stalled)
        say("Code: ", WRONG_CODE)
        answered(wizard, stalled)
        say("New password: ", PASSWORD)
        say("Repeat it: ", PASSWORD)
        answered(wizard, stalled)
        wizard.expect_exact("Your password is changed.")
    assert wizard.proc.returncode == 0


UNKNOWN = "It is not known whether the password was changed."


@pytest.mark.parametrize("end", ["n", "nothing", "Ctrl-C"])
def test_a_password_that_was_sent_may_be_changed(stalled: StalledServer, end: str) -> None:
    wizard = at_a_terminal(stalled.url, USER)
    say = typist(wizard)
    stalled.next_request()
    stalled.answer()
    say("Code: ", WRONG_CODE)
    stalled.next_request()
    stalled.answer()
    say("New password: ", PASSWORD)
    say("Repeat it: ", PASSWORD)
    stalled.next_request()
    if end == "Ctrl-C":
        wizard.sendintr()
        wizard.expect_exact(f"Stopped. {UNKNOWN}")
    else:
        stalled.hang_up()
        wizard.expect_exact(UNKNOWN)
        say("Try again? [y/n] ", end.replace("nothing", ""))
    wizard.expect(pexpect.EOF)
    wizard.close()
    assert "not changed" not in wizard.before
    assert wizard.exitstatus == (1 if end == "Ctrl-C" else 5)


def test_a_hidden_line_is_not_suspended(stalled: StalledServer) -> None:
    """A shell would turn the echo on meanwhile. Ctrl-Z becomes one of the password's characters."""
    wizard = at_a_terminal(stalled.url, USER)
    say = typist(wizard)
    for prompt in ("Code: ", "New password: "):
        stalled.next_request()
        stalled.answer()
        say(prompt, PASSWORD if prompt == "Code: " else f"\x1a{PASSWORD}")
    say("Repeat it: ", PASSWORD)
    wizard.expect_exact("The two are not the same.")
    wizard.sendintr()
    wizard.expect_exact("Stopped. The password is not changed.")
    wizard.expect(pexpect.EOF)
    wizard.close()


@pytest.mark.parametrize(
    "typed", ["", "\n", f"{USER}\n", f"{USER}\n\n", f"{USER}\n{ANSWER}\n", f"{USER}\n{ANSWER}\n\n"]
)
def test_an_empty_line_or_the_end_of_input_stops_the_wizard(emulator: Emulator, typed: str) -> None:
    status, output, errors = run("wizard.py", emulator.url, typed=typed, AUTOSHARES_APP_KEY=APP_KEY)
    assert (status, errors) == (1, "Stopped. The password is not changed.\n")
    assert "changed" not in output


def test_ctrl_c_stops_the_wizard_while_it_waits_for_the_service(stalled: StalledServer) -> None:
    wizard = at_a_terminal(stalled.url, USER)
    stalled.next_request()
    wizard.sendintr()
    wizard.expect_exact("Stopped. The password is not changed.")
    wizard.expect(pexpect.EOF)
    wizard.close()
    assert wizard.exitstatus == 1
