"""AsyncClient: the loop is not blocked, cancelling is immediate, and no thread is left behind."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Any
from unittest.mock import create_autospec

import pytest
from programs import call_threads, end_threads
from support import ANSWER, APP_KEY, AT_ONCE, CALLS, PATIENCE, QUESTION, USER, Emulator, StalledServer

from autoshares_reset import AnswerIncorrect, AsyncClient, InvalidArgument, Rejected, ResetError, _worker


def test_from_forgotten_to_changed(emulator: Emulator) -> None:
    async def flow() -> None:
        async with AsyncClient(emulator.url, APP_KEY) as client:
            await client.connect()
            with pytest.raises(AnswerIncorrect):
                await client.request_reset(USER)
            assert await client.secret_question(USER) == QUESTION
            assert await client.secret_question("noquestion@autoshares.com") is None
            await client.request_reset(USER, ANSWER)
            with pytest.raises(Rejected):
                await client.confirm_code("000000")
            token = await client.confirm_code(emulator.mailed_code(USER))
            await client.set_password(token, "A much longer one: 2")
        assert client.closed
        with pytest.raises(InvalidArgument, match="closed"):
            await client.secret_question(USER)
        assert repr(client) == f"<AsyncClient '{emulator.url}', closed>"

    asyncio.run(flow())
    end_threads()


def test_calls_run_side_by_side_and_the_loop_goes_on(stalled: StalledServer) -> None:
    async def many() -> None:
        async with AsyncClient(stalled.url, "k") as client:
            calls = [asyncio.create_task(client.secret_question(USER)) for _ in range(50)]
            for _ in calls:
                await asyncio.to_thread(stalled.next_request)  # for which the loop must turn
            assert not any(call.done() for call in calls)
            stalled.respond()
            assert await asyncio.gather(*calls) == ["A question?"] * 50

    asyncio.run(many())
    end_threads()


@pytest.mark.parametrize("call", CALLS)
def test_cancelling_a_task_ends_its_call_at_once(stalled: StalledServer, call: str) -> None:
    async def cancel() -> None:
        async with AsyncClient(stalled.url, "k") as client:
            task = asyncio.create_task(getattr(client, call)(**CALLS[call]))
            await asyncio.to_thread(stalled.next_request)
            cancelled = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - cancelled < AT_ONCE
            assert await asyncio.to_thread(stalled.next_closing) - cancelled < AT_ONCE

    asyncio.run(cancel())
    end_threads()


def test_calls_use_the_threads_of_earlier_ones_which_end_when_idle(
    stalled: StalledServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    start_thread = _worker._start_thread

    def record(jobs: Any) -> None:
        started.append(jobs)
        start_thread(jobs)

    async def calls() -> None:
        async with AsyncClient(stalled.url, "k") as client:
            for _ in range(3):
                tasks = [asyncio.create_task(client.secret_question(USER)) for _ in range(100)]
                for _ in tasks:
                    await asyncio.to_thread(stalled.next_request)
                stalled.respond()
                await asyncio.gather(*tasks)

    end_threads()
    monkeypatch.setattr(_worker, "_start_thread", record)
    monkeypatch.setattr(_worker, "_KEPT_FOR", 3.0)
    asyncio.run(calls())
    assert call_threads() >= _worker._MOST_KEPT
    # At most twice as many: a thread may become idle too late for the next calls.
    assert len(started) < 3 * 100 - _worker._MOST_KEPT
    deadline = time.monotonic() + PATIENCE
    while call_threads() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not call_threads()
    assert not _worker._kept


def test_closing_lets_calls_under_way_end(stalled: StalledServer) -> None:
    async def close() -> None:
        client = AsyncClient(stalled.url, "k")
        call = asyncio.create_task(client.secret_question(USER))
        await asyncio.sleep(0)  # begun, and perhaps not yet in the library
        await client.aclose()
        assert client.closed
        await asyncio.to_thread(stalled.next_request)
        stalled.respond()
        assert await call == "A question?"

    asyncio.run(close())


@pytest.mark.skipif(os.name == "nt", reason="Windows' Python takes no stack size that the system would refuse")
def test_a_call_without_a_thread_raises_runtime_error(emulator: Emulator) -> None:
    async def call() -> None:
        async with AsyncClient(emulator.url, APP_KEY) as client:
            _worker._end_kept()
            threading.stack_size(1 << 60)  # more than any machine has
            with pytest.raises(RuntimeError, match="can't start new thread") as raised:
                await client.secret_question(USER)
            assert not isinstance(raised.value, ResetError)
            threading.stack_size(0)
            assert await client.secret_question(USER) == QUESTION

    asyncio.run(call())


def test_one_client_serves_several_loops(emulator: Emulator) -> None:
    client = AsyncClient(emulator.url, APP_KEY)
    assert [asyncio.run(client.secret_question(USER)) for _ in range(3)] == [QUESTION] * 3
    client.close()


def test_a_mock_made_from_the_client_can_be_awaited() -> None:
    async def call_each(client: Any) -> None:
        await client.connect()
        for call, arguments in CALLS.items():
            await getattr(client, call)(**arguments)

    asyncio.run(call_each(create_autospec(AsyncClient, instance=True)))
