"""The way back into an AutoShares account, as a dialog at the terminal: asks for a reset, for the answer to the secret
question where the account has one, for the mailed code, and for the new password. An empty line stops it anywhere.

    AUTOSHARES_APP_KEY=… python3 wizard.py [BASE_URL] [USERNAME]

Settings and exit status are those of secret_question.py.
"""

import getpass
import os
import sys
from typing import Callable, TypeVar

from autoshares_reset import (
    AnswerIncorrect,
    AppKeyRejected,
    Client,
    InvalidArgument,
    NetworkError,
    RateLimited,
    Rejected,
    ResetError,
)

T = TypeVar("T")


class Stopped(Exception):
    """The user has had enough."""


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
            return reset(client, arguments[0] if arguments else ask("Username: "))
    except (Stopped, KeyboardInterrupt):
        print("Stopped. The password is not changed.", file=sys.stderr)
        return 1
    except ResetError as error:
        print(error, file=sys.stderr)
        if error.retry_after is not None:
            print(f"Please try again in {error.retry_after:.0f} s.", file=sys.stderr)
        if isinstance(error, AppKeyRejected):
            return 3
        if isinstance(error, (Rejected, AnswerIncorrect, RateLimited)):
            return 4
        return 5 if isinstance(error, NetworkError) else 1


def reset(client: Client, user: str) -> int:
    try:
        client.request_reset(user)
    except AnswerIncorrect:  # the account has a question: then the reset takes its answer
        question = client.secret_question(user)
        if question is None:
            print("The service wants an answer, but this account has no question.", file=sys.stderr)
            return 4
        print(question)
        until_accepted(lambda: client.request_reset(user, ask("Answer: ")))
    print("A code is on its way to you by mail.")

    token = until_accepted(lambda: client.confirm_code(ask("Code: ")))
    until_accepted(lambda: client.set_password(token, ask_new_password()))
    print("Your password is changed.")
    return 0


def until_accepted(step: Callable[[], T]) -> T:
    """Takes the step again for as long as other input may help."""
    while True:
        try:
            return step()
        except (Rejected, AnswerIncorrect, InvalidArgument) as error:
            print(error, file=sys.stderr)


def ask_new_password() -> str:
    while True:
        password = ask("New password: ", echo=False)
        if password == ask("Repeat it: ", echo=False):
            return password
        print("The two are not the same.", file=sys.stderr)


def ask(prompt: str, echo: bool = True) -> str:
    while True:
        try:
            if not echo and sys.stdin.isatty():
                line = getpass.getpass(prompt)
            else:
                print(prompt, end="", flush=True)
                line = sys.stdin.readline().rstrip("\r\n")
        except EOFError:
            line = ""
        except UnicodeDecodeError as error:
            print(f"That is no text in {error.encoding}.", file=sys.stderr)
            continue
        if not line:
            raise Stopped
        return line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
