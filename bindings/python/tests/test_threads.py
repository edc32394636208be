"""Threads: sharing, cancelling, closing while calls run."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from programs import QUESTIONS
from support import APP_KEY, AT_ONCE, CALLS, QUESTION, USER, Emulator, StalledServer

from autoshares_reset import Cancel, Cancelled, Client, InvalidArgument
from autoshares_reset._ffi import ClientHandle, ConfigHandle, Handle, ResultHandle
from autoshares_reset._library import native


def test_a_client_is_shared_between_threads(client: Client) -> None:
    users = list(QUESTIONS) * 100
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(client.secret_question, users)) == [QUESTIONS[user] for user in users]


@pytest.mark.parametrize("call", CALLS)
def test_cancelling_ends_each_call_at_once(stalled: StalledServer, call: str) -> None:
    cancel = Cancel()
    with Client(stalled.url, "k") as client, ThreadPoolExecutor(1) as pool:
        pending = pool.submit(getattr(client, call), **CALLS[call], cancel=cancel)
        stalled.next_request()
        assert not cancel.triggered
        cancelled = time.monotonic()
        cancel.trigger()
        error = pending.exception()
        assert time.monotonic() - cancelled < AT_ONCE
        assert isinstance(error, Cancelled)
        assert error.request_sent
        assert stalled.next_closing() - cancelled < AT_ONCE


def test_a_cancel_is_for_all_its_calls_and_sticks(client: Client, stalled: StalledServer) -> None:
    cancel = Cancel()
    assert client.secret_question(USER, cancel=cancel) == QUESTION
    with Client(stalled.url, "k") as waiting, ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(waiting.secret_question, USER, cancel=cancel) for _ in range(4)]
        for _ in calls:
            stalled.next_request()
        cancel.trigger()
        cancel.trigger()
        assert all(isinstance(call.exception(), Cancelled) for call in calls)
    with pytest.raises(Cancelled) as raised:
        client.secret_question(USER, cancel=cancel)
    assert not raised.value.request_sent
    assert cancel.triggered
    assert repr(cancel) == "<Cancel triggered>"
    assert client.secret_question(USER) == QUESTION


def test_a_client_is_freed_once_and_not_while_a_call_runs(
    stalled: StalledServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed: list[int] = []

    def recording(handle: ClientHandle) -> None:
        assert handle.value is not None
        freed.append(handle.value)
        native().asr_client_free(handle)

    client = Client(stalled.url, "k")
    assert client._handle is not None
    pointer = client._handle.value
    monkeypatch.setattr(ClientHandle, "_free", property(recording))
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(client.secret_question, USER) for _ in range(2)]
        for _ in calls:
            stalled.next_request()
        client.close()
        client.close()
        assert freed == []
        with pytest.raises(InvalidArgument):
            client.secret_question(USER)
        stalled.respond()
        assert [call.result() for call in calls] == ["A question?"] * 2
    assert freed == [pointer]


def test_a_freed_handle_is_null() -> None:
    """In Python's last collection a finalizer may use what another has freed."""
    handle: Any = native().asr_cancel_new()
    handle.__del__()
    assert handle.value is None
    handle.__del__()


def test_freeing_runs_no_python_that_could_lose_a_signal(client: Client) -> None:
    """Python ignores exceptions in a finalizer, KeyboardInterrupt included."""
    called: list[str] = []
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name) if event == "call" else None)
    client.secret_question(USER)
    client.close()
    sys.setprofile(None)
    assert {"secret_question", "perform", "checked", "close"} <= {*called}
    assert "__del__" not in called


def test_a_stored_exception_keeps_no_handle(monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[type[Handle]] = []

    def record(kind: Any) -> None:
        free = kind.__del__

        def recording(handle: Handle) -> None:
            freed.append(type(handle))
            free(handle)

        monkeypatch.setattr(kind, "__del__", recording)

    client = Client("http://127.0.0.1:1", "k")
    for kind in (ConfigHandle, ClientHandle, ResultHandle):
        record(kind)
    with pytest.raises(InvalidArgument) as kept:
        client.secret_question("")
    client.close()
    assert freed == [ResultHandle, ClientHandle]
    with pytest.raises(InvalidArgument) as kept_too:
        Client("", "k")
    assert {*freed[2:]} == {ConfigHandle, ResultHandle, ClientHandle}
    assert kept.tb
    assert kept_too.tb


def test_closing_races_with_calls(emulator: Emulator) -> None:
    for _ in range(50):
        client = Client(emulator.url, APP_KEY)
        start = threading.Barrier(3)

        def call(client: Client = client, start: threading.Barrier = start) -> str | None:
            start.wait()
            try:
                return client.secret_question(USER)
            except InvalidArgument as error:
                return str(error)

        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(call) for _ in range(2)]
            start.wait()
            client.close()
            assert all(call.result() in (QUESTION, "The client is closed.") for call in calls)
