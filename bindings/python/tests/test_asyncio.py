"""AsyncClient: the loop goes on, cancelling is at once, and no thread is left behind."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import pytest
from support import ANSWER, APP_KEY, AT_ONCE, PATIENCE, QUESTION, USER, Emulator, StalledServer

from autoshares_reset import AnswerIncorrect, AsyncClient, InternalError, InvalidArgument, Rejected


def join_call_threads() -> None:
    """Waits for the threads of calls to end, which a cancelled call's does by itself."""
    for thread in threading.enumerate():
        if thread.name == "autoshares-reset call":
            thread.join(AT_ONCE)
            assert not thread.is_alive()


def test_from_forgotten_to_changed(emulator: Emulator) -> None:
    async def flow() -> None:
        async with AsyncClient(emulator.url, APP_KEY) as client:
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
    join_call_threads()


def test_calls_run_side_by_side_and_the_loop_goes_on(stalled: StalledServer) -> None:
    async def many() -> None:
        async with AsyncClient(stalled.url, "k") as client:
            calls = [asyncio.create_task(client.secret_question(USER)) for _ in range(50)]
            for _ in calls:
                await asyncio.to_thread(stalled.next_request)  # for which the loop must turn
            assert not any(call.done() for call in calls)
            stalled.answer()
            assert await asyncio.gather(*calls) == ["A question?"] * 50

    asyncio.run(many())
    join_call_threads()


@pytest.mark.parametrize(
    ("call", "arguments"),
    [("secret_question", ["u"]), ("request_reset", ["u"]), ("confirm_code", ["c"]), ("set_password", ["t", "p"])],
)
def test_cancelling_a_task_ends_its_call_at_once(stalled: StalledServer, call: str, arguments: list[str]) -> None:
    async def cancel() -> None:
        async with AsyncClient(stalled.url, "k") as client:
            task = asyncio.create_task(getattr(client, call)(*arguments))
            await asyncio.to_thread(stalled.next_request)
            cancelled = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - cancelled < AT_ONCE
            assert await asyncio.to_thread(stalled.next_closing) - cancelled < AT_ONCE

    asyncio.run(cancel())
    join_call_threads()


def test_a_timeout_of_asyncio_ends_the_call(stalled: StalledServer) -> None:
    async def wait() -> None:
        async with AsyncClient(stalled.url, "k") as client:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.secret_question(USER), 0.05)

    asyncio.run(wait())
    assert stalled.next_request()
    assert stalled.next_closing()
    join_call_threads()


def test_a_hundred_cancelled_calls_leave_no_thread(stalled: StalledServer) -> None:
    async def cancel() -> None:
        async with AsyncClient(stalled.url, "k") as client:
            tasks = [asyncio.create_task(client.secret_question(USER)) for _ in range(100)]
            for _ in tasks:
                await asyncio.to_thread(stalled.next_request)
            for task in tasks:
                task.cancel()
            assert all(
                isinstance(result, asyncio.CancelledError)
                for result in await asyncio.gather(*tasks, return_exceptions=True)
            )

    before = threading.active_count()
    asyncio.run(cancel())
    join_call_threads()
    # asyncio.run has ended asyncio's own; those of the server end with their connections.
    for _ in range(100):
        stalled.next_closing()
    deadline = time.monotonic() + PATIENCE
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0)
    assert threading.active_count() == before


def test_contextlib_closes_it(emulator: Emulator) -> None:
    async def close() -> AsyncClient:
        async with contextlib.AsyncExitStack() as stack:
            client = AsyncClient(emulator.url, APP_KEY)
            stack.push_async_callback(client.aclose)
            assert await client.secret_question(USER) == QUESTION
        return client

    assert asyncio.run(close()).closed


def test_closing_lets_calls_under_way_end(stalled: StalledServer) -> None:
    async def close() -> None:
        client = AsyncClient(stalled.url, "k")
        call = asyncio.create_task(client.secret_question(USER))
        await asyncio.sleep(0)  # begun, and perhaps not yet in the library
        client.close()
        await asyncio.to_thread(stalled.next_request)
        stalled.answer()
        assert await call == "A question?"

    asyncio.run(close())


def test_too_many_threads_are_a_failure_of_the_library(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def call() -> None:
        async with AsyncClient(emulator.url, APP_KEY) as client:
            monkeypatch.setattr(threading.Thread, "start", refuse)
            with pytest.raises(InternalError, match="can't start new thread"):
                await client.secret_question(USER)
            monkeypatch.undo()
            assert await client.secret_question(USER) == QUESTION

    asyncio.run(call())


def test_one_client_serves_several_loops(emulator: Emulator) -> None:
    client = AsyncClient(emulator.url, APP_KEY)
    assert [asyncio.run(client.secret_question(USER)) for _ in range(3)] == [QUESTION] * 3
    client.close()
