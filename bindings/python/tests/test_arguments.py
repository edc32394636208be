"""Values that C cannot carry, or of a wrong type, are refused before the call; and no message repeats them.

The table of cases has what the library refuses, and None.
"""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path
from typing import Any, Callable

import pytest
from support import CALLS

import autoshares_reset
from autoshares_reset import AsyncClient, Client, Code, ConnectFailed, InvalidArgument, secret_question_once
from autoshares_reset._text import plain

FOLDER = Path(autoshares_reset.__file__).parent
URL, UNUSABLE = "http://127.0.0.1:1", "secret\0text"


def make(**settings: Any) -> Client:
    usual: dict[str, Any] = {"base_url": URL, "app_key": "k"}
    return Client(**{**usual, **settings})


def check_refusal(call: Callable[[], object], start: str) -> None:
    with pytest.raises((InvalidArgument, TypeError), match=f"^{start}") as refused:
        call()
    assert type(refused.value) is (InvalidArgument if start.startswith("The ") else TypeError)
    assert "secret" not in str(refused.value)
    # A traceback does not print it either.
    assert refused.value.__context__ is None


@pytest.mark.parametrize(("call", "unusable"), [(call, name) for call in CALLS for name in CALLS[call]])
def test_an_argument(call: str, unusable: str) -> None:
    arguments = {**CALLS[call], unusable: UNUSABLE}
    start = f"{plain(unusable)} contains a null character"
    check_refusal(lambda: getattr(make(), call)(**arguments), start)
    check_refusal(lambda: asyncio.run(getattr(AsyncClient(URL, "k"), call)(**arguments)), start)


@pytest.mark.parametrize("setting", ["base_url", "app_key", "ca_file", "ca_pem", "proxy", "api_version", "user_agent"])
def test_a_setting(setting: str) -> None:
    check_refusal(lambda: make(**{setting: UNUSABLE}), f"{plain(setting)} contains a null character")


@pytest.mark.parametrize(
    ("setting", "value", "start"),
    [
        ("proxy", "secret\ud800", "The proxy contains a lone surrogate"),
        ("app_key", b"secret", "app_key must be a str, not bytes"),
        ("ca_file", 17, "ca_file must be a str, not int"),
        ("timeout", float("nan"), "The timeout must be between 0.001 and "),
        ("timeout", 10**400, "The timeout must be between 0.001 and "),
        ("connect_timeout", "30", "connect_timeout must be a number of seconds, not str"),
        ("allow_http", "no", "allow_http must be a bool, not str"),
    ],
)
def test_a_value_of_a_setting(setting: str, value: object, start: str) -> None:
    check_refusal(lambda: make(**{setting: value}), start)


def test_a_cancel_of_a_wrong_type() -> None:
    wrong: Any = "no"
    check_refusal(lambda: make().connect(cancel=wrong), "cancel must be a Cancel, not str")


def test_a_very_short_time_is_not_zero() -> None:
    make(timeout=0.0001, connect_timeout=1e-9).close()


def check_frames(kept: BaseException, secret: str) -> None:
    """An error reporter may show the locals of each frame."""
    frames = [frame for frame, _ in traceback.walk_tb(kept.__traceback__)]
    shown = [repr(frame.f_locals) for frame in frames if FOLDER in Path(frame.f_code.co_filename).parents]
    assert shown
    assert secret not in "".join(shown)


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "https://name:secret@broker.example"},
        {"app_key": "secret\0"},
        {"proxy": "socks5://name:secret@proxy.example"},
        {"timeout": 0},
    ],
    ids=str,
)
def test_a_stored_exception_keeps_no_secret_setting(settings: dict[str, Any]) -> None:
    """The client that could not be made is among the locals, and does not show them either."""
    client: Any = Client.__new__(Client)
    with pytest.raises(InvalidArgument) as kept:
        client.__init__(**{"base_url": URL, "app_key": "the secret key", **settings})
    assert (kept.value.code, kept.value.request_sent) == (Code.INVALID_ARGUMENT, False)
    check_frames(kept.value, "secret")
    assert repr(client) == "<Client, not made>"


def test_an_exception_of_secret_question_once_keeps_no_key() -> None:
    with pytest.raises(ConnectFailed) as kept:
        secret_question_once(URL, "the secret key", "u")
    check_frames(kept.value, "secret key")
