"""A process's life: fork, the interpreter's end, and many calls without growth."""

from __future__ import annotations

import sys
import time

import pytest
from conftest import StartPython
from support import APP_KEY, QUESTION, Emulator, StalledServer, finish, for_linux, said, tell


@for_linux
def test_four_children_and_their_parent_use_one_client_at_once(start_python: StartPython, emulator: Emulator) -> None:
    program = start_python(
        """
        import os, programs, sys, warnings
        from autoshares_reset import Client

        if sys.version_info[:2] == (3, 12):
            # Its join() returns a moment before the thread has ended, so the thread may still be counted.
            warnings.simplefilter("ignore", DeprecationWarning)
        url, key = sys.argv[1:]
        client = Client(url, key)

        def calls(first):
            for number in range(first, first + 200):
                user, question = list(programs.QUESTIONS.items())[number % 4]
                assert client.secret_question(user) == question

        calls(0)
        # The thread that was kept for the next call has ended, so nothing warns about it.
        children = [programs.fork(lambda: calls(number) or client.close()) for number in range(4)]
        calls(0)
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
        calls(0)
        """,
        emulator.url,
        APP_KEY,
    )
    finish(program)


@for_linux
def test_a_fork_while_another_thread_is_in_a_call(
    start_python: StartPython, emulator: Emulator, stalled: StalledServer
) -> None:
    program = start_python(
        """
        import os, programs, sys, threading, warnings
        from autoshares_reset import Client
        warnings.simplefilter("ignore", DeprecationWarning)

        stalled, url, key = sys.argv[1:]
        waiting, client = Client(stalled, "k"), Client(url, key)
        thread = threading.Thread(target=lambda: print(waiting.secret_question("u"), flush=True))
        thread.start()
        input()  # the request is in

        def work():
            print(client.secret_question("hello@autoshares.com"), flush=True)
            waiting.close()
            client.close()

        child = programs.fork(work)
        assert os.waitpid(child, 0)[1] == 0
        print("waiting", flush=True)
        thread.join()
        """,
        stalled.url,
        emulator.url,
        APP_KEY,
    )
    stalled.next_request()
    tell(program)
    assert (said(program), said(program)) == (QUESTION, "waiting")
    stalled.respond()
    assert finish(program) == "A question?\n"


@pytest.mark.parametrize(
    "call",
    [
        "threading.Thread(target=Client(url, 'k').secret_question, args=['u'], daemon=True).start()",
        "loop = asyncio.new_event_loop(); task = loop.create_task(AsyncClient(url, 'k').secret_question('u'))\n"
        "task._log_destroy_pending = False; loop.run_until_complete(asyncio.sleep(0))\n"
        "if close: loop.close()",
    ],
    ids=["a thread's", "asyncio's"],
)
@pytest.mark.parametrize("close", ["", "close"])
def test_the_interpreter_ends_while_a_call_runs(
    start_python: StartPython, stalled: StalledServer, call: str, close: str
) -> None:
    program = start_python(
        "import asyncio, sys, threading, warnings\n"
        "from autoshares_reset import AsyncClient, Client\n"
        "warnings.simplefilter('ignore', ResourceWarning)  # of the loop that is left open\n"
        "url, close = sys.argv[1:]\n"
        f"{call}\n"
        "input()  # the request is in\n"
        "print('the end')\n",
        stalled.url,
        close,
    )
    stalled.next_request()
    started = time.monotonic()
    assert finish(program, "\n") == "the end\n"
    assert time.monotonic() - started < 10  # the call itself would have waited for 30


def test_an_interrupt_ends_a_waiting_call_on_every_system(start_python: StartPython, stalled: StalledServer) -> None:
    """Interrupts the main thread as Ctrl-C does, because not every system can send Ctrl-C to another process."""
    program = start_python(
        """
        import _thread, sys, threading
        from autoshares_reset import Client

        threading.Thread(target=lambda: input() or _thread.interrupt_main()).start()  # when the request is in
        try:
            Client(sys.argv[1], "k", timeout=600).secret_question("u")
        except KeyboardInterrupt:
            print("interrupted")
        """,
        stalled.url,
    )
    stalled.next_request()
    assert finish(program, "\n") == "interrupted\n"


def test_calls_at_the_interpreters_end_work_or_fail_cleanly(start_python: StartPython, emulator: Emulator) -> None:
    program = start_python(
        """
        import atexit, sys
        from autoshares_reset import Client, ResetError

        def question():
            try:
                return client.secret_question("hello@autoshares.com")
            except ResetError as error:
                return error.message

        class Last:
            def __del__(self, question=question, write=sys.stdout.write):
                write(f"{question()}\\n")

        client = Client(*sys.argv[1:])
        last = Last()
        atexit.register(lambda: print(question()))
        """,
        emulator.url,
        APP_KEY,
    )
    # In the last collection the client's finalizer may run before the one that still uses it.
    assert finish(program) in [f"{QUESTION}\n{then}\n" for then in (QUESTION, "The client is missing.")]


@for_linux
def test_a_child_forked_while_the_library_is_loaded_loads_it_too(start_python: StartPython) -> None:
    program = start_python(
        """
        import ctypes, os, programs, threading, warnings
        from autoshares_reset import library_version
        warnings.simplefilter("ignore", DeprecationWarning)

        loading, forked, load = threading.Event(), threading.Event(), ctypes.CDLL

        def slow_load(*arguments):
            loading.set()
            forked.wait()
            return load(*arguments)

        ctypes.CDLL = slow_load
        thread = threading.Thread(target=library_version)
        thread.start()
        loading.wait()
        child = programs.fork(lambda: forked.set() or library_version())
        forked.set()
        thread.join()
        print(os.waitpid(child, 0)[1])
        """
    )
    assert finish(program) == "0\n"


@for_linux
def test_a_child_does_not_wait_at_its_end_for_calls_of_the_parents(
    start_python: StartPython, stalled: StalledServer
) -> None:
    program = start_python(
        """
        import asyncio, os, sys, threading, time, warnings
        from autoshares_reset import AsyncClient
        warnings.simplefilter("ignore", DeprecationWarning)

        async def call():
            asyncio.get_running_loop().slow_callback_duration = 10  # a busy machine is none of its business
            async with AsyncClient(sys.argv[1], "k") as client:
                await asyncio.gather(*(client.secret_question("u") for _ in range(40)))

        thread = threading.Thread(target=asyncio.run, args=[call()])
        thread.start()
        input()  # the requests are in
        child, began = os.fork(), time.monotonic()
        if child == 0:
            sys.exit()
        os.waitpid(child, 0)
        print(time.monotonic() - began, flush=True)
        thread.join()
        """,
        stalled.url,
    )
    for _ in range(40):
        stalled.next_request()
    tell(program)
    took = float(said(program))
    stalled.respond()
    finish(program)
    assert took < 2


@for_linux
def test_a_thread_that_forks_again_and_again(start_python: StartPython, emulator: Emulator) -> None:
    """Each fork ends the thread that is kept for calls, and the main thread starts another."""
    program = start_python(
        """
        import os, programs, sys, threading, time, warnings
        from autoshares_reset import Client
        warnings.simplefilter("ignore", DeprecationWarning)

        def fork():
            while not done:
                os.waitpid(programs.fork(lambda: None), 0)

        done = False
        sys.setswitchinterval(1e-5)
        thread = threading.Thread(target=fork, daemon=True)
        thread.start()
        with Client(*sys.argv[1:]) as client:
            end = time.monotonic() + 5
            while time.monotonic() < end:
                client.secret_question("hello@autoshares.com")
        done = True
        thread.join()
        """,
        emulator.url,
        APP_KEY,
    )
    finish(program)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="ctypes or threads are not for isolated subinterpreters")
def test_both_clients_work_in_an_isolated_subinterpreter(start_python: StartPython, emulator: Emulator) -> None:
    program = start_python(
        """
        import _interpreters, sys

        code = f'''
        import asyncio, sys
        sys.path[:0] = {sys.path!r}
        from autoshares_reset import AsyncClient, Client

        async def ask():
            asyncio.get_running_loop().slow_callback_duration = 10  # a busy machine is none of its business
            async with AsyncClient(*{sys.argv[1:]}) as client:
                print(await client.secret_question("hello@autoshares.com"))
                waiting = asyncio.create_task(client.secret_question("hello@autoshares.com"))
                await asyncio.sleep(0)
                waiting.cancel()  # the interpreter ends while its thread does

        with Client(*{sys.argv[1:]}) as client:
            print(client.secret_question("hello@autoshares.com"))
        asyncio.run(ask(), loop_factory=asyncio.SelectorEventLoop)  # Windows' own is for the main interpreter alone
        '''
        for _ in range(10):
            interpreter = _interpreters.create("isolated")
            failure = _interpreters.exec(interpreter, "if True:" + code.replace("\\n", "\\n    "))
            assert failure is None, failure.formatted
            _interpreters.destroy(interpreter)
        """,
        emulator.url,
        APP_KEY,
    )
    assert finish(program) == f"{QUESTION}\n" * 20


@for_linux
def test_ten_thousand_calls_leave_nothing_behind(start_python: StartPython, emulator: Emulator) -> None:
    program = start_python(
        """
        import asyncio, os, sys
        from autoshares_reset import *

        url, key = sys.argv[1:]
        client, other = Client(url, key), AsyncClient(url, key)
        triggered = Cancel()
        triggered.trigger()

        def failing(error, call, *arguments, **named):
            try:
                call(*arguments, **named)
            except error:
                return
            raise AssertionError(f"no {error.__name__}")

        def calls(count):
            for _ in range(count // 10):
                client.secret_question("zoe@autoshares.com")
                client.secret_question("noquestion@autoshares.com")
                client.secret_question("hello@autoshares.com", cancel=Cancel())
                failing(Cancelled, client.secret_question, "hello@autoshares.com", cancel=triggered)
                failing(AnswerIncorrect, client.request_reset, "hello@autoshares.com", "x" * 1000)
                failing(Rejected, client.confirm_code, "000000")
                failing(InvalidArgument, client.secret_question, "x" * 20000)
                failing(InvalidArgument, Client, "ftp://nowhere", "k")
                with Client(url, key) as short:
                    short.secret_question("hello@autoshares.com")
                asyncio_loop.run_until_complete(other.secret_question("hello@autoshares.com"))

        def measure():
            while len(os.listdir("/proc/self/task")) > 2:
                pass  # the thread of asyncio's last call is ending
            with open("/proc/self/statm") as statm:
                pages = int(statm.read().split()[1])
            return pages * os.sysconf("SC_PAGESIZE") // 1024, len(os.listdir("/proc/self/fd"))

        asyncio_loop = asyncio.new_event_loop()
        asyncio_loop.slow_callback_duration = 10  # a busy machine is none of its business
        calls(2000)
        before = measure()
        calls(10000)
        print(*before, *measure())
        asyncio_loop.close()
        """,
        emulator.url,
        APP_KEY,
    )
    kib_before, descriptors_before, kib, descriptors = map(int, finish(program).split())
    assert descriptors == descriptors_before
    # A result that leaked would be 100 bytes and more: some 1,000 KiB in all.
    assert kib - kib_before < 400, f"{kib_before} KiB grew to {kib} KiB"
