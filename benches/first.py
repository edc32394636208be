"""The first call on networks that are slow or half broken: beside libcurl and requests, with and without a connection
made ahead. compare.py takes its rows; by itself it prints them.

Times here are round trips and waits, so the clients are not pinned to a core.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import counts
import report
from server import Server

RELAY = counts.RELEASE / "autoshares-relay"
ROUND_TRIPS_MS = (30, 100)
DEAD = (1, 4, 8)
NAME = "broken.test"
BUSY = "Other work kept the client, the relay or the server from running at once; see the load."

Jobs = dict[str, Callable[[], float]]
Found = dict[str, dict[str, list[float]]]


def python(name: str, env: dict[str, str]) -> float:
    client = [sys.executable, counts.ROOT / "benches" / "peers" / "client.py", name, "once"]
    return float(json.loads(counts.run(client, env))["call_us"]) / 1000


def c(name: str, env: dict[str, str], mode: str) -> float:
    return counts.measure(name, env, mode)["call_us"] / 1000


def rounds_of(jobs: Jobs, rounds: int) -> dict[str, list[float]]:
    """Milliseconds, round by round."""
    found: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            found[name].append(job())
    return found


@contextmanager
def relay(to: str, round_trip_ms: int) -> Iterator[str]:
    """Starts a relay with this delay; returns its address."""
    command = [RELAY, "--to", to, "--round-trip-ms", str(round_trip_ms), "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip().partition("=")[2]
        assert process.stdout.readline() == "ready\n"
        try:
            yield address
        finally:
            process.kill()


def far(server: Server, rounds: int) -> Found:
    """Servers that are a round trip away."""
    found: Found = {}
    for scheme, url in (("HTTP", server.http), ("HTTPS", server.https)):
        for milliseconds in ROUND_TRIPS_MS:
            with relay(url.partition("://")[2], milliseconds) as address:
                env = counts.environment(f"{scheme.lower()}://{address}", server.ca_file)
                jobs: Jobs = {
                    "libcurl": lambda env=env: c("libcurl", env, "once"),
                    "autoshares": lambda env=env: c("autoshares", env, "once"),
                    "autoshares, connected ahead": lambda env=env: c("autoshares", env, "ahead"),
                }
                found[f"first call, {scheme}, round trip of {milliseconds} ms"] = rounds_of(jobs, rounds)
    return found


def broken(rounds: int) -> Found:
    """A name with dead IPv6 addresses before a good IPv4 address, in a separate network. It needs root there."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *as_root, "--net", "--mount", sys.executable, "-B", __file__, "--inside", str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"!!! SKIPPED: dead addresses: {done.stderr.strip()}", file=sys.stderr)
        return {}
    return json.loads(done.stdout)


def inside(rounds: int) -> Found:
    """No interface has the dead addresses, so that packets to them are lost."""

    def ip(arguments: str) -> None:
        subprocess.run(["ip", *arguments.split()], check=True)

    ip("link set lo up")
    ip("link add name near type veth peer name far")
    ip("link set far up")
    ip("link set near up")
    ip("address add fd00:9::1/64 dev near nodad")
    dead = [f"fd00:9::{number}" for number in range(2, 2 + max(DEAD))]
    for address in dead:
        ip(f"neighbor add {address} lladdr 02:00:00:00:00:99 nud permanent dev near")
    found: Found = {}
    with Server() as server, tempfile.NamedTemporaryFile("w") as hosts:
        subprocess.run(["mount", "--bind", hosts.name, "/etc/hosts"], check=True)
        env = counts.environment(server.http.replace("127.0.0.1", NAME), server.ca_file)
        jobs: Jobs = {
            "libcurl": lambda: c("libcurl", env, "once"),
            "autoshares": lambda: c("autoshares", env, "once"),
        }
        for count in DEAD:
            hosts.seek(0)
            hosts.truncate()
            hosts.writelines(f"{address} {NAME}\n" for address in [*dead[:count], "127.0.0.1"])
            hosts.flush()
            which = f"first call, {count} dead IPv6 address{'es' if count > 1 else ''} before a good IPv4 address"
            found[which] = rounds_of(jobs, rounds)
            if count == 1:
                # It waits for its whole time to connect.
                found[which] |= rounds_of({"Python: requests": lambda: python("requests", env)}, 1)
    return found


def measure(server: Server, quick: bool) -> Found:
    return broken(3 if quick else 9) | far(server, 3 if quick else 9)


def fill(table: report.Table, found: Found) -> None:
    """The rows with goals."""
    for kind, clients in found.items():
        middles = {name: statistics.median(times) for name, times in clients.items()}
        if "dead" in kind:
            table.at_most(f"{kind}, ms", 300, middles["autoshares"], BUSY)
        elif "100 ms" in kind:
            table.at_most(f"{kind}, connected ahead, ms", 115, middles["autoshares, connected ahead"], BUSY)


def medians(found: Found) -> report.Medians:
    return {
        f"{kind}, in ms": [(name, statistics.median(times)) for name, times in clients.items()]
        for kind, clients in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        print(json.dumps(inside(arguments.inside)))
        return
    table = report.Table()
    with Server() as server:
        found = measure(server, arguments.quick)
    fill(table, found)
    print(table.as_markdown())
    for kind, rows in medians(found).items():
        print(f"\n### {kind[0].upper()}{kind[1:]}\n")
        print(report.markdown(["client", "median"], [(name, report.number(value)) for name, value in rows]))


if __name__ == "__main__":
    main()
