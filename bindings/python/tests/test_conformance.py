"""The table of cases that all languages run: responses of the service, and the expected outcomes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any, Callable, cast

import pytest
from support import CHECKOUT, Program

from autoshares_reset import AsyncClient, Client, Code, ResetError
from autoshares_reset._text import plain

Row = dict[str, Any]

TABLE = CHECKOUT / "tests" / "cases.json"
ROWS: list[Row] = json.loads(TABLE.read_text(encoding="utf-8"))["cases"]
MADE = object()


@pytest.fixture(scope="module")
def cases_url() -> Iterator[str]:
    program = Program("autoshares-case-server", "--cases", TABLE)
    yield program.settings["AUTOSHARES_CASES_URL"]
    program.stop()


def text(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    repeated = cast("dict[str, Any]", value)
    return repeated["repeat"] * repeated["times"]


def settings(row: Row, cases_url: str) -> dict[str, Any]:
    config = {name: text(value) for name, value in row.get("config", {}).items()}
    config.setdefault("base_url", f"{cases_url}/{row['id']}{config.pop('base_path', '')}")
    config.setdefault("app_key", "test-app-key")
    for name in ("timeout", "connect_timeout"):
        if f"{name}_ms" in config:
            config[name] = config.pop(f"{name}_ms") / 1000
    return config


def observe(row: Row, perform: Callable[[], Any]) -> dict[str, Any]:
    """The outcome of the call, in the table's terms. In Python a success shows only its value."""
    try:
        value = perform()
    except ResetError as error:
        return {
            "code": f"ASR_{error.code.name}",
            "http_status": error.http_status or 0,
            "request_sent": error.request_sent,
            "retry_after_s": error.retry_after or 0,
            "question": None,
            "token": None,
            "service_code": error.service_code,
            "message": error.message,
        }
    except TypeError as error:  # None, which C takes as NULL; the message has the parameter's name
        return {"code": "ASR_INVALID_ARGUMENT", "message": plain(str(error).split()[0])}
    assert (value is MADE) == (row["call"] == "client_new")
    no_question = row["call"] == "secret_question" and value is None
    return {
        "code": f"ASR_{(Code.NO_QUESTION if no_question else Code.OK).name}",
        "question": value if row["call"] == "secret_question" else None,
        "token": value if row["call"] == "confirm_code" else None,
        "message": None,
        "service_code": None,
    }


def check(row: Row, seen: dict[str, Any]) -> None:
    expected: Row = row["expect"]
    assert seen["code"] == expected["code"], seen
    for name, value in expected.items():
        if name == "message_has":
            assert all(part in (seen["message"] or "") for part in value), seen["message"]
        elif name == "message_lacks":
            assert not any(part in (seen["message"] or "") for part in value), seen["message"]
        elif name == "retry_after_s" and isinstance(value, dict) and name in seen:
            limits = cast("dict[str, float]", value)
            assert limits.get("min", 0) <= seen[name] <= limits.get("max", 2**32), seen
        elif name in seen:
            assert seen[name] == value, name


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_row(row: Row, cases_url: str) -> None:
    def perform() -> Any:
        with Client(**settings(row, cases_url)) as client:
            return MADE if row["call"] == "client_new" else getattr(client, row["call"])(*map(text, row["args"]))

    check(row, observe(row, perform))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_row_with_asyncio(row: Row, cases_url: str) -> None:
    async def perform() -> Any:
        async with AsyncClient(**settings(row, cases_url)) as client:
            return MADE if row["call"] == "client_new" else await getattr(client, row["call"])(*map(text, row["args"]))

    check(row, observe(row, lambda: asyncio.run(perform())))
