"""Ctrl-C, sent to real processes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest
from conftest import StartPython
from support import APP_KEY, AT_ONCE, Emulator, StalledServer, finish

pytestmark = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")


def interrupt(process: subprocess.Popen[str]) -> float:
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    return sent


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().rstrip("\n")


def test_it_ends_a_waiting_call_at_once_and_leaves_no_trace(start_python: StartPython, stalled: StalledServer) -> None:
    program = start_python(
        """
        import os, signal, sys, threading, time
        from autoshares_reset import Client

        with Client(sys.argv[1], "k") as client:
            for round in range(20):
                try:
                    client.secret_question("u")
                except KeyboardInterrupt:
                    print(time.monotonic(), flush=True)
                if round == 0:
                    before = threading.active_count(), len(os.listdir("/proc/self/fd"))
            assert signal.set_wakeup_fd(-1) == -1
            assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == before
            print(client.secret_question("u"))
        """,
        stalled.url,
    )
    for _ in range(20):
        stalled.next_request()
        sent = interrupt(program)
        assert float(said(program)) - sent < AT_ONCE
    stalled.next_request()
    stalled.answer()
    assert finish(program) == "A question?\n"


@pytest.mark.parametrize("owner", ["", "with an owner of the descriptor"])
def test_whenever_it_comes_it_ends_one_call_and_not_the_next(
    start_python: StartPython, emulator: Emulator, owner: str
) -> None:
    program = start_python(
        """
        import signal, socket, sys
        from autoshares_reset import Client

        url, key, owner = sys.argv[1:]
        theirs, ours = socket.socketpair()
        theirs.settimeout(10)
        ours.setblocking(False)
        if owner:
            signal.set_wakeup_fd(ours.fileno())
        with theirs, ours, Client(url, key) as client:
            for _ in range(500):
                try:
                    client.secret_question("hello@autoshares.com")
                    print("ready", flush=True)
                    while True:
                        client.secret_question("hello@autoshares.com")
                except KeyboardInterrupt:
                    client.secret_question("hello@autoshares.com")
                if owner:
                    assert theirs.recv(100) == bytes([signal.SIGINT])
        print("done")
        """,
        emulator.url,
        APP_KEY,
        owner,
    )
    for moment in range(500):
        assert said(program) == "ready"
        time.sleep(moment / 1e6)
        interrupt(program)
    assert finish(program) == "done\n"


@pytest.mark.parametrize(
    "call", ["client.request_reset('u')", "client.confirm_code('c')", "client.set_password('t', 'p')"]
)
def test_it_ends_each_call(start_python: StartPython, stalled: StalledServer, call: str) -> None:
    program = start_python(
        f"""
        import sys
        from autoshares_reset import Client
        try:
            client = Client(sys.argv[1], "k")
            {call}
        except KeyboardInterrupt:
            print("interrupted")
        """,
        stalled.url,
    )
    stalled.next_request()
    interrupt(program)
    assert finish(program) == "interrupted\n"


def test_a_call_for_once_is_ended_too(start_python: StartPython, stalled: StalledServer) -> None:
    program = start_python(
        """
        import sys
        from autoshares_reset import secret_question_once
        try:
            secret_question_once(sys.argv[1], "k", "u")
        except KeyboardInterrupt:
            print("interrupted")
        """,
        stalled.url,
    )
    stalled.next_request()
    interrupt(program)
    assert finish(program) == "interrupted\n"


def test_it_does_not_trigger_the_callers_cancel(start_python: StartPython, stalled: StalledServer) -> None:
    program = start_python(
        """
        import sys
        from autoshares_reset import Cancel, Client
        cancel = Cancel()
        with Client(sys.argv[1], "k") as client:
            try:
                client.secret_question("u", cancel=cancel)
            except KeyboardInterrupt:
                print("interrupted", cancel.triggered)
        """,
        stalled.url,
    )
    stalled.next_request()
    interrupt(program)
    assert finish(program) == "interrupted False\n"


def test_a_handler_of_the_programs_own_does_not_end_the_call(start_python: StartPython, stalled: StalledServer) -> None:
    program = start_python(
        """
        import signal, sys
        from autoshares_reset import Client
        signal.signal(signal.SIGINT, lambda *_: print("handled", flush=True))
        with Client(sys.argv[1], "k") as client:
            print(client.secret_question("u"))
        """,
        stalled.url,
    )
    stalled.next_request()
    interrupt(program)
    stalled.answer()
    assert finish(program) == "handled\nA question?\n"


def test_calls_of_other_threads_go_on(start_python: StartPython, stalled: StalledServer) -> None:
    program = start_python(
        """
        import sys, threading
        from autoshares_reset import Client
        with Client(sys.argv[1], "k") as client:
            thread = threading.Thread(target=lambda: print(client.secret_question("thread")))
            thread.start()
            try:
                client.secret_question("main")
            except KeyboardInterrupt:
                print("interrupted", flush=True)
            thread.join()
        """,
        stalled.url,
    )
    for _ in range(2):
        stalled.next_request()
    interrupt(program)
    assert said(program) == "interrupted"
    stalled.next_closing()
    stalled.answer()
    assert finish(program) == "A question?\n"


def test_a_signal_handler_may_make_a_call_at_any_moment(start_python: StartPython, emulator: Emulator) -> None:
    """Here while the main thread looks for signals at the end of a call, on behalf of the descriptor's owner."""
    program = start_python(
        """
        import signal, socket, sys
        from autoshares_reset import Client, _interrupt

        class Interrupted:
            def recv(self, size):
                watcher.reader = reader
                print(client.secret_question("robert.zak"))  # as a signal handler may
                return reader.recv(size)

        client = Client(*sys.argv[1:])
        client.secret_question("hello@autoshares.com")
        watcher = _interrupt._watcher
        reader, watcher.reader = watcher.reader, Interrupted()
        theirs, ours = socket.socketpair()
        ours.setblocking(False)
        with theirs, ours:
            signal.set_wakeup_fd(ours.fileno())
            client.secret_question("hello@autoshares.com")
        """,
        emulator.url,
        APP_KEY,
    )
    assert finish(program) == "What is your mother's maiden name?\n"


def test_a_call_within_the_first_one_leaves_one_thread(start_python: StartPython, emulator: Emulator) -> None:
    program = start_python(
        """
        import sys, threading
        from autoshares_reset import Client, _interrupt

        class Interrupted(_interrupt._Watcher):
            def __init__(self):
                super().__init__()
                _interrupt._Watcher = self.__class__.__base__
                client.secret_question("robert.zak")  # as a signal handler may

        _interrupt._Watcher = Interrupted
        client = Client(*sys.argv[1:])
        client.secret_question("hello@autoshares.com")
        print(*(thread.name for thread in threading.enumerate()))
        """,
        emulator.url,
        APP_KEY,
    )
    assert finish(program) == "MainThread autoshares-reset Ctrl-C\n"


def test_freeing_runs_no_python_that_could_lose_an_interrupt(start_python: StartPython, emulator: Emulator) -> None:
    """What a finalizer raises is ignored, KeyboardInterrupt included."""
    program = start_python(
        """
        import sys
        from autoshares_reset import Client

        def watch(frame, event, argument):
            if event == "call":
                called.append(frame.f_code.co_name)

        called = []
        client = Client(*sys.argv[1:])
        sys.setprofile(watch)
        client.secret_question("hello@autoshares.com")
        client.close()
        sys.setprofile(None)
        assert {"secret_question", "perform", "checked", "close"} <= {*called}
        assert "__del__" not in called
        """,
        emulator.url,
        APP_KEY,
    )
    finish(program)


def test_none_is_lost_where_clients_are_closed(start_python: StartPython, emulator: Emulator) -> None:
    program = start_python(
        """
        import sys, time
        from autoshares_reset import Client

        def use_clients():
            print("ready", flush=True)
            end = time.monotonic() + 5
            while time.monotonic() < end:
                with Client(*sys.argv[1:]) as client:
                    client.secret_question("hello@autoshares.com")
            print("lost", flush=True)

        for _ in range(300):
            try:
                use_clients()
            except KeyboardInterrupt:
                pass
        print("done")
        """,
        emulator.url,
        APP_KEY,
    )
    for _ in range(300):
        assert said(program) == "ready"
        time.sleep(random.uniform(0, 0.003))  # noqa: S311
        interrupt(program)
    assert finish(program) == "done\n"


def test_an_event_loop_gets_its_signals_and_its_descriptor_back(
    start_python: StartPython, stalled: StalledServer
) -> None:
    """A call that blocks is no good in a coroutine; but it must not break the loop."""
    program = start_python(
        """
        import asyncio, signal, sys
        from autoshares_reset import Client

        async def main():
            loop = asyncio.get_running_loop()
            signalled = asyncio.Event()
            loop.add_signal_handler(signal.SIGUSR1, signalled.set)
            descriptor = signal.set_wakeup_fd(-1)
            signal.set_wakeup_fd(descriptor)
            assert descriptor != -1
            with Client(sys.argv[1], "k") as client:
                try:
                    client.secret_question("u")
                except KeyboardInterrupt:
                    print("interrupted")
            await signalled.wait()
            print("signalled")
            loop.remove_signal_handler(signal.SIGUSR1)
            loop.add_signal_handler(signal.SIGUSR1, print)
            assert signal.set_wakeup_fd(descriptor) == descriptor

        # Not asyncio.run: from Python 3.11 on, that takes over SIGINT.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        loop.close()
        """,
        stalled.url,
    )
    stalled.next_request()
    program.send_signal(signal.SIGUSR1)
    interrupt(program)
    assert finish(program) == "interrupted\nsignalled\n"


def test_it_ends_asyncio_run_at_once(start_python: StartPython, stalled: StalledServer) -> None:
    program = start_python(
        """
        import asyncio, sys, time
        from autoshares_reset import AsyncClient

        async def main():
            async with AsyncClient(sys.argv[1], "k") as client:
                await client.secret_question("u")

        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print(time.monotonic())
        """,
        stalled.url,
    )
    stalled.next_request()
    sent = interrupt(program)
    assert float(finish(program)) - sent < AT_ONCE
    assert stalled.next_closing() - sent < AT_ONCE


def test_a_signal_in_a_forked_child_does_not_end_the_parents_call(
    start_python: StartPython, stalled: StalledServer
) -> None:
    program = start_python(
        """
        import os, signal, sys, threading, warnings
        from autoshares_reset import Client
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork with threads is what this is about

        def fork():
            input()  # the main thread's request is in
            child = os.fork()
            if child == 0:
                try:
                    assert signal.set_wakeup_fd(-1) == -1
                    os.kill(os.getpid(), signal.SIGINT)
                    for _ in range(1000): pass
                    os._exit(1)
                except KeyboardInterrupt:
                    os._exit(7)
            print("child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)

        thread = threading.Thread(target=fork)
        thread.start()
        with Client(sys.argv[1], "k") as client:
            print(client.secret_question("u"))
        thread.join()
        """,
        stalled.url,
    )
    stalled.next_request()
    assert program.stdin
    program.stdin.write("\n")
    program.stdin.flush()
    assert said(program) == "child 7"
    stalled.answer()
    assert finish(program) == "A question?\n"
