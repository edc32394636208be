"""Measures this library and others with the same call, and prints which goals are met.

All programs of a group run in turn, round after round, on the core that nginx runs on: on two cores the same binary
varies by a factor of three. The table compares the medians of the rounds' ratios.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import counts
import first as first_call
import report
from server import Server

Result = dict[str, float]
Rounds = dict[str, list[Result]]

VENV_PYTHON = counts.ROOT / "target" / "bench-venv" / "bin" / "python"
PYTHON_CLIENT = counts.ROOT / "benches" / "peers" / "client.py"


class Programs:
    """The command lines of the clients, and their cores."""

    def __init__(self, server_core: int, other_core: int, csharp: Path | None) -> None:
        self.server_core, self.other_core, self.csharp = server_core, other_core, csharp

    def on(self, core: int, command: list[object], env: dict[str, str]) -> Result:
        return json.loads(counts.run(["taskset", "-c", str(core), *map(str, command)], env))

    def c(
        self, name: str, env: dict[str, str], *mode: object, core: int | None = None, before: object = None
    ) -> Result:
        command = [*([before] if before else []), counts.PROGRAMS / name, *mode]
        return self.on(self.server_core if core is None else core, command, env)

    def python(self, name: str, env: dict[str, str], *mode: object, before: object = None) -> Result:
        # A separate folder of compiled modules, so that each package has its own from the second start on.
        env = {key: value for key, value in env.items() if key != "PYTHONDONTWRITEBYTECODE"}
        env |= {
            "PYTHONPATH": str(counts.ROOT / "bindings" / "python" / "src"),
            "PYTHONPYCACHEPREFIX": str(counts.PROGRAMS / "pycache"),
            "AUTOSHARES_RESET_LIBRARY": str(counts.LIBRARY),
        }
        command = [*([before] if before else []), VENV_PYTHON, PYTHON_CLIENT, name, *mode]
        return self.on(self.server_core, command, env)

    def dotnet(self, name: str, env: dict[str, str], *mode: object, core: int | None = None) -> Result:
        env = env | {"AUTOSHARES_RESET_LIBRARY": str(counts.LIBRARY)}
        return self.on(self.server_core if core is None else core, ["dotnet", self.csharp, name, *mode], env)


def interleave(rounds: int, jobs: dict[str, Callable[[], Result]], what: str) -> Rounds:
    results: Rounds = {name: [] for name in jobs}
    for number in range(rounds):
        print(f"\r{what}: round {number + 1} of {rounds} ", end="", file=sys.stderr, flush=True)
        for name, job in jobs.items():
            results[name].append(job())
    print(file=sys.stderr)
    return results


def middle(results: Rounds, name: str, key: str) -> float:
    return statistics.median(result[key] for result in results[name])


def ratio(results: Rounds, name: str, other: str, key: str) -> float:
    return statistics.median(a[key] / b[key] for a, b in zip(results[name], results[other], strict=True))


def warm(programs: Programs, env: dict[str, str], rounds: int, scale: float, scheme: str) -> Rounds:
    """One kept connection."""

    def size(calls: int) -> int:
        return max(100, int(calls * scale))

    # Bound here: they are called after the loop.
    jobs: dict[str, Callable[[], Result]] = {}
    for name in ("floor", "libcurl", "autoshares"):
        jobs[f"C: {name}"] = lambda name=name: programs.c(name, env, "warm", size(1_000), size(10_000))
    for name in ("autoshares", "requests", "httpx"):
        calls = 5_000 if name == "autoshares" else 1_000
        jobs[f"Python: {name}"] = lambda name=name, calls=calls: programs.python(name, env, "warm", 100, size(calls))
    if programs.csharp:
        for mode in ("sync", "async"):
            for name in ("autoshares", "httpclient"):
                # The runtime recompiles hot code, which takes some thousand calls.
                jobs[f"C# {mode}: {name}"] = lambda name=name, mode=mode: programs.dotnet(
                    name, env, mode, max(3_000, size(10_000)), size(5_000)
                )
    return interleave(rounds, jobs, f"warm, {scheme}")


def cold(programs: Programs, env: dict[str, str], rounds: int) -> Rounds:
    """From the start of the process to the first response over HTTPS."""
    started = counts.PROGRAMS / "started"
    jobs: dict[str, Callable[[], Result]] = {}
    for name in ("libcurl", "autoshares"):
        jobs[f"C: {name}"] = lambda name=name: programs.c(name, env, "first", before=started)
    for name in ("requests", "autoshares"):
        jobs[f"Python: {name}"] = lambda name=name: programs.python(name, env, "first", before=started)
    if programs.csharp:
        for name in ("autoshares", "httpclient"):
            jobs[f"C#, from its client on: {name}"] = lambda name=name: programs.dotnet(name, env, "first")
    # The first start reads the files from the disk.
    interleave(1, jobs, "cold, to fill the caches")
    return interleave(rounds, jobs, "cold, HTTPS")


def threads(programs: Programs, server: Server, env: dict[str, str], rounds: int, calls: int, scheme: str) -> Rounds:
    """Eight threads: on one client of this library's, on eight handles of libcurl's."""

    def crew(name: str) -> Result:
        busy, started = server.cpu(), time.monotonic()
        result = programs.c(name, env, "threads", 8, 100, calls, core=programs.other_core)
        return result | {"server_busy": (server.cpu() - busy) / (time.monotonic() - started)}

    jobs = {name: lambda name=name: crew(name) for name in ("libcurl", "autoshares")}
    return interleave(rounds, jobs, f"threads, {scheme}")


def crowd(programs: Programs, env: dict[str, str], rounds: int, calls: int, scheme: str) -> Rounds:
    """64 concurrent asynchronous calls in C#, as in a web service."""
    jobs = {
        name: lambda name=name: programs.dotnet(name, env, "crowd", calls // 2, calls, core=programs.other_core)
        for name in (("autoshares", "httpclient") if programs.csharp else ())
    }
    return interleave(rounds, jobs, f"64 at once, {scheme}")


# The goals of each scheme, and why one may be out of reach.
GOALS = {
    "HTTP": {
        "floor": 1.20,
        "libcurl": 0.70,
        "cpu": 0.55,
        "instructions": 30_000,
        "python": 0.85,
        "requests": 15,
        "httpx": 13,
        "threads": 1.9,
        "sync": 0.45,
        "async": 1.05,
    },
    "HTTPS": {
        "floor": 1.10,
        "libcurl": 0.60,
        "cpu": 0.50,
        "instructions": 36_000,
        "python": 0.75,
        "requests": 13,
        "httpx": 11,
        "threads": 2.1,
        "sync": 0.35,
        "async": 0.70,
    },
}
UREQ = (
    "`agent.run(request)` in `src/net/agent.rs` takes the remaining time: for every call ureq makes its timings, "
    "the details of a connection that it then does not open, a header map of the request and one of the response, the "
    "boxes around the body, and looks through its pool twice; the share is in the profile below. Each field of the "
    "response's header takes 1,100 instructions, and nginx sends five. System calls are as "
    "few as the rules allow: one that sends, one that reads, and one look at a kept connection before it is used. "
    "Where the C floor itself misses a goal, no client can meet it on this kind of machine."
)
WRAPPER = (
    "The package adds a fixed time to the call in C. Most of it is the way to another thread and back: the main thread, "
    "where Python runs signal handlers, does not wait in C. The arguments' checks, the handles that own what C gave and "
    "the copy of the result are the rest."
)
CSHARP = (
    "The wrapper adds less than a microsecond to the call in C. nginx and the kernel take most of the time of either "
    "client, as the C floor shows: it alone is near the goal or past it."
)
MANY = (
    "HttpClient waits for all its sockets in one thread; here each call wakes a thread of the client's, and that one the "
    "thread pool."
)
CREW = (
    "This library keeps nginx, which has one core for itself, busy for {busy:.0%} of the time (libcurl: {less:.0%}). "
    "The nearer that comes to all of it, the more a faster client only waits for the server; below that the client's "
    "core is the limit, and what a call costs there. No connection is made anew."
)
START = (
    "Half of its instructions read the system's certificates; the rest is "
    "the handshake."
)
PYTHON_START = (
    "The interpreter's own start and the import of `ctypes`, `typing` and `threading` take most of it; the native "
    "library loads, reads the certificates and has its response in the time of the C row."
)

SIZE = (
    "The goal is that of the first version. This project's own code takes 250 KB of today's library: the race of addresses, "
    "CONNECT and its authentication, redaction, certificates and the sentences for TLS failures came since. "
    "`benches/counts.py` has the limit that `make test` checks."
)


def fill(
    table: report.Table,
    scheme: str,
    goals: dict[str, float],
    found: Rounds,
    crew: Rounds,
    many: Rounds,
    count: report.Counts,
) -> None:
    """The rows of one scheme."""

    def warm_ratio(name: str, other: str, key: str = "p50_us") -> float:
        return ratio(found, name, other, key)

    floor, libcurl, ours, python = "C: floor", "C: libcurl", "C: autoshares", "Python: autoshares"
    table.at_most(f"{scheme}: warm p50 against the C floor", goals["floor"], warm_ratio(ours, floor), UREQ)
    for what, goal, key in (("warm p50", "libcurl", "p50_us"), ("CPU of a warm call", "cpu", "cpu_us")):
        reached = warm_ratio(floor, libcurl, key)
        table.at_most(f"{scheme}: {what} against libcurl", goals[goal], warm_ratio(ours, libcurl, key), UREQ, reached)
    table.at_most(f"{scheme}: system calls of a warm call", 3, count.syscalls)
    table.at_most(f"{scheme}: threads, files, look-ups of a warm call", 0, count.others)
    table.at_most(f"{scheme}: user instructions of a warm call", goals["instructions"], count.instructions, UREQ)
    table.at_most(
        f"{scheme}: Python, warm p50 against libcurl in C", goals["python"], warm_ratio(python, libcurl), WRAPPER
    )
    for name in ("requests", "httpx"):
        faster = warm_ratio(f"Python: {name}", python)
        table.at_least(f"{scheme}: Python, times faster than {name}", goals[name], faster, WRAPPER)
    if many:
        for mode, what in (("sync", "blocking call against HttpClient.Send"), ("async", "asynchronous call against HttpClient's")):
            pair = (f"C# {mode}: autoshares", f"C# {mode}: httpclient")
            reached = warm_ratio(floor, pair[1])
            table.at_most(f"{scheme}: C#, {what}, warm p50", goals[mode], warm_ratio(*pair), CSHARP, reached)
            table.at_most(f"{scheme}: C#, {what}, CPU", 0.75, warm_ratio(*pair, "cpu_us"), CSHARP)
            table.at_most(f"{scheme}: C#, {what}, bytes allocated", 0.3, warm_ratio(*pair, "bytes"))
        faster = ratio(many, "autoshares", "httpclient", "calls_per_s")
        table.at_least(f"{scheme}: C#, 64 calls at once, calls per second against HttpClient", 0.55, faster, MANY)
    faster = ratio(crew, "autoshares", "libcurl", "calls_per_s")
    why = CREW.format(busy=middle(crew, "autoshares", "server_busy"), less=middle(crew, "libcurl", "server_busy"))
    table.at_least(f"{scheme}: 8 threads, calls per second against libcurl", goals["threads"], faster, why)
    table.at_most(f"{scheme}: 8 threads, reconnects", 0, count.reconnects)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; writes no files")
    parser.add_argument("--csharp", type=Path, help="Peer.dll")
    arguments = parser.parse_args()
    quick = arguments.quick
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("error: two cores are needed, one for the server and one for the threads")
    programs = Programs(cores[-1], cores[0], arguments.csharp)
    rounds, scale = (5, 0.3) if quick else (15, 1)

    load = os.getloadavg()[0]
    table = report.Table()
    with Server() as server:
        server.pin(programs.server_core)
        schemes = {"HTTP": counts.environment(server.http, server.ca_file)}
        schemes["HTTPS"] = counts.environment(server.https, server.ca_file)
        results = {scheme: warm(programs, env, rounds, scale, scheme) for scheme, env in schemes.items()}
        roots = schemes["HTTPS"] | {"SSL_CERT_FILE": server.system_roots_and_ours()}
        first = cold(programs, roots, 5 if quick else 25)
        crews = {}
        for scheme, env in schemes.items():
            crews[scheme] = threads(programs, server, env, 3 if quick else 9, 500 if quick else 5_000, scheme)
        crowds = {}
        for scheme, env in schemes.items():
            crowds[scheme] = crowd(programs, env, 3 if quick else 9, 20_000, scheme)
        counted = {scheme: report.Counts(env) for scheme, env in schemes.items()}
        idle = interleave(
            rounds, {"idle": lambda: programs.c("autoshares", schemes["HTTP"], "idle", 100_000)}, "C layer"
        )
        firsts = first_call.measure(server, quick)
        kept = {name: programs.c(name, schemes["HTTPS"], "memory", 10_000) for name in ("libcurl", "autoshares")}
        profile = None if quick else report.Profile(schemes)

    for scheme, limits in GOALS.items():
        fill(table, scheme, limits, results[scheme], crews[scheme], crowds[scheme], counted[scheme])
    first_in_c = ratio(first, "C: autoshares", "C: libcurl", "first_us")
    table.at_most("HTTPS: process start to first response against libcurl", 0.11, first_in_c, START)
    sooner = ratio(first, "Python: requests", "Python: autoshares", "first_us")
    table.at_least("HTTPS: Python, process start to first response, times faster than requests", 9, sooner, PYTHON_START)
    if programs.csharp:
        sooner = ratio(first, "C#, from its client on: autoshares", "C#, from its client on: httpclient", "first_us")
        table.at_most("HTTPS: C#, a process's first response against HttpClient", 0.05, sooner, CSHARP)
    first_call.fill(table, firsts)
    table.at_most("shared library, stripped, with TLS, bytes", 1_900_000, counts.LIBRARY.stat().st_size, SIZE)
    table.at_most("HTTPS: private memory after 10,000 calls, KiB", 819, kept["autoshares"]["private_kib"])
    table.at_most("C layer, argument in to result freed, µs", 1, middle(idle, "idle", "idle_us"))
    table.at_most("C layer, allocations", 8, counted["HTTP"].idle_allocations)

    print(table.as_text())
    medians = report.medians(results, first, crews, crowds, kept, middle) | first_call.medians(firsts)
    print(report.medians_as_text(medians))
    if quick:
        print("A short run: `make bench` repeats more, and writes benches/RESULTS.md.")
        return
    assert profile is not None
    report.write(table, medians, profile, load)
    print("Written to benches/RESULTS.md and benches/results.svg.")


if __name__ == "__main__":
    main()
