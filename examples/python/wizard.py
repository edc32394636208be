"""The password reset of an AutoShares account, as a dialog at the terminal: asks for a reset, for the answer to the
secret question where the account has one, for the mailed code, and for the new password. An empty line stops it
anywhere.

    AUTOSHARES_APP_KEY=… python3 wizard.py [BASE_URL] [USERNAME]

Settings and exit status are those of secret_question.py.
"""

import getpass
import io
import os
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Callable, TypeVar, cast

from autoshares_reset import (
    AnswerIncorrect,
    AppKeyRejected,
    Cancel,
    Client,
    InvalidArgument,
    LibraryError,
    NetworkError,
    RateLimited,
    Rejected,
    ResetError,
    ServerError,
)

T = TypeVar("T")

UNKNOWN = "It is not known whether the password was changed."
outcome_unknown = False
# A code was mailed, so the service knows the user.
user_known = False


class Stopped(Exception):
    """The user stopped the wizard."""


class NewCode(Exception):
    """The user wants another code: codes and tokens expire, and too many wrong codes end a code."""


def main(arguments: list[str]) -> int:
    base_url = os.environ.get("AUTOSHARES_BASE_URL")
    if arguments and "://" in arguments[0]:
        base_url = arguments.pop(0)
    app_key = os.environ.get("AUTOSHARES_APP_KEY")
    if len(arguments) > 1 or base_url is None or app_key is None:
        usage = "usage: AUTOSHARES_APP_KEY=KEY wizard.py [BASE_URL] [USERNAME]"
        print(f"{usage} (BASE_URL else from AUTOSHARES_BASE_URL)", file=sys.stderr)
        return 2

    try:
        with Client(base_url, app_key, ca_file=os.environ.get("AUTOSHARES_CA_FILE")) as client:
            if arguments:
                reset(client, arguments[0])
            else:
                with connecting(client):
                    until_accepted(lambda _: reset(client, ask("Username: ")))
        return 0
    except (Stopped, KeyboardInterrupt):
        print("Stopped.", UNKNOWN if outcome_unknown else "The password is not changed.", file=sys.stderr)
        return 1
    except ResetError as error:
        say(error)
        return exit_status(error)
    except LibraryError as error:
        print(error, file=sys.stderr)
        return 1


@contextmanager
def connecting(client: Client) -> Generator[None, None, None]:
    """Makes the connection while the user types. A failure is ignored: the next call fails again, with the reason."""
    cancel = Cancel()

    def connect() -> None:
        with suppress(ResetError):
            client.connect(cancel=cancel)

    thread = threading.Thread(target=connect)
    thread.start()
    try:
        yield
    finally:
        cancel.trigger()
        thread.join()


def say(error: ResetError) -> None:
    print(error, file=sys.stderr)
    if error.retry_after is not None:
        print(f"Please try again in {error.retry_after:.0f} s.", file=sys.stderr)
    if isinstance(error, ServerError) and not user_known:
        print("Some services fail like this when they do not know the username.", file=sys.stderr)
    if outcome_unknown:
        print(UNKNOWN, file=sys.stderr)


def exit_status(error: ResetError) -> int:
    if isinstance(error, AppKeyRejected):
        return 3
    if isinstance(error, (Rejected, AnswerIncorrect, RateLimited)):
        return 4
    return 5 if isinstance(error, NetworkError) else 1


def reset(client: Client, user: str) -> None:
    global user_known
    while True:
        request_reset(client, user)
        user_known = True
        print("A code is on its way to you by mail.")
        try:
            set_password(client, confirm_code(client))
        except NewCode:
            continue
        print("Your password is changed.")
        return


def request_reset(client: Client, user: str) -> None:
    """Makes the service mail a code; this needs the answer to the secret question if there is one."""
    try:
        persistently(lambda: client.request_reset(user))
    except AnswerIncorrect:
        question = persistently(lambda: client.secret_question(user))
        if question is None:
            print("The service wants an answer, but this account has no question.", file=sys.stderr)
            sys.exit(4)
        print(question)

        def send_answer(_: bool) -> None:
            answer = ask("Answer: ")
            persistently(lambda: client.request_reset(user, answer))

        until_accepted(send_answer)


def confirm_code(client: Client) -> str:
    """Exchanges the mailed code for the token."""

    def send_code(again: bool) -> str:
        code = ask("Code (n for a new one): " if again else "Code: ")
        if again and code == "n":
            raise NewCode
        return persistently(lambda: client.confirm_code(code))

    return until_accepted(send_code)


def set_password(client: Client, token: str) -> None:
    def send_password(again: bool) -> None:
        password = ask_new_password(again)
        persistently(lambda: set_or_wonder(client, token, password))

    until_accepted(send_password)


def set_or_wonder(client: Client, token: str, password: str) -> None:
    """Sets the password, and records if the outcome is unknown, also after Ctrl-C."""
    global outcome_unknown
    before, outcome_unknown = outcome_unknown, True
    try:
        client.set_password(token, password)
    except ResetError as error:
        if not error.request_sent or exit_status(error) in (3, 4):  # the service said no
            outcome_unknown = before
        raise


def persistently(call: Callable[[], T]) -> T:
    """Repeats a call after a failure that may pass, as long as the user wants to."""
    while True:
        try:
            return call()
        except (RateLimited, NetworkError) as error:
            say(error)
            if not wants_to_try_again():
                sys.exit(exit_status(error))


def wants_to_try_again() -> bool:
    try:
        return ask("Try again? [y/n] ") in ("y", "Y")
    except Stopped:
        return False


def until_accepted(step: Callable[[bool], T]) -> T:
    """Repeats the step while other input may help; the step learns whether it is a repetition.

    At 404 no input helps: the service has no such call.
    """
    again = False
    while True:
        try:
            return step(again)
        except (Rejected, AnswerIncorrect, InvalidArgument) as error:
            if error.http_status == 404:
                raise
            say(error)
            again = True


def ask_new_password(again: bool) -> str:
    while True:
        typed = ask("New password (n for a new code): " if again else "New password: ", echo=False)
        if again and typed == "n":
            raise NewCode
        if typed == ask("Repeat it: ", echo=False):
            return typed
        print("The two are not the same.", file=sys.stderr)


def ask(prompt: str, echo: bool = True) -> str:
    while True:
        try:
            if not echo and sys.stdin.isatty():
                line = hidden_line(prompt)
            else:
                print(prompt, end="", flush=True)
                line = sys.stdin.readline().rstrip("\r\n")
        except EOFError:
            line = ""
        except UnicodeDecodeError:
            print("That is not text. Please try again.", file=sys.stderr)
            continue
        if not line:
            raise Stopped
        return line


def hidden_line(prompt: str) -> str:
    if sys.platform == "win32":
        return getpass.getpass(prompt)
    import termios

    # Without Ctrl-Z: the shell would set the terminal up anew, and on coming back it would echo.
    before, without = termios.tcgetattr(sys.stdin), termios.tcgetattr(sys.stdin)
    without[6][termios.VSUSP] = os.fpathconf(sys.stdin.fileno(), "PC_VDISABLE").to_bytes(1, "little")
    termios.tcsetattr(sys.stdin, termios.TCSANOW, without)
    try:
        return getpass.getpass(prompt)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


if __name__ == "__main__":
    # A question may have characters that this terminal cannot show.
    cast(io.TextIOWrapper, sys.stdout).reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
