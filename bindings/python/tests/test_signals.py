"""Signals, sent to real processes while their main thread waits for a call."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest
from conftest import StartPython
from support import APP_KEY, AT_ONCE, CALLS, QUESTION, Emulator, StalledServer, finish, said, sends_signals, tell

pytestmark = sends_signals

# A hardening run takes more: ASR_INTERRUPTS=10000.
INTERRUPTS = int(os.environ.get("ASR_INTERRUPTS", "400"))
ENDED = {call: f"Client(url, 'k').{call}(**{arguments})" for call, arguments in CALLS.items()}
ENDED["once"] = "secret_question_once(url, 'k', 'u')"
ENDED["asyncio"] = "asyncio.run(AsyncClient(url, 'k').secret_question('u'))"


def send(process: subprocess.Popen[str], kind: str = "SIGINT") -> float:
    sent = time.monotonic()
    process.send_signal(signal.Signals[kind])
    return sent


def test_ctrl_c_ends_a_waiting_call_at_once_and_leaves_no_trace(
    start_python: StartPython, stalled: StalledServer
) -> None:
    program = start_python(
        """
        import os, programs, sys, time
        from autoshares_reset import Client

        before = len(os.listdir("/proc/self/fd"))
        with Client(sys.argv[1], "k") as client:
            for _ in range(20):
                try:
                    client.secret_question("u")
                except KeyboardInterrupt:
                    print(time.monotonic(), flush=True)
            print(client.secret_question("u"))
        programs.end_threads()
        assert len(os.listdir("/proc/self/fd")) == before
        """,
        stalled.url,
    )
    for _ in range(20):
        stalled.next_request()
        sent = send(program)
        assert float(said(program)) - sent < AT_ONCE
        assert stalled.next_closing() - sent < AT_ONCE
    stalled.next_request()
    stalled.respond()
    assert finish(program) == "A question?\n"


@pytest.mark.parametrize(
    ("kind", "use"),
    [
        ("SIGINT", "client.secret_question('hello@autoshares.com')"),
        ("SIGUSR1", "client.secret_question('hello@autoshares.com')"),
        ("SIGINT", "with Client(*sys.argv[1:]) as short: short.secret_question('hello@autoshares.com')"),
    ],
)
def test_ctrl_c_at_any_moment_ends_one_call_and_not_the_next(
    start_python: StartPython, emulator: Emulator, kind: str, use: str
) -> None:
    program = start_python(
        f"""
        import programs, signal, sys, time
        from autoshares_reset import Client

        def use():
            print("ready", flush=True)
            end = time.monotonic() + 5
            while time.monotonic() < end:
                {use}
            print("lost", flush=True)

        signal.signal(signal.SIGUSR1, signal.default_int_handler)
        with Client(*sys.argv[1:]) as client:
            for _ in range({INTERRUPTS}):
                try:
                    use()
                except KeyboardInterrupt:
                    client.secret_question("hello@autoshares.com")
        programs.end_threads()
        print("done")
        """,
        emulator.url,
        APP_KEY,
    )
    for _ in range(INTERRUPTS):
        assert said(program) == "ready"
        time.sleep(random.uniform(0, 0.002))  # noqa: S311
        send(program, kind)
    assert finish(program) == "done\n"


@pytest.mark.parametrize("call", ENDED)
def test_ctrl_c_ends_each_call_at_once(start_python: StartPython, stalled: StalledServer, call: str) -> None:
    program = start_python(
        f"""
        import asyncio, sys, time
        from autoshares_reset import AsyncClient, Client, secret_question_once

        url = sys.argv[1]
        try:
            {ENDED[call]}
        except KeyboardInterrupt:
            print(time.monotonic())
        """,
        stalled.url,
    )
    stalled.next_request()
    sent = send(program)
    assert float(finish(program)) - sent < AT_ONCE
    assert stalled.next_closing() - sent < AT_ONCE


@pytest.mark.parametrize("kind", ["SIGINT", "SIGTERM", "SIGALRM"])
def test_a_handler_of_the_programs_own_runs_at_once_and_the_call_goes_on(
    start_python: StartPython, stalled: StalledServer, emulator: Emulator, kind: str
) -> None:
    """The handler may even make a call itself."""
    program = start_python(
        """
        import signal, sys
        from autoshares_reset import Client

        def handle(*_):
            print(other.secret_question("robert.zak"), flush=True)

        stalled, number, *emulator = sys.argv[1:]
        other = Client(*emulator)
        signal.signal(int(number), handle)
        with Client(stalled, "k") as client:
            print(client.secret_question("u"))
        """,
        stalled.url,
        signal.Signals[kind].value,
        emulator.url,
        APP_KEY,
    )
    stalled.next_request()
    sent = send(program, kind)
    assert said(program) == "What is your mother's maiden name?"
    assert time.monotonic() - sent < AT_ONCE
    stalled.respond()
    assert finish(program) == "A question?\n"


def test_a_signal_blocked_after_a_call_stays_pending(start_python: StartPython, emulator: Emulator) -> None:
    program = start_python(
        """
        import signal, sys
        from autoshares_reset import Client

        with Client(*sys.argv[1:]) as client:
            client.secret_question("robert.zak")
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
            print("blocked", flush=True)
            input()
            print(signal.sigwait({signal.SIGTERM}) is signal.SIGTERM)
        """,
        emulator.url,
        APP_KEY,
    )
    assert said(program) == "blocked"
    send(program, "SIGTERM")
    time.sleep(0.1)
    tell(program)
    assert finish(program) == "True\n"


def test_ctrl_c_triggers_no_cancel_and_ends_no_call_of_another_thread(
    start_python: StartPython, stalled: StalledServer
) -> None:
    program = start_python(
        """
        import sys, threading
        from autoshares_reset import Cancel, Client
        cancel = Cancel()
        with Client(sys.argv[1], "k") as client:
            thread = threading.Thread(target=lambda: print(client.secret_question("thread", cancel=cancel)))
            thread.start()
            try:
                client.secret_question("main", cancel=cancel)
            except KeyboardInterrupt:
                print("interrupted", cancel.triggered, flush=True)
            thread.join()
        """,
        stalled.url,
    )
    for _ in range(2):
        stalled.next_request()
    send(program)
    assert said(program) == "interrupted False"
    stalled.next_closing()
    stalled.respond()
    assert finish(program) == "A question?\n"


def test_without_another_thread_the_call_works_and_no_exception_is_lost(
    start_python: StartPython, emulator: Emulator
) -> None:
    program = start_python(
        """
        import signal, sys, threading
        from autoshares_reset import Client, _worker

        def handle(*_):
            raise RuntimeError("of the handler")

        signal.signal(signal.SIGUSR1, handle)
        client = Client(*sys.argv[1:])
        start_thread = _worker._start_thread
        _worker._start_thread = lambda _: signal.raise_signal(signal.SIGUSR1)
        try:
            client.secret_question("hello@autoshares.com")
        except RuntimeError as error:
            print(error)
        _worker._start_thread = start_thread
        threading.stack_size(1 << 60)  # more than any machine has
        print(client.secret_question("hello@autoshares.com"))
        assert not _worker._kept
        """,
        emulator.url,
        APP_KEY,
    )
    assert finish(program) == f"of the handler\n{QUESTION}\n"
