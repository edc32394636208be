"""Counts the cost of one call: system calls, instructions, allocations, connections, memory, size.

Counts do not depend on how busy the machine is, so `scripts/test.sh counts` fails where one grows past its limit.
The comparison (`compare.py`) shows the same numbers beside the times.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Not resolved: the scripts name a link if the path itself has blanks, which LD_PRELOAD cannot have.
ROOT = Path(__file__).absolute().parent.parent
RELEASE = ROOT / "target" / "release"
PROGRAMS = ROOT / "target" / "benches"
LIBRARY = RELEASE / "libautoshares_reset.so"
COUNTERS = PROGRAMS / "counters.so"


def environment(url: str, ca_file: str) -> dict[str, str]:
    """The environment of the clients; see peers/measure.c."""
    env = {name: value for name, value in os.environ.items() if not re.search("(?i)proxy|SSL_CERT_|CA_BUNDLE", name)}
    env |= {
        "BENCH_URL": url,
        "BENCH_APP_KEY": os.environ.get("AUTOSHARES_APP_KEY", "emulator-app-key"),
        "BENCH_USERNAME": "hello@autoshares.com",
        "SSL_CERT_FILE": ca_file,
        "LD_LIBRARY_PATH": str(RELEASE),
    }
    return env


def run(command: list[str | Path], env: dict[str, str]) -> str:
    """A command's output; its failure ends this program with its message."""
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        sys.exit(f"error: {' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def measure(program: str, env: dict[str, str], *mode: object) -> dict[str, float]:
    """The output of a client in C."""
    return json.loads(run([PROGRAMS / program, *map(str, mode)], env))


def syscalls(program: str, env: dict[str, str]) -> dict[str, float]:
    """System calls of one warm call, by name: the increase by a thousand more calls."""

    def total(calls: int) -> dict[str, int]:
        with tempfile.NamedTemporaryFile("r") as report:
            strace = ["strace", "-f", "-c", "-U", "calls,name", "-o", report.name]
            run([*strace, PROGRAMS / program, "warm", "100", str(calls)], env)
            rows = re.findall(r"^\s*(\d+) (\w+)$", report.read(), re.MULTILINE)
        return {name: int(count) for count, name in rows if name != "total"}

    few, many = total(100), total(1100)
    # A ticket of TLS may come in one run and not in the other.
    per_call = {name: round((many[name] - few.get(name, 0)) / 1000, 1) for name in many}
    return {name: count for name, count in per_call.items() if count}


def instructions(program: str, env: dict[str, str]) -> float:
    """Instructions that one warm call runs outside the kernel."""
    with tempfile.NamedTemporaryFile("r") as report:
        callgrind = ["valgrind", "--tool=callgrind", "--toggle-collect=measured"]
        run([*callgrind, f"--callgrind-out-file={report.name}", PROGRAMS / program, "warm", "100", "200"], env)
        return round(int(re.search(r"^totals: (\d+)", report.read(), re.MULTILINE)[1]) / 200)


def counted(program: str, env: dict[str, str], *mode: object) -> dict[str, float]:
    """A client's calls of the C library until its end, and its output."""
    with tempfile.NamedTemporaryFile("r") as report:
        said = measure(program, env | {"LD_PRELOAD": str(COUNTERS), "COUNTERS_REPORT": report.name}, *mode)
        # `allocations` of a warm run are those of a call, which are more useful than their sum.
        return json.load(report) | said


def exported() -> set[str]:
    """The dynamic symbols of the shared library."""
    symbols = run(["nm", "-D", "--defined-only", "--format=just-symbols", LIBRARY], dict(os.environ)).split()
    return {symbol.split("@")[0] for symbol in symbols}  # without their versions


class Gates:
    """Checks counts against their limits and prints the closing line of every suite."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def at_most(self, what: str, measured: float, limit: float, unit: str = "", more: object = "") -> None:
        """`more` is printed for a count that grew."""
        number = f"{measured:,.10g}"
        if measured <= limit:
            self.passed += 1
            print(f"ok {what}: {number}{unit} (at most {limit:,}{unit})", flush=True)
            return
        self.failed += 1
        grown = f"grew to {number}{unit}, {measured - limit:,.10g}{unit} over its limit of {limit:,}{unit}"
        print(f"not ok {what} {grown}{f': {more}' if more else ''}", flush=True)

    def close(self) -> None:
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(self.failed > 0)


def main() -> None:
    """The gates, against the emulator. A limit is the value measured when it was set, or the project's goal.

    Each field of a response's header takes 1,100 instructions; the emulator sends three, and nginx five.
    """
    ca_file = os.environ["AUTOSHARES_CA_FILE"]
    plain = environment(os.environ["AUTOSHARES_BASE_URL"], ca_file)
    secure = environment(os.environ["AUTOSHARES_HTTPS_URL"], ca_file)
    gates = Gates()

    for scheme, env, most_instructions, most_allocations in [
        ("HTTP", plain, 30_800, 33),
        ("HTTPS", secure, 37_200, 35),
    ]:
        calls = syscalls("autoshares", env)
        gates.at_most(f"{scheme}: system calls of a warm call", sum(calls.values()), 3, more=calls)
        others = {name: count for name, count in calls.items() if name not in ("sendto", "recvfrom")}
        gates.at_most(f"{scheme}: those of them that neither send nor receive", sum(others.values()), 0, more=others)
        gates.at_most(f"{scheme}: user instructions of a warm call", instructions("autoshares", env), most_instructions)
        ten_thousand = counted("autoshares", env, "warm", 100, 9_900)
        gates.at_most(f"{scheme}: allocations of a warm call", ten_thousand["allocations"], most_allocations)
        for what in ("connects", "lookups", "threads"):
            most = 1 if what == "connects" else 0
            gates.at_most(f"{scheme}: {what} in 10,000 calls", ten_thousand[what], most)
        crew = counted("autoshares", env, "threads", 8, 50, 1_200)
        gates.at_most(f"{scheme}: connects of 8 threads in 10,000 calls", crew["connects"], 8)

    # The library looks this name up: the final dot tells it from plain localhost. The emulator serves no other name.
    port = plain["BENCH_URL"].rpartition(":")[2]
    named = plain | {"BENCH_URL": f"http://localhost.:{port}", "COUNTERS_ADDRESS": "127.0.0.1"}
    ten_thousand = counted("autoshares", named, "warm", 100, 9_900)
    for what in ("connects", "lookups", "threads"):
        gates.at_most(f"a host with a name: {what} in 10,000 calls", ten_thousand[what], 1)
    if ten_thousand["lookups"] == 0:
        sys.exit("error: the look-up was not counted, so the counts of look-ups say nothing")

    refused = counted("autoshares", plain, "idle", 1_000)
    gates.at_most("allocations of the C layer, argument in to result freed", refused["allocations"], 8)
    kept = measure("autoshares", secure, "memory", 10_000)["private_kib"]
    gates.at_most("private memory after 10,000 HTTPS calls", kept, 819, " KiB")
    gates.at_most("size of the shared library", LIBRARY.stat().st_size, 2_040_000, " bytes")
    recorded = set(re.findall(r"^asr_[a-z_]+", (ROOT / "packaging/abi/symbols").read_text(), re.MULTILINE))
    unknown = exported() - recorded
    gates.at_most("exported symbols that packaging/abi/symbols does not have", len(unknown), 0, more=sorted(unknown))
    gates.close()


if __name__ == "__main__":
    main()
