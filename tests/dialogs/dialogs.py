"""Drives a dialog of examples/dialogs/ by its keyboard, and reads what its window shows.

    dialogs.py NAME PICTURES EMULATOR [TABS_TO_BACK] -- COMMAND…

It closes with the count of its checks.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Callable, Optional

sys.path.insert(0, str(Path(__file__).parent))
from relay import Relay
from screen import Unseen, Window

ROOT = Path(__file__).resolve().parents[2]
USER, QUESTION, ANSWER = "hello@autoshares.com", "What street did you live on in third grade?", "Maple Street"
NEW_PASSWORD, APP_KEY = "correct horse 1", "emulator-app-key"


def texts() -> dict[str, tuple[str, str]]:
    """The table of texts.h: every dialog shows these, whatever its language."""
    source = (ROOT / "examples/dialogs/texts.h").read_text()
    rows = re.findall(r'\{(\w+), \{("(?:[^"\\]|\\.)*"),\s+("(?:[^"\\]|\\.)*")\}\}', source)
    return {key: (json.loads(english), json.loads(german)) for key, english, german in rows}


TEXTS = texts()
# The dialogs that do not read texts.h, and the places of their texts.
OTHER_TABLES = {"tk": "texts.py", "winforms": "Texts.cs"}


def missing_texts(table: str) -> list[str]:
    source = re.sub(r'"\s*\n\s*"', "", (ROOT / "examples/dialogs" / table).read_text()).replace("{0}", "%u")
    # Tk has no names for screen readers, so the bar has none.
    wanted = [row for key, row in TEXTS.items() if (table, key) != ("texts.py", "TEXT_BUSY")]
    return [words for row in wanted for words in row if f'"{words}"' not in source]


def post_sign_in(base_url: str, password: str) -> int:
    headers = {"Et-App-Key": APP_KEY, "Username": USER, "Password": password}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(base_url + "/token", method="POST", headers=headers)
        ) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


class Run:
    """One program in one window, in one language."""

    def __init__(self, command: list[str], relay: Relay, language: int, environment: dict[str, str]) -> None:
        self.language, self.relay = language, relay
        self.titles: set[str] = set()
        settings = {"AUTOSHARES_BASE_URL": f"http://127.0.0.1:{relay.port}", "AUTOSHARES_APP_KEY": APP_KEY}
        self.program = subprocess.Popen(
            command, env={**os.environ, **settings, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            self.window = Window(
                self.text("TEXT_TITLE"), 150 if language else 300, "deu" if language else "eng", self.program
            )
        except Unseen as error:
            self.program.kill()
            raise Unseen(f"{error}: {self.end()}") from None

    def text(self, key: str) -> str:
        return TEXTS[key][self.language]

    def see(self, *keys: str, words: tuple[str, ...] = ()) -> None:
        self.window.see(*map(self.text, keys), *words)
        self.titles.add(self.window.title())

    def end(self) -> str:
        """Ends the program if it still runs; returns its output."""
        try:
            output, _ = self.program.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.program.kill()
            output, _ = self.program.communicate()
        return output.decode(errors="replace")


class Checks:
    def __init__(self, name: str) -> None:
        self.name, self.now, self.passed, self.failed = name, "it starts", 0, 0

    def that(self, words: str, check: Callable[[], object]) -> None:
        self.now = words
        check()
        self.passed += 1
        print(f"ok {self.name}: {words}", flush=True)


def complaints(output: str) -> list[str]:
    words = ("CRITICAL", "Traceback", "Unhandled", "QObject", "QThread", "BadWindow")
    return [line for line in output.splitlines() if any(word in line for word in words)]


def same(found: object, expected: object) -> None:
    assert found == expected, f"{found!r} instead of {expected!r}"


def until(condition: Callable[[], object], within: float = 10) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"did not come true within {within} s"
        time.sleep(0.01)


class Scenario:
    def __init__(self, name: str, pictures: Path, emulator: str, tabs_to_back: int, command: list[str]) -> None:
        self.name, self.pictures, self.emulator, self.tabs_to_back, self.command = (
            name,
            pictures,
            emulator,
            tabs_to_back,
            command,
        )
        self.checks = Checks(name)
        self.relay = Relay(int(emulator.rsplit(":", 1)[1]))
        self.code = ""
        self.run: Optional[Run] = None

    def picture(self, step: str) -> None:
        self.run.window.picture(self.pictures / f"{self.name}-{step}.png")

    def mailed_code(self) -> str:
        with urllib.request.urlopen(f"{self.emulator}/emulator/mail?user={urllib.parse.quote(USER)}") as response:
            return str(json.load(response)["code"])

    def back(self) -> None:
        self.run.window.key(*["Tab"] * self.tabs_to_back, "space")

    def cancelled_at_once(self) -> None:
        """From the press of the key until the connection is closed. A busy machine may be late, but not three times."""
        for _ in range(3):
            requests = len(self.relay.requests)
            self.run.window.key("Return")
            until(lambda: len(self.relay.requests) > requests)
            time.sleep(0.3)
            pressed = time.monotonic()
            self.run.window.key("Escape")
            until(lambda: self.relay.closed_at > pressed)
            took = self.relay.closed_at - pressed
            if took < 0.1:
                return
            time.sleep(0.5)
        raise AssertionError(f"it took {took * 1000:.0f} ms")

    def whole(self) -> None:
        """English: every failure, and the whole reset."""
        relay, that = self.relay, self.checks.that
        if self.name in OTHER_TABLES:
            that("it has all texts of texts.h", lambda: same(missing_texts(OTHER_TABLES[self.name]), []))
        self.run = run = Run(self.command, relay, 0, {"LC_ALL": "C.UTF-8", "LANGUAGE": "en"})
        window = run.window
        that("it opens with the user name", lambda: run.see("TEXT_HEADING", "TEXT_BODY", "TEXT_LABEL", "TEXT_CANCEL"))
        that(
            "this reading sees no words that are not there", lambda: window.misses(QUESTION, run.text("ASR_CANCELLED"))
        )
        that(
            "it connects ahead and sends nothing", lambda: (until(lambda: relay.connections), same(relay.requests, []))
        )
        window.key("Return")
        window.type(USER)
        that("it asks nothing without a name", lambda: same(relay.requests, []))
        self.picture("1-user")

        relay.mode = "silent"
        window.key("Return")
        until(lambda: relay.requests)
        time.sleep(0.3)
        self.picture("2-busy")
        window.key("Return")
        pressed = time.monotonic()
        window.key("Escape")
        until(lambda: relay.closed_at > pressed)
        that("Esc ends the call, not the dialog", lambda: run.see("ASR_CANCELLED", "TEXT_HEADING"))
        that("a second Enter starts no second call", lambda: same(len(relay.requests), 1))
        that("Esc ends the call within 100 ms", self.cancelled_at_once)
        run.see("ASR_CANCELLED")

        relay.mode = "hang up"
        window.key("Return")
        that("a lost connection offers to retry", lambda: run.see("ASR_CONNECTION_LOST", "TEXT_RETRY"))
        relay.mode = "pass"
        window.type("limited@autoshares.com")
        window.key("Return")
        that("a rate limit counts down", lambda: run.see(words=("Too many requests. You can try again in",)))
        self.picture("3-limited")
        asked = len(relay.requests)
        window.key("Return")
        that(
            "nothing is sent meanwhile, and the wait ends by itself",
            lambda: (run.see("TEXT_WAITED"), same(len(relay.requests), asked)),
        )

        window.type(USER)
        window.key("Return")
        that("the question is shown", lambda: run.see("TEXT_HEADING_ANSWER", "TEXT_LABEL_ANSWER", words=(QUESTION,)))
        window.type("Elm Street")
        that("the answer is not shown", lambda: window.misses("Elm Street"))
        self.picture("4-question")
        window.key("Return")
        that(
            "a wrong answer keeps the step and shows the service's words",
            lambda: run.see("TEXT_HEADING_ANSWER", words=("Answer is incorrect, try again.",)),
        )
        self.picture("5-wrong-answer")
        window.type(ANSWER)
        window.key("Return")
        that("the right one leads to the code", lambda: run.see("TEXT_HEADING_CODE", "TEXT_BODY_CODE"))
        self.back()
        that("Back leads back to the question", lambda: run.see("TEXT_HEADING_ANSWER", words=(QUESTION,)))

        relay.mode = "silent"
        sent = len(relay.requests)
        window.type(ANSWER)
        window.key("Return")
        until(lambda: len(relay.requests) > sent)
        window.key("Escape")
        that(
            "the dialog says that a request may have been carried out",
            lambda: run.see("TEXT_UNKNOWN_RESET", "TEXT_HEADING_CODE"),
        )
        that("and is not repeated", lambda: same(len(relay.requests), sent + 1))
        relay.mode = "pass"
        self.code = self.mailed_code()
        window.type("000000" if self.code != "000000" else "111111")
        window.key("Return")
        that(
            "a wrong code keeps the step",
            lambda: run.see("TEXT_HEADING_CODE", words=("The confirmation code is wrong or has expired.",)),
        )
        self.picture("6-wrong-code")
        window.type(self.code)
        that("the code is not shown", lambda: window.misses(self.code))
        window.key("Return")
        that(
            "the right one leads to the password",
            lambda: run.see("TEXT_HEADING_PASSWORD", "TEXT_LABEL_PASSWORD", "TEXT_LABEL_REPEAT"),
        )

        sent = len(relay.requests)
        window.type(NEW_PASSWORD)
        window.key("Tab")
        window.type("correct house 1")
        window.key("Return")
        that("two that differ are not sent", lambda: (run.see("TEXT_MISMATCH"), same(len(relay.requests), sent)))
        self.type_passwords("short")
        that(
            "the service's rules are shown", lambda: run.see("TEXT_HEADING_PASSWORD", words=("at least 8 characters",))
        )
        self.picture("7-password")
        relay.mode = "silent"
        self.type_passwords(NEW_PASSWORD)
        until(lambda: len(relay.requests) == sent + 2)
        window.key("Escape")
        that(
            "the dialog says that the password may have been set",
            lambda: run.see("TEXT_UNKNOWN_PASSWORD", "TEXT_SEND_AGAIN"),
        )
        self.picture("8-unknown")
        relay.mode = "pass"
        window.key("Return")
        that("the password is changed", lambda: run.see("TEXT_HEADING_DONE", "TEXT_BODY_DONE", "TEXT_CLOSE"))
        self.picture("9-done")
        window.key("Return")
        output = run.end()
        that("it ends with success", lambda: same(run.program.returncode, 0))
        that("the service has the new password", lambda: same(post_sign_in(self.emulator, NEW_PASSWORD), 200))
        secrets = (USER, ANSWER, "Elm Street", self.code, NEW_PASSWORD, "short", APP_KEY, "limited@")
        that(
            "no title has more than the title", lambda: same({t.strip() for t in run.titles}, {run.text("TEXT_TITLE")})
        )
        that("its output has no secret", lambda: same([s for s in secrets if s in output], []))
        that("its toolkit reported no fault", lambda: same(complaints(output), []))

    def type_passwords(self, password: str) -> None:
        """Needs the focus in the first field, where a refusal puts it."""
        window = self.run.window
        window.type(password)
        window.key("Tab")
        window.type(password)
        window.key("Return")

    def german(self, environment: dict[str, str]) -> None:
        """In German, at 200 %: an account without a question, and a window that is closed during a call."""
        that = self.checks.that
        # The driver needs them, too, because they may name another display.
        os.environ.update(environment)
        run = self.run = Run(
            self.command,
            self.relay,
            1,
            {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"},
        )
        that(
            "German: it opens with the user name",
            lambda: run.see("TEXT_HEADING", "TEXT_BODY", "TEXT_LABEL", "TEXT_CANCEL"),
        )
        self.picture("de-1-user")
        run.window.type("noquestion@autoshares.com")
        run.window.key("Return")
        that(
            "German: an account without a question comes to the code",
            lambda: run.see("TEXT_HEADING_CODE", "TEXT_BODY_CODE", "TEXT_BACK"),
        )
        self.back()
        run.see("TEXT_HEADING")
        run.window.type(USER)
        run.window.key("Return")
        that("German: the question is shown", lambda: run.see("TEXT_HEADING_ANSWER", "TEXT_BACK", words=(QUESTION,)))
        self.picture("de-2-question")
        self.relay.mode = "silent"
        run.window.type("Maple")
        sent = len(self.relay.requests)
        run.window.key("Return")
        until(lambda: len(self.relay.requests) > sent)
        run.window.key("alt+F4")
        that("German: the window closes while a call runs", lambda: run.program.wait(5))
        output = run.end()
        # A signal has a negative status, and wine gives an exception's low byte.
        that(
            "German: it was not a crash",
            lambda: (same(run.program.returncode in (0, 1), True), same(complaints(output), [])),
        )


def main(arguments: list[str]) -> int:
    split = arguments.index("--")
    name, pictures, emulator, tabs, *settings = arguments[:split]
    Path(pictures).mkdir(parents=True, exist_ok=True)
    scenario = Scenario(name, Path(pictures), emulator, int(tabs), arguments[split + 1 :])
    for part in (scenario.whole, lambda: scenario.german(dict(pair.split("=", 1) for pair in settings))):
        scenario.relay.mode = "pass"
        try:
            part()
        except Exception as error:
            scenario.checks.failed += 1
            print(f"not ok {name}: {scenario.checks.now}\n# {type(error).__name__}: {error}")
            if scenario.run and scenario.run.program.poll() is None:
                scenario.picture("failed")
                scenario.run.program.kill()
                print("# it printed:", scenario.run.end().replace("\n", "\n# "))
    print(f"{scenario.checks.passed} passed, {scenario.checks.failed} failed")
    return 1 if scenario.checks.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
