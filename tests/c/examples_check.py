#!/usr/bin/env python3
"""Runs the example programs of a language as a person would: through pipes and at a terminal.

usage: examples_check.py [--console] COMMAND, where {} in COMMAND stands for the example's name, such as
target/tests/c/examples/{}. With --console they are programs of Windows, under wine. Run it by scripts/with-servers.sh.
"""

import fcntl
import json
import os
import pty
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import termios
import time
import tty
import unittest
import urllib.parse
import urllib.request

COMMAND, CONSOLE = "", False
QUESTION = "What street did you live on in third grade?"
USER, ANSWER, PASSWORD = "hello@autoshares.com", "Maple Street", "Tr0ub4dor&3-horse"
HIDDEN = "New password: ", "Repeat it: "
# What a console of Windows sends to a terminal: a blank may be a step to the right.
STEP, CONTROL = re.compile(r"\x1b\[1?C"), re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


def command(name, *arguments):
    return [*shlex.split(COMMAND.format(name)), *arguments]


def environment(**changes):
    """The emulator's, over HTTP; None takes a variable away."""
    result = {name: value for name, value in os.environ.items() if name != "AUTOSHARES_CA_FILE"}
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def mailed_code(user):
    url = os.environ["AUTOSHARES_BASE_URL"] + "/emulator/mail?user=" + urllib.parse.quote(user)
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["code"]


def wrong(code):
    return "".join(str((int(digit) + 1) % 10) for digit in code)


class SecretQuestion(unittest.TestCase):
    def run_it(self, *arguments, **changes):
        return subprocess.run(
            command("secret_question", *arguments), env=environment(**changes), capture_output=True, text=True, timeout=60
        )

    def expect(self, done, status, output=""):
        self.assertEqual((done.returncode, done.stdout), (status, output), done.stderr)
        if status == 0:
            self.assertEqual(done.stderr, "")
        else:
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertTrue(done.stderr.endswith("\n"))
        self.assertNotIn(os.environ["AUTOSHARES_APP_KEY"], done.stderr)

    def test_prints_the_question(self):
        self.expect(self.run_it(USER), 0, QUESTION + "\n")
        self.expect(self.run_it("zoe@autoshares.com"), 0, "¿Cómo se llamaba tu primera mascota? 🐶\n")
        self.expect(self.run_it("noquestion@autoshares.com"), 0, "This account has no secret question.\n")

    def test_takes_the_base_url_from_its_arguments_first(self):
        url = os.environ["AUTOSHARES_BASE_URL"]
        self.expect(self.run_it(url, USER, AUTOSHARES_BASE_URL="http://127.0.0.1:1"), 0, QUESTION + "\n")
        self.expect(self.run_it(url, USER, AUTOSHARES_BASE_URL=None), 0, QUESTION + "\n")

    def test_speaks_tls_to_whom_the_ca_file_names(self):
        url = os.environ["AUTOSHARES_HTTPS_URL"]
        ca_file = os.environ["AUTOSHARES_CA_FILE"]
        self.expect(self.run_it(url, USER, AUTOSHARES_CA_FILE=ca_file), 0, QUESTION + "\n")
        self.expect(self.run_it(url, USER), 5)
        self.expect(self.run_it(url, USER, AUTOSHARES_CA_FILE="/no/such/file"), 1)

    def test_tells_wrong_usage(self):
        for arguments, changes in (
            ([], {}),
            (["a", "b", "c"], {}),
            ([USER], {"AUTOSHARES_APP_KEY": None}),
            ([USER], {"AUTOSHARES_BASE_URL": None}),
        ):
            self.expect(self.run_it(*arguments, **changes), 2)

    def test_tells_each_kind_of_failure(self):
        self.expect(self.run_it("ftp://127.0.0.1", USER), 1)
        self.expect(self.run_it("http://api.example", USER), 1)
        self.expect(self.run_it(USER, AUTOSHARES_APP_KEY="another-key"), 3)
        self.expect(self.run_it("nobody@autoshares.com"), 4)
        limited = self.run_it("limited@autoshares.com")
        self.expect(limited, 4)
        self.assertIn("30", limited.stderr)
        self.expect(self.run_it(closed_port(), USER), 5)
        self.expect(self.run_it("https://nobody.invalid", USER), 5)


class Dialog:
    """A running wizard: what it says is read until a prompt is there, and then it is answered."""

    def __init__(self, *arguments, terminal=False, **changes):
        self.output, self.errors, self.answered = "", "", 0
        self.terminal = terminal
        options = {"env": environment(**changes), "bufsize": 0}
        if terminal:
            self.here, there = pty.openpty()
            if CONSOLE:  # which makes lines of keys itself, but tells nobody from when on
                tty.setraw(there)
            self.process = subprocess.Popen(
                command("wizard", *arguments), stdin=there, stdout=there, stderr=there, start_new_session=True,
                # Ctrl-C comes from the terminal that controls a session.
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **options
            )
            self.there = there
            self.sources = {self.here: "output"}
        else:
            self.process = subprocess.Popen(
                command("wizard", *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                **options
            )
            self.here = self.process.stdin.fileno()
            self.sources = {self.process.stdout.fileno(): "output", self.process.stderr.fileno(): "errors"}

    @property
    def said(self):
        return CONTROL.sub("", STEP.sub(" ", self.output))

    def read(self, seconds=0.05):
        """Whether something came, or the end of something."""
        ready, _, _ = select.select(list(self.sources), [], [], seconds)
        for source in ready:
            try:
                data = os.read(source, 65536)
            except OSError:  # a terminal's end
                data = b""
            if not data:
                del self.sources[source]
            name = self.sources.get(source)
            if name:
                setattr(self, name, getattr(self, name) + data.decode())
        return bool(ready)

    def wait_for(self, prompt):
        """Until the prompt is the last that was said since the last answer."""
        deadline = time.monotonic() + 60
        while not self.said[self.answered :].endswith(prompt):
            if time.monotonic() > deadline or not self.sources:
                raise AssertionError(f"no {prompt!r}, but {self.said!r} and {self.errors!r}")
            self.read()
        # What is typed before the echo is off is thrown away, and no event tells when it is.
        while self.terminal and prompt in HIDDEN and self.echoes():
            if time.monotonic() > deadline:
                raise AssertionError("the password would be shown")
            time.sleep(0.005)

    def echoes(self):
        return bool(termios.tcgetattr(self.here)[3] & termios.ECHO)

    def answer(self, prompt, text, end=None):
        self.wait_for(prompt)
        self.answered = len(self.said)
        if end is None:
            end = "\r" if self.terminal else "\n"  # as the key sends it
        os.write(self.here, (text + end).encode())

    def end(self):
        """Its exit status, after no more input."""
        if self.terminal:
            os.close(self.there)
        else:
            self.process.stdin.close()
        deadline = time.monotonic() + 60
        while self.sources and time.monotonic() < deadline:
            # A console keeps the terminal open for others.
            if not self.read() and self.process.poll() is not None:
                break
        return self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in self.process.stdin, self.process.stdout, self.process.stderr:
            if stream and not stream.closed:
                stream.close()
        if self.terminal:
            os.close(self.here)


class Wizard(unittest.TestCase):
    def play_it_all(self, dialog):
        """From forgotten to changed, with each mistake once; returns the code that was mailed."""
        dialog.answer("Answer: ", "Oak Avenue")
        dialog.answer("Answer: ", ANSWER)
        dialog.answer("Code: ", "no-such-code")
        code = mailed_code(USER)
        dialog.answer("Code: ", wrong(code))
        dialog.answer("Code: ", code)
        dialog.answer("New password: ", PASSWORD)
        dialog.answer("Repeat it: ", PASSWORD + "?")
        dialog.answer("New password: ", "tiny-1")
        dialog.answer("Repeat it: ", "tiny-1")
        dialog.answer("New password: ", PASSWORD)
        dialog.answer("Repeat it: ", PASSWORD)
        self.assertEqual(dialog.end(), 0, dialog.errors)
        self.assertIn(QUESTION, dialog.said.splitlines() if not dialog.terminal else dialog.said)
        self.assertTrue(dialog.said.rstrip().endswith("Your password is changed."), dialog.said)
        return code

    def test_resets_the_password_through_pipes(self):
        with Dialog(USER) as dialog:
            code = self.play_it_all(dialog)
            for secret in ANSWER, "Oak Avenue", code, PASSWORD, "tiny-1", os.environ["AUTOSHARES_APP_KEY"]:
                self.assertNotIn(secret, dialog.said + dialog.errors)
            # One line at least for each of the five mistakes.
            self.assertGreaterEqual(dialog.errors.count("\n"), 5, dialog.errors)

    def test_resets_the_password_at_a_terminal_without_showing_it(self):
        with Dialog(USER, terminal=True) as dialog:
            self.play_it_all(dialog)
            for secret in PASSWORD, "tiny-1", os.environ["AUTOSHARES_APP_KEY"]:
                self.assertNotIn(secret, dialog.said)
            self.assertIn(ANSWER, dialog.said)  # which is typed in the open

    def test_ctrl_c_at_the_password_leaves_the_terminal_as_it_was(self):
        if CONSOLE:
            self.skipTest("a console has no such state")
        with Dialog("noquestion@autoshares.com", terminal=True) as dialog:
            self.assertTrue(dialog.echoes())
            dialog.wait_for("Code: ")
            dialog.answer("Code: ", mailed_code("noquestion@autoshares.com"))
            dialog.answer("New password: ", "\x03", end="")
            self.assertNotEqual(dialog.process.wait(timeout=60), 0)
            self.assertTrue(dialog.echoes())
            dialog.end()

    def test_asks_for_the_username_over_https(self):
        url, ca_file = os.environ["AUTOSHARES_HTTPS_URL"], os.environ["AUTOSHARES_CA_FILE"]
        with Dialog(url, AUTOSHARES_BASE_URL=None, AUTOSHARES_CA_FILE=ca_file) as dialog:
            dialog.answer("Username: ", "noquestion@autoshares.com")
            dialog.wait_for("Code: ")
            dialog.answer("Code: ", mailed_code("noquestion@autoshares.com"))
            dialog.answer("New password: ", PASSWORD)
            dialog.answer("Repeat it: ", PASSWORD)
            self.assertEqual(dialog.end(), 0, dialog.errors)
            self.assertNotIn("Answer: ", dialog.said)

    def test_stops_at_an_empty_line(self):
        with Dialog(USER) as dialog:
            dialog.answer("Answer: ", ANSWER)
            dialog.answer("Code: ", "")
            self.assertEqual(dialog.end(), 1)
            self.assertNotIn("is changed.", dialog.said)

    def test_stops_where_the_input_ends(self):
        with Dialog(USER) as dialog:
            self.assertEqual(dialog.end(), 1)
            self.assertNotIn("Code: ", dialog.said)

    def test_tells_each_kind_of_failure(self):
        for status, arguments, changes in (
            (1, ["ftp://127.0.0.1", USER], {}),
            (2, [USER], {"AUTOSHARES_APP_KEY": None}),
            (2, [USER], {"AUTOSHARES_BASE_URL": None}),
            (2, ["http://127.0.0.1:1", USER, "more"], {}),
            (3, [USER], {"AUTOSHARES_APP_KEY": "another-key"}),
            (4, ["nobody@autoshares.com"], {}),
            (4, ["limited@autoshares.com"], {}),
            (5, [closed_port(), USER], {}),
        ):
            with self.subTest(arguments), Dialog(*arguments, **changes) as dialog:
                self.assertEqual(dialog.end(), status, dialog.errors)
                self.assertNotEqual(dialog.errors, "")


def main():
    global COMMAND, CONSOLE
    *options, COMMAND = sys.argv[1:]
    CONSOLE = options == ["--console"]
    # SIGPIPE from a wizard that has ended is this program's to see as an error.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed, run = len(result.failures) + len(result.errors), result.testsRun - len(result.skipped)
    print(f"{run - failed} passed, {failed} failed")
    return failed != 0 or run == 0


if __name__ == "__main__":
    sys.exit(main())
