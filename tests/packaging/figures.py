"""Prints the figures of benches/RESULTS.md that README.md states otherwise, and fails if there is one."""

import pathlib
import re
import sys

root = pathlib.Path(__file__).parents[2]
readme = " ".join((root / "README.md").read_text(encoding="utf-8").split())
results = (root / "benches/RESULTS.md").read_text(encoding="utf-8")


def figure(name: str) -> str:
    """The measured value in the table of goals."""
    row = re.search(rf"^\| {re.escape(name)} \| [^|]* \| ([0-9.,]+)", results, re.MULTILINE)
    return row[1] if row else f"no figure {name}"


def both(name: str) -> str:
    return f"{figure(f'HTTP: {name}')} / {figure(f'HTTPS: {name}')}"


def median(section: str, client: str) -> str:
    text = results.partition(f"### {section}")[2].partition("###")[0]
    row = re.search(rf"^\| {re.escape(client)} \| ([0-9.,]+) \|$", text, re.MULTILINE)
    return row[1] if row else f"no median {section}, {client}"


def warm(client: str) -> str:
    return " / ".join(median(f"Warm call, {scheme}, p50", client) for scheme in ("HTTP", "HTTPS"))


ASYNC = "C#, asynchronous call against HttpClient's, warm p50"
start, memory = "Process start to first response", "Private memory after"
far, dead, all_dead = "First call, HTTPS, round trip of 100 ms", "First call, 1 dead", "First call, 8 dead"
stated = [
    f"| p50 | {warm('C: autoshares')} µs | {warm('C: libcurl')} µs |",
    f"| CPU of the client, against libcurl | {both('CPU of a warm call against libcurl')} | 1 |",
    f"| 8 threads, calls per second, against libcurl | {both('8 threads, calls per second against libcurl')} | 1 |",
    f"| {median(start, 'C: autoshares')} ms | {median(start, 'C: libcurl')} ms |",
    f"| {median(memory, 'autoshares')} KiB | {median(memory, 'libcurl')} KiB |",
    f"takes {median(far, 'autoshares')} ms over https (libcurl: {median(far, 'libcurl')}), and "
    f"{median(far, 'autoshares, connected ahead')} ms with",
    f"it takes {median(dead, 'autoshares')} ms, and behind eight of them {median(all_dead, 'autoshares')} (libcurl: "
    f"{median(dead, 'libcurl')} and {median(all_dead, 'libcurl')};",
    f"takes {both('Python, warm p50 against libcurl in C')} times as long as libcurl's",
    f"`requests` takes {both('Python, times faster than requests')} times as long",
    f"`httpx` {both('Python, times faster than httpx')} times",
    f"takes {both('C#, blocking call against HttpClient.Send, warm p50')} of the time of `HttpClient.Send`",
    f"one {both(ASYNC)} of that",
]
missing = [words for words in stated if words not in readme]
print(*(f"README.md does not say: {words}" for words in missing), sep="\n")
sys.exit(bool(missing))
