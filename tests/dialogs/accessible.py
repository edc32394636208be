"""Checks the accessibility of a dialog in Qt or GTK: every field has a label, secrets are password fields, and no
name, description or title holds what was typed.

    accessible.py NAME EMULATOR -- COMMAND…

It closes with the count of its checks.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

USER, ANSWER = "hello@autoshares.com", "Elm Street"


def below(node: Any) -> Iterator[Any]:
    yield node
    for child in (node.get_child_at_index(at) for at in range(node.get_child_count())):
        if child is not None:
            yield from below(child)


def showing(node: Any) -> list[Any]:
    return [part for part in below(node) if part.get_state_set().contains(Atspi.StateType.VISIBLE)]


def fields(node: Any) -> list[Any]:
    return [part for part in showing(node) if part.get_state_set().contains(Atspi.StateType.EDITABLE)]


def label(field: Any) -> str:
    """The label by its relation, or the name that the toolkit took from it."""
    for relation in field.get_relation_set():
        if relation.get_relation_type() == Atspi.RelationType.LABELLED_BY:
            return str(relation.get_target(0).get_name())
    return str(field.get_name())


def words(node: Any) -> str:
    return "\n".join(f"{part.get_name()}\n{part.get_description()}" for part in below(node))


def window(process: int) -> Any:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        desktop = Atspi.get_desktop(0)
        for at in range(desktop.get_child_count()):
            program = desktop.get_child_at_index(at)
            if program is not None and program.get_process_id() == process and program.get_child_count():
                return program
        time.sleep(0.2)
    raise AssertionError("no window came")


def until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not come true within 20 s"
        time.sleep(0.2)


def key(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, timeout=60)


def main(arguments: list[str]) -> int:
    name, emulator, _, *command = arguments
    settings = {"AUTOSHARES_BASE_URL": emulator, "AUTOSHARES_APP_KEY": "emulator-app-key"}
    program = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.DEVNULL)
    passed = 0

    def that(what: str, holds: bool, found: object = "") -> None:
        nonlocal passed
        assert holds, f"{what}: {found}"
        passed += 1
        print(f"ok {name}: {what}", flush=True)

    try:
        tree = window(program.pid)
        until(lambda: fields(tree))
        that("the user name's field has its label", [label(field) for field in fields(tree)] == ["User name"])
        that("it is not a password field", fields(tree)[0].get_role() != Atspi.Role.PASSWORD_TEXT)
        key("type", "--delay", "15", USER)
        key("key", "Return")
        until(lambda: [label(field) for field in fields(tree)] == ["Answer"])
        that("the answer's field has its label", True)
        that("it is a password field", fields(tree)[0].get_role() == Atspi.Role.PASSWORD_TEXT)
        key("type", "--delay", "15", ANSWER)
        key("key", "Return")
        until(lambda: "Answer is incorrect, try again." in words(tree))
        that(
            "the service's message is shown, and describes the field",
            "Answer is incorrect" in fields(tree)[0].get_description(),
        )
        that(
            "no name or description holds what was typed",
            not [s for s in (USER, ANSWER) if s in words(tree)],
            words(tree),
        )
        buttons = [part.get_name() for part in showing(tree) if part.get_role() == Atspi.Role.PUSH_BUTTON]
        that("every button has a name", all(buttons) and {"Back", "Next", "Cancel"} <= set(buttons), buttons)
    except Exception as error:
        print(f"not ok {name}: {type(error).__name__}: {error}\n{passed} passed, 1 failed")
        return 1
    finally:
        program.kill()
        program.wait()
    print(f"{passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
