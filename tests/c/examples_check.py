"""Runs the example programs of a language as a person would: through pipes and at a terminal.

usage: examples_check.py [--console] COMMAND, where {} in COMMAND stands for the example's name, such as
target/ctest/shared/tests/examples/{}. With --console they are programs of Windows, under wine. Run it by scripts/with-servers.sh.
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import termios
import time
import unittest
import urllib.parse
import urllib.request

from support.dialog import CODE_AGAIN, PASSWORD_AGAIN, TRY_AGAIN, Dialog
from support.unreliable import CODE, CRASHED, GARBLED, LIMITED, LOST, PASSWORD as NEW_PASSWORD, QUESTION as GET_QUESTION, RESET
from support.unreliable import STALLED, RESPONSE_LOST, Unreliable

COMMAND, CONSOLE = "", False
QUESTION = "What street did you live on in third grade?"
USER, ANSWER, PASSWORD = "hello@autoshares.com", "Maple Street", "Tr0ub4dor&3-horse"
NO_QUESTION = "noquestion@autoshares.com"
NOT_KNOWN, NOT_CHANGED = "It is not known whether the password was changed.", "The password is not changed."


def command(name, *arguments):
    return [*shlex.split(COMMAND.format(name)), *arguments]


def environment(**changes):
    """The emulator's settings, over HTTP; None removes a variable."""
    result = {name: value for name, value in os.environ.items() if name != "AUTOSHARES_CA_FILE"}
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def run(name, *arguments, **changes):
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True, "timeout": 60}
    return subprocess.run(command(name, *arguments), env=environment(**changes), **options)


def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def mailed_code(user):
    url = os.environ["AUTOSHARES_BASE_URL"] + "/emulator/mail?user=" + urllib.parse.quote(user)
    with urllib.request.urlopen(url) as response:
        return json.load(response)["code"]


def wrong(code):
    return "".join(str((int(digit) + 1) % 10) for digit in code)


class SecretQuestion(unittest.TestCase):
    def run_it(self, *arguments, **changes):
        return run("secret_question", *arguments, **changes)

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
        self.expect(self.run_it(NO_QUESTION), 0, "This account has no secret question.\n")

    def test_takes_the_base_url_from_its_arguments_first(self):
        url = os.environ["AUTOSHARES_BASE_URL"]
        self.expect(self.run_it(url, USER, AUTOSHARES_BASE_URL="http://127.0.0.1:1"), 0, QUESTION + "\n")
        self.expect(self.run_it(url, USER, AUTOSHARES_BASE_URL=None), 0, QUESTION + "\n")

    def test_trusts_the_authority_of_the_ca_file(self):
        url = os.environ["AUTOSHARES_HTTPS_URL"]
        ca_file = os.environ["AUTOSHARES_CA_FILE"]
        self.expect(self.run_it(url, USER, AUTOSHARES_CA_FILE=ca_file), 0, QUESTION + "\n")
        self.expect(self.run_it(url, USER), 5)
        self.expect(self.run_it(url, USER, AUTOSHARES_CA_FILE="/no/such/file"), 1)

    def test_reports_wrong_usage(self):
        for arguments, changes in (
            ([], {}),
            (["a", "b", "c"], {}),
            ([USER], {"AUTOSHARES_APP_KEY": None}),
            ([USER], {"AUTOSHARES_BASE_URL": None}),
        ):
            self.expect(self.run_it(*arguments, **changes), 2)

    def test_reports_each_kind_of_failure(self):
        self.expect(self.run_it("ftp://127.0.0.1", USER), 1)
        self.expect(self.run_it("http://api.example", USER), 1)
        self.expect(self.run_it(USER, AUTOSHARES_APP_KEY="another-key"), 3)
        self.expect(self.run_it("nobody@autoshares.com"), 4)
        limited = self.run_it("limited@autoshares.com")
        self.expect(limited, 4)
        self.assertIn("30", limited.stderr)
        self.expect(self.run_it(closed_port(), USER), 5)
        # On other systems the look-up would reach a name server.
        if sys.platform == "linux":
            self.expect(self.run_it("https://nobody.invalid", USER), 5)


def wizard(*arguments, terminal=False, **changes):
    return Dialog(command("wizard", *arguments), environment(**changes), terminal, CONSOLE)


def give_the_password(dialog):
    dialog.reply("New password: ", PASSWORD)
    dialog.reply("Repeat it: ", PASSWORD)


class Wizard(unittest.TestCase):
    def play_it_all(self, dialog):
        """The whole reset, with each mistake once; returns the mailed code."""
        dialog.reply("Answer: ", "Oak Avenue")
        dialog.reply("Answer: ", ANSWER)
        dialog.reply("Code: ", "no-such-code")
        code = mailed_code(USER)
        dialog.reply(CODE_AGAIN, wrong(code))
        dialog.reply(CODE_AGAIN, code)
        dialog.reply("New password: ", PASSWORD)
        dialog.reply("Repeat it: ", PASSWORD + "?")
        dialog.reply("New password: ", "tiny-1")
        dialog.reply("Repeat it: ", "tiny-1")
        dialog.reply(PASSWORD_AGAIN, PASSWORD)
        dialog.reply("Repeat it: ", PASSWORD)
        self.assertEqual(dialog.end(), 0, dialog.errors)
        self.assertIn(QUESTION, dialog.said.splitlines() if not dialog.terminal else dialog.said)
        self.assertTrue(dialog.said.rstrip().endswith("Your password is changed."), dialog.said)
        return code

    def test_resets_the_password_through_pipes(self):
        with wizard(USER) as dialog:
            code = self.play_it_all(dialog)
            for secret in ANSWER, "Oak Avenue", code, PASSWORD, "tiny-1", os.environ["AUTOSHARES_APP_KEY"]:
                self.assertNotIn(secret, dialog.said + dialog.errors)
            # At least one line for each of the five mistakes.
            self.assertGreaterEqual(dialog.errors.count("\n"), 5, dialog.errors)

    def test_resets_the_password_at_a_terminal_without_showing_it(self):
        with wizard(USER, terminal=True) as dialog:
            self.play_it_all(dialog)
            for secret in PASSWORD, "tiny-1", os.environ["AUTOSHARES_APP_KEY"]:
                self.assertNotIn(secret, dialog.said)
            self.assertIn(ANSWER, dialog.said)  # which is typed in the open

    def test_ctrl_c_at_the_password_leaves_the_terminal_as_it_was(self):
        if CONSOLE:
            self.skipTest("a console has no such state")
        with wizard(NO_QUESTION, terminal=True) as dialog:
            self.assertTrue(dialog.echoes())
            dialog.wait_for("Code: ")
            dialog.reply("Code: ", mailed_code(NO_QUESTION))
            dialog.reply("New password: ", "\x03", end="")
            self.assertNotEqual(dialog.process.wait(timeout=60), 0)
            self.assertTrue(dialog.echoes())
            dialog.end()

    def test_ctrl_z_at_the_password_is_a_key_like_others(self):
        if CONSOLE:
            self.skipTest("a console stops no programs")
        with wizard(NO_QUESTION, terminal=True) as dialog:
            suspend = termios.tcgetattr(dialog.here)[6][termios.VSUSP]
            self.come_to_the_password(dialog)
            dialog.reply("New password: ", "\x1a")
            dialog.reply("Repeat it: ", "\x1a")
            dialog.reply(PASSWORD_AGAIN, "")
            self.assertEqual(dialog.process.wait(timeout=60), 1)
            self.assertEqual(termios.tcgetattr(dialog.here)[6][termios.VSUSP], suspend)
            dialog.end()

    def test_asks_for_the_username_over_https(self):
        url, ca_file = os.environ["AUTOSHARES_HTTPS_URL"], os.environ["AUTOSHARES_CA_FILE"]
        with wizard(url, AUTOSHARES_BASE_URL=None, AUTOSHARES_CA_FILE=ca_file) as dialog:
            dialog.reply("Username: ", NO_QUESTION)
            dialog.wait_for("Code: ")
            dialog.reply("Code: ", mailed_code(NO_QUESTION))
            dialog.reply("New password: ", PASSWORD)
            dialog.reply("Repeat it: ", PASSWORD)
            self.assertEqual(dialog.end(), 0, dialog.errors)
            self.assertNotIn("Answer: ", dialog.said)

    def come_to_the_password(self, dialog):
        dialog.wait_for("Code: ")
        dialog.reply("Code: ", mailed_code(NO_QUESTION))
        dialog.wait_for("New password: ")

    def test_makes_the_connection_while_the_username_is_typed(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(60)
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            with wizard(url) as dialog:
                dialog.wait_for("Username: ")
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(60)
                    time.sleep(0.5)  # until the wizard, too, knows of the connection
                    dialog.reply("Username: ", USER)
                    self.assertTrue(connection.recv(65536).startswith(b"POST /"))
                    connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
                    self.assertEqual(dialog.end(), 3, dialog.errors)

    def test_does_not_wait_for_a_connection_at_the_prompt(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(60)
            with wizard(f"https://127.0.0.1:{silent.getsockname()[1]}") as dialog:
                connection, _ = silent.accept()
                with connection:  # which waits for 10 s for the server's part of the handshake
                    accepted = time.monotonic()
                    dialog.reply("Username: ", "")
                    self.assertEqual(dialog.end(), 1, dialog.errors)
                    self.assertLess(time.monotonic() - accepted, 5)

    def test_asks_again_for_a_username_that_was_typed_and_is_refused(self):
        with wizard() as dialog:
            for mistyped in "nobody@autoshares.com", "noquestion\x7f@autoshares.com":
                dialog.reply("Username: ", mistyped)
            dialog.reply("Username: ", USER)
            dialog.reply("Answer: ", ANSWER)
            dialog.wait_for("Code: ")
            dialog.reply("Code: ", mailed_code(USER))
            give_the_password(dialog)
            self.assertEqual(dialog.end(), 0, dialog.errors)

    def test_requests_a_new_code_after_too_many_wrong_ones(self):
        with wizard(USER) as dialog:
            dialog.reply("Answer: ", ANSWER)
            dialog.wait_for("Code: ")
            void = mailed_code(USER)
            dialog.reply("Code: ", wrong(void))
            for _ in range(4):
                dialog.reply(CODE_AGAIN, wrong(void))
            dialog.reply(CODE_AGAIN, void)
            dialog.reply(CODE_AGAIN, "n")
            dialog.reply("Answer: ", ANSWER)
            dialog.wait_for("Code: ")
            dialog.reply("Code: ", mailed_code(USER))
            give_the_password(dialog)
            self.assertEqual(dialog.end(), 0, dialog.errors)

    def test_requests_a_new_code_after_the_end_of_the_token(self):
        with wizard(NO_QUESTION) as dialog:
            self.come_to_the_password(dialog)
            with wizard(NO_QUESTION) as newer:  # a newer token ends the older one
                self.come_to_the_password(newer)
            give_the_password(dialog)
            dialog.reply(PASSWORD_AGAIN, "n")
            self.come_to_the_password(dialog)
            give_the_password(dialog)
            self.assertEqual(dialog.end(), 0, dialog.errors)
            self.assertNotIn(NOT_KNOWN, dialog.errors)

    def test_sends_each_call_again_if_asked_to(self):
        with Unreliable(
            (RESET, LIMITED), (GET_QUESTION, LOST), (CODE, LIMITED), (CODE, LOST), (NEW_PASSWORD, LIMITED)
        ) as line, wizard(line.url, USER) as dialog:
            dialog.reply(TRY_AGAIN, "y")
            dialog.reply(TRY_AGAIN, "Y")
            dialog.wait_for("Answer: ")
            line.spoil.append((RESET, LOST))
            dialog.reply("Answer: ", ANSWER)
            dialog.reply(TRY_AGAIN, "y")
            dialog.wait_for("Code: ")
            dialog.reply("Code: ", mailed_code(USER))
            dialog.reply(TRY_AGAIN, "y")
            dialog.reply(TRY_AGAIN, "y")
            give_the_password(dialog)
            dialog.reply(TRY_AGAIN, "y")
            self.assertEqual(dialog.end(), 0, dialog.errors)
            self.assertEqual(line.spoil, [])
            self.assertEqual(dialog.errors.count("Please try again in 7 s."), 3, dialog.errors)
            self.assertNotIn(NOT_KNOWN, dialog.errors)

    def test_ends_if_the_base_url_is_wrong(self):
        with wizard(os.environ["AUTOSHARES_BASE_URL"] + "/api") as dialog:
            dialog.reply("Username: ", USER)
            self.assertEqual(dialog.end(), 4, dialog.errors)
            self.assertEqual(dialog.said.count("Username: "), 1)
            self.assertIn("The base URL may be wrong", dialog.errors)

    def test_says_that_a_service_may_fail_for_an_unknown_username(self):
        said = "when they do not know the username."
        for call, is_told in (RESET, True), (CODE, False):
            with self.subTest(call), Unreliable((call, CRASHED)) as line, wizard(line.url, NO_QUESTION) as dialog:
                if call == CODE:
                    dialog.reply("Code: ", "123456")
                self.assertEqual(dialog.end(), 1, dialog.errors)
                self.assertIn("Value cannot be null. Parameter name: user.", dialog.errors.splitlines())
                self.assertEqual(said in dialog.errors, is_told, dialog.errors)

    def test_ends_if_the_user_does_not_try_again(self):
        for fate, status in (LIMITED, 4), (LOST, 5):
            for reply in "n", "", "no":
                with self.subTest((fate, reply)), Unreliable((CODE, fate)) as line:
                    with wizard(line.url, NO_QUESTION) as dialog:
                        dialog.reply("Code: ", "123456")
                        dialog.reply(TRY_AGAIN, reply)
                        self.assertEqual(dialog.end(), status, dialog.errors)

    def test_says_when_the_outcome_is_unknown(self):
        with Unreliable((NEW_PASSWORD, LOST), (NEW_PASSWORD, RESPONSE_LOST)) as line, wizard(line.url, NO_QUESTION) as dialog:
            self.come_to_the_password(dialog)
            give_the_password(dialog)
            dialog.reply(TRY_AGAIN, "y")
            dialog.reply(TRY_AGAIN, "y")
            dialog.reply(PASSWORD_AGAIN, "")  # the call whose response was lost used the token
            self.assertEqual(dialog.end(), 1, dialog.errors)
            self.assertEqual(dialog.errors.count(NOT_KNOWN), 4, dialog.errors)
            self.assertNotIn(NOT_CHANGED, dialog.errors)

        for fate, replies, status in (LOST, ["n"], 5), (LOST, ["y"], 0), (GARBLED, [], 1):
            with self.subTest(fate), Unreliable((NEW_PASSWORD, fate)) as line, wizard(line.url, NO_QUESTION) as dialog:
                self.come_to_the_password(dialog)
                give_the_password(dialog)
                for reply in replies:
                    dialog.reply(TRY_AGAIN, reply)
                self.assertEqual(dialog.end(), status, dialog.errors)
                self.assertIn(NOT_KNOWN, dialog.errors)

    def test_reports_no_unknown_outcome_if_nothing_was_sent(self):
        with Unreliable() as line:
            dialog = wizard(line.url, NO_QUESTION)
            self.come_to_the_password(dialog)
        with dialog:
            give_the_password(dialog)
            dialog.reply(TRY_AGAIN, "n")
            self.assertEqual(dialog.end(), 5, dialog.errors)
            self.assertNotIn(NOT_KNOWN, dialog.errors)

    def test_stops_at_an_empty_line(self):
        with wizard(USER) as dialog:
            dialog.reply("Answer: ", ANSWER)
            dialog.reply("Code: ", "")
            self.assertEqual(dialog.end(), 1)
            self.assertNotIn("is changed.", dialog.said)
            self.assertIn(NOT_CHANGED, dialog.errors)

    def test_stops_at_the_end_of_the_input(self):
        with wizard(USER) as dialog:
            self.assertEqual(dialog.end(), 1)
            self.assertNotIn("Code: ", dialog.said)

    def test_reports_each_kind_of_failure(self):
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
            with self.subTest(arguments), wizard(*arguments, **changes) as dialog:
                self.assertEqual(dialog.end(), status, dialog.errors)
                self.assertNotEqual(dialog.errors, "")


class Python(unittest.TestCase):
    """The features that only the examples in Python have."""

    def test_says_that_the_library_is_missing(self):
        for name in "secret_question", "wizard":
            done = run(name, USER, AUTOSHARES_RESET_LIBRARY="/nowhere")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertTrue(done.stderr.startswith("the native library of autoshares-reset cannot be used"), done.stderr)

    def test_replaces_characters_that_the_terminal_cannot_show(self):
        for name in "secret_question", "wizard":
            done = run(name, "zoe@autoshares.com", PYTHONIOENCODING="ascii")
            self.assertIn("?C?mo se llamaba tu primera mascota? ?", done.stdout)
            self.assertNotIn("Traceback", done.stderr)

    def test_ctrl_c_ends_a_call(self):
        for call, said in (CODE, NOT_CHANGED), (NEW_PASSWORD, NOT_KNOWN):
            with self.subTest(call), Unreliable((call, STALLED)) as line, wizard(line.url, NO_QUESTION) as dialog:
                dialog.wait_for("Code: ")
                dialog.reply("Code: ", mailed_code(NO_QUESTION))
                if call == NEW_PASSWORD:
                    give_the_password(dialog)
                while line.spoil:
                    self.assertIsNone(dialog.process.poll(), dialog.errors)
                    dialog.read()
                dialog.process.send_signal(signal.SIGINT)
                self.assertEqual(dialog.end(), 1)
                self.assertEqual(dialog.errors, f"Stopped. {said}\n")


def main():
    global COMMAND, CONSOLE
    *options, COMMAND = sys.argv[1:]
    CONSOLE = options == ["--console"]
    # A write to a wizard that has ended must be an error here, not a SIGPIPE.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    classes = [SecretQuestion, Wizard, *([Python] if COMMAND.endswith(".py") else [])]
    suite = unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, classes))
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed, run = len(result.failures) + len(result.errors), result.testsRun - len(result.skipped)
    print(f"{run - failed} passed, {failed} failed")
    return failed != 0 or run == 0


if __name__ == "__main__":
    sys.exit(main())
