"""Prints the secret question of an AutoShares account.

    AUTOSHARES_APP_KEY=… python3 secret_question.py [BASE_URL] USERNAME

BASE_URL may come from AUTOSHARES_BASE_URL instead. The app key comes from AUTOSHARES_APP_KEY alone, because arguments
are seen by everyone who can list processes. AUTOSHARES_CA_FILE may name a PEM file with the only certificates to
trust, such as the emulator's.

Exit status: 0 done, 1 any other failure, 2 wrong usage, 3 app key rejected, 4 the service said no, 5 the network
failed.
"""

import io
import os
import sys
from typing import cast

from autoshares_reset import (
    AnswerIncorrect,
    AppKeyRejected,
    Client,
    LibraryError,
    NetworkError,
    RateLimited,
    Rejected,
    ResetError,
)


def main(arguments: list[str]) -> int:
    base_url = arguments[0] if len(arguments) == 2 else os.environ.get("AUTOSHARES_BASE_URL")
    app_key = os.environ.get("AUTOSHARES_APP_KEY")
    if len(arguments) not in (1, 2) or base_url is None or app_key is None:
        usage = "usage: AUTOSHARES_APP_KEY=KEY secret_question.py [BASE_URL] USERNAME"
        print(f"{usage} (BASE_URL else from AUTOSHARES_BASE_URL)", file=sys.stderr)
        return 2

    try:
        with Client(base_url, app_key, ca_file=os.environ.get("AUTOSHARES_CA_FILE")) as client:
            question = client.secret_question(arguments[-1])
    except AppKeyRejected as error:  # the user can do nothing: the broker gives out keys
        return failed(error, 3)
    except (Rejected, AnswerIncorrect) as error:  # the message has the service's own words, fit to show
        return failed(error, 4)
    except RateLimited as error:  # wait, then try again
        return failed(error, 4)
    except NetworkError as error:  # it may work later, or on another network
        return failed(error, 5)
    except ResetError as error:  # settings that are wrong, a service in trouble, something else at the base URL
        return failed(error, 1)
    except LibraryError as error:  # the native library is missing: the message says what to do
        print(error, file=sys.stderr)
        return 1

    # None is a success: go on without an answer.
    print("This account has no secret question." if question is None else question)
    return 0


def failed(error: ResetError, status: int) -> int:
    wait = f" (Wait for {error.retry_after:.0f} s.)" if error.retry_after is not None else ""
    print(f"{error}{wait}", file=sys.stderr)
    return status


if __name__ == "__main__":
    # A question may have characters that this terminal cannot show.
    cast(io.TextIOWrapper, sys.stdout).reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
