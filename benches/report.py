"""Reports a comparison: the table of goals, the profile, the plot, and the page with them."""

import datetime
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import counts

RESULTS = counts.ROOT / "benches" / "RESULTS.md"
PLOT = counts.ROOT / "benches" / "results.svg"


@dataclass
class Table:
    """Figures with their goals, and the reason why a goal is not met."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    reasons: dict[str, list[str]] = field(default_factory=dict)

    def at_most(self, figure: str, goal: float, measured: float, why: str = "", floor: float | None = None) -> None:
        """`floor` is the value of the C floor: no client can reach a goal below it."""
        beside = f" (the C floor: {number(floor)})" if floor is not None else ""
        self._add(figure, f"≤ {number(goal)}", number(measured) + beside, measured <= goal, why)

    def at_least(self, figure: str, goal: float, measured: float, why: str = "") -> None:
        self._add(figure, f"≥ {number(goal)}", number(measured), measured >= goal, why)

    def _add(self, figure: str, goal: str, measured: str, met: bool, why: str) -> None:
        self.rows.append((figure, goal, measured, "yes" if met else "no"))
        if not met:
            self.reasons.setdefault(why or "Unexplained.", []).append(figure)

    def as_text(self) -> str:
        rows = [("figure", "goal", "measured", "met"), *self.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)

    def as_markdown(self) -> str:
        return markdown(["figure", "goal", "measured", "met"], self.rows)

    def reasons_as_markdown(self) -> str:
        return "\n".join(f"- {'; '.join(figures)}: {why}" for why, figures in self.reasons.items())


def number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{round(value):,}"
    return f"{value:.3g}"


def markdown(head: list[str], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


class Counts:
    """The figures that do not depend on time, by counts.py."""

    def __init__(self, env: dict[str, str]) -> None:
        calls = counts.syscalls("autoshares", env)
        self.syscalls = sum(calls.values())
        self.instructions = counts.instructions("autoshares", env)
        warm = counts.counted("autoshares", env, "warm", 100, 900)
        self.others = warm["threads"] + warm["lookups"] + calls.get("openat", 0)
        # A thread's first connection may come late, when enough of the others were idle: that is not a reconnect.
        self.reconnects = max(0, counts.counted("autoshares", env, "threads", 8, 100, 500)["connects"] - 8)
        self.idle_allocations = counts.counted("autoshares", env, "idle", 1_000)["allocations"]


class Profile:
    """The most expensive functions of a warm call, and the share of ureq; from a build with symbols."""

    CALLS = 200
    UREQ = "ureq::agent::Agent::run_via_middleware"

    def __init__(self, schemes: dict[str, dict[str, str]]) -> None:
        library = {"LD_LIBRARY_PATH": str(counts.ROOT / "target" / "profiling")}
        self.of = {scheme: self._costs(env | library) for scheme, env in schemes.items()}

    def _costs(self, env: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
        with tempfile.NamedTemporaryFile("r") as output:
            callgrind = ["valgrind", "--tool=callgrind", "--toggle-collect=measured"]
            program = [counts.PROGRAMS / "autoshares", "warm", "100", str(self.CALLS)]
            counts.run([*callgrind, f"--callgrind-out-file={output.name}", *program], env)
            return costs(output.read())

    def as_markdown(self) -> str:
        parts = []
        for scheme, (own, within) in self.of.items():
            total = sum(own.values())
            rows = [(f"`{name}`", *self._shown(cost, total)) for name, cost in own.most_common(10)]
            ureq, share = self._shown(within[self.UREQ], total)
            parts.append(
                f"### {scheme}: {total / self.CALLS:,.0f} instructions, the ten dearest functions\n\n"
                f"`Agent::run` of ureq with all that it calls, this library's connection included: {ureq} ({share})."
                f"\n\n{markdown(['function', 'own instructions', 'share'], rows)}"
            )
        return "\n\n".join(parts)

    def _shown(self, cost: int, total: int) -> tuple[str, str]:
        return f"{cost / self.CALLS:,.0f}", f"{cost / total:.1%}"


def costs(callgrind: str) -> tuple[Counter[str], Counter[str]]:
    """Instructions by function: its own, and those within it and all that it calls. Reads callgrind.out files."""
    names: dict[str, str] = {}
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    function = callee = ""
    for line in callgrind.splitlines():
        if match := re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line):
            name = names.setdefault(match[2], match[3] or "")
            if match[1] == "fn":
                function = name
            else:
                callee = name
        elif match := re.match(r"[-+*\d]\S* (\d+)", line):
            if callee:  # the line after `calls=` is the call's
                within[callee] += int(match[1])
                callee = ""
            else:
                own[function] += int(match[1])
    return own, within


Medians = dict[str, list[tuple[str, float]]]


def medians(results: dict, first: dict, crews: dict, crowds: dict, kept: dict, middle: Callable) -> Medians:
    """Every median, by kind of measurement."""
    found: Medians = {}
    for scheme, rounds in results.items():
        found[f"warm call, {scheme}, p50 in µs"] = [(name, middle(rounds, name, "p50_us")) for name in rounds]
    found["process start to first response, HTTPS, in ms"] = [
        (name, middle(first, name, "first_us") / 1000) for name in first
    ]
    for scheme, rounds in crews.items():
        found[f"8 threads, {scheme}, calls per second"] = [
            (name, middle(rounds, name, "calls_per_s")) for name in rounds
        ]
    for scheme, rounds in crowds.items():
        if rounds:
            found[f"64 calls at once in C#, {scheme}, calls per second"] = [
                (name, middle(rounds, name, "calls_per_s")) for name in rounds
            ]
    found["private memory after 10,000 HTTPS calls, in KiB"] = [(name, kept[name]["private_kib"]) for name in kept]
    return found


def medians_as_text(found: Medians) -> str:
    lines = (f"{kind}: " + ", ".join(f"{name} {number(value)}" for name, value in rows) for kind, rows in found.items())
    return "\n".join(lines)


def plot(found: Medians) -> None:
    import matplotlib

    matplotlib.use("svg")
    # Equal numbers make an equal file.
    matplotlib.rcParams["svg.hashsalt"] = "autoshares-reset"
    from matplotlib import pyplot

    shown = [kind for kind in found if kind.startswith(("warm", "process"))]
    figure, axes = pyplot.subplots(len(shown), 1, figsize=(8, 2.6 * len(shown)), layout="constrained")
    for axis, kind in zip(axes, shown, strict=True):
        names, values = zip(*reversed(found[kind]), strict=True)
        colours = ["#c0392b" if "autoshares" in name else "#7f8c8d" for name in names]
        bars = axis.barh(names, values, color=colours)
        axis.bar_label(bars, labels=[number(value) for value in values], padding=3)
        axis.set_title(kind, loc="left", fontsize=10)
        axis.margins(x=0.12)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(PLOT, metadata={"Date": None})


def first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return ((done.stdout or done.stderr).splitlines() or [""])[0].strip()


def machine() -> str:
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return (
        f"{os.cpu_count()} cores of {model[1] if model else platform.machine()}, "
        f"{int(memory[1]) / 2**20:.0f} GiB, {system}, Linux {platform.release()}"
    )


def versions() -> str:
    git = ("git", "-C", str(counts.ROOT))
    commit = first_line(*git, "rev-parse", "--short", "HEAD")
    # The run writes these itself.
    if first_line(*git, "status", "--porcelain", "--", ":!benches/RESULTS.md", ":!benches/results.svg"):
        commit += "-dirty"
    nginx = first_line("/usr/sbin/nginx", "-v").rpartition(": ")[2]
    debian = ("libcurl4", "libcjson1", "libssl3")
    packages = [f"{name} {first_line('dpkg-query', '-W', '-f=${Version}', name)}" for name in debian]
    python = [f"Python {platform.python_version()}"]
    python += [f"{name} {metadata.version(name)}" for name in ("requests", "httpx")]
    dotnet = first_line("dotnet", "--list-runtimes").partition(" [")[0] if shutil.which("dotnet") else "no .NET"
    return ", ".join([f"this library at {commit}", first_line("rustc", "--version"), nginx, *packages, *python, dotnet])


def write(table: Table, found: Medians, profile: Profile, load: float) -> None:
    """benches/RESULTS.md and its plot."""
    plot(found)
    parts = [
        "# Results",
        "Written by `make bench`. [README.md](README.md) describes the measurements.",
        f"- date: {datetime.date.today()}\n- machine: {machine()}\n- load before the run: {load:.1f} "
        f"(a quiet machine: near 0)\n- versions: {versions()}",
        table.as_markdown(),
        "![The medians as bars](results.svg)",
    ]
    if table.reasons:
        parts += ["## Why goals are not met", table.reasons_as_markdown()]
    parts += ["## Where a warm call's instructions go", profile.as_markdown(), "## Medians"]
    for kind, rows in found.items():
        shown = [(name, number(value)) for name, value in rows]
        parts.append(f"### {kind[0].upper()}{kind[1:]}\n\n{markdown(['client', 'median'], shown)}")
    RESULTS.write_text("\n\n".join(parts) + "\n")
