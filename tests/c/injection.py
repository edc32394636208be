"""Runs injection.c against its own servers, and checks the outcome of each failed system call.

usage: injection.py PROGRAM LIBRARY

For each run: the call ends in time, its outcome fits, it names the system's error, no descriptor is lost, the next
call is right, and the service acted on the request at most once, and never where the library says that it was not sent.
"""

import collections
import errno
import http.server
import json
import queue
import re
import select
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from support.authority import make_certificate

Run = collections.namedtuple(
    "Run",
    "route kind state call nth how error mark next_mark timeout"
    " happened code own sent os_error status elapsed bytes leaked next_is_right words",
)
TEXTS = {"route", "kind", "state", "call", "how", "mark", "next_mark", "code", "words"}
CALLS = re.compile(
    "socket|connect|p?poll|p?select|epoll.*|send.*|recv.*|p?readv?|p?writev?|getaddrinfo|pthread_create"
    "|open.*|fopen.*|fcntl.*|ioctl|[gs]etsockopt"
)
IN_TIME = 250
"""Milliseconds that a call may take beyond its timeout."""
PATIENCE = 30
"""Seconds without a line after which the program hangs."""


class Service(http.server.BaseHTTPRequestHandler):
    """Responds to each call with a text that names it, and counts how often it acted on it."""

    protocol_version = "HTTP/1.1"
    # A response is sent in one piece.
    wbufsize = -1
    timeout = PATIENCE

    def setup(self):
        # Performs the handshake here, because a stalled one must not block the accepting thread.
        if self.server.context:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle_call(self):
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        if len(body) < size:
            return
        if self.command == "GET":
            mark = parse_qs(urlsplit(self.path).query)["username"][0]
        else:
            values = json.loads(body)
            mark = values["User" if self.command == "POST" else "Token"]
        with self.server.lock:
            self.server.acted[mark] += 1
        said = f"said to {mark[::-1]}"
        refusal = {"IsSucceed": False, "Errors": [said], "ErrorsCode": []}
        text = json.dumps({"IsSucceed": True, "Model": said} if self.command == "GET" else refusal).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = handle_call

    def log_message(self, *_):
        pass


class Proxy(socketserver.BaseRequestHandler):
    """A proxy that connects every name to this machine."""

    def handle(self):
        client = self.request
        if self.server.context:
            client = self.server.context.wrap_socket(client, server_side=True)
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            piece = client.recv(4096)
            if not piece:
                return
            asked += piece
        port = int(asked.split()[1].rpartition(b":")[2])
        with socketserver.socket.create_connection(("127.0.0.1", port)) as service:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            other = {client: service, service: client}
            while True:
                ready = [client] if getattr(client, "pending", int)() else select.select(list(other), [], [])[0]
                for end in ready:
                    piece = end.recv(65536)
                    if not piece:
                        return
                    other[end].sendall(piece)


class Server(socketserver.ThreadingTCPServer):
    request_queue_size = 128

    def __init__(self, handler, context, acted=None):
        super().__init__(("127.0.0.1", 0), handler)
        self.context, self.acted, self.lock = context, acted, threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Prints nothing: broken connections are expected."""

    def end(self):
        """Waits for the last serving thread."""
        self.shutdown()
        self.server_close()


def parse(line):
    values = dict(zip(Run._fields, line.rstrip("\n").split("\t"), strict=True))
    return Run(**{name: value if name in TEXTS else int(value) for name, value in values.items()})


def describe(run):
    names = [errno.errorcode.get(run.error, str(run.error))] if run.error > 0 else []
    names += [f"getaddrinfo's {run.error}"] if run.call == "getaddrinfo" and run.error < 0 else []
    return " ".join([f"{run.call} number {run.nth} {run.how}", *names])


CONNECTING = {"socket", "connect", "poll", "getsockopt", "fcntl", "setsockopt"}


def may_come(run):
    """The acceptable codes, `own` among them for the call's own right response."""
    once = run.how in {"fails", "comes short"}
    if not run.nth or run.how in {"comes short", "stays short"}:
        return {"own"}
    if run.error == errno.EINTR or (run.error == errno.EAGAIN and run.call in {"send", "recv"}):
        # A non-blocking read has no deadline, so it is not repeated for ever.
        looks = {"ASR_CONNECTION_LOST"} if (run.call, run.error) == ("recv", errno.EINTR) else set()
        return {"own"} if once else {"own", "ASR_TIMEOUT"} | looks
    if run.kind == "client":
        return {"own", "ASR_INVALID_ARGUMENT", "ASR_TLS_FAILED"}
    codes = set()
    if run.call in {"getaddrinfo", "pthread_create"}:
        codes.add("ASR_RESOLVE_FAILED")
    elif run.call in CONNECTING or "proxy" in run.route:
        codes.add("ASR_CONNECT_FAILED")
    if run.call in {"send", "recv", "setsockopt"}:
        codes.add("ASR_CONNECTION_LOST")
        if "https" in run.route:
            codes.add("ASR_TLS_FAILED")
    # The library replaces a kept connection that fails, and a connection that fails at the peek before its
    # first request. Some socket options are optional.
    if run.state == "kept" or run.call in {"recv", "setsockopt"}:
        codes.add("own")
    return codes


def complaints(run, acted, acted_next):
    """The faults of a run."""
    came = "own" if run.own else run.code
    if came not in may_come(run):
        yield f"it ended with {came}"
    is_network_failure = run.code in {
        "ASR_RESOLVE_FAILED", "ASR_CONNECT_FAILED", "ASR_TLS_FAILED", "ASR_CONNECTION_LOST",
    }
    has_error = run.error > 0 and run.happened
    if is_network_failure and run.os_error != (run.error if has_error else 0):
        yield f"os_error is {run.os_error}"
    if run.elapsed > run.timeout + IN_TIME:
        yield f"it took {run.elapsed} of {run.timeout} ms"
    if run.leaked:
        yield f"{run.leaked} descriptors are left open"
    if not run.next_is_right or not acted_next:
        yield "the next call was not right"
    if run.kind == "client":
        return
    if acted > (2 if run.kind == "GET" and run.state == "kept" else 1):
        yield f"the service acted {acted} times"
    if acted and not run.sent:
        yield "the service acted on what was not sent"
    if run.own and not acted:
        yield "it had a text that the service never sent"
    if run.route == "http" and run.state == "new" and run.sent != (run.bytes > 0):
        yield f"request_sent is {run.sent} after {run.bytes} bytes"


def read_lines(process, lines):
    for line in process.stdout:
        lines.put(line)
    lines.put("")


def run_program(command):
    """Its runs, and the reason for a wrong end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", errors="replace", env={}) as process:
        lines, runs, last = queue.Queue(), [], ""
        threading.Thread(target=read_lines, args=(process, lines), daemon=True).start()
        try:
            while last != "done\n":
                previous, last = last, lines.get(timeout=PATIENCE)
                if not last.endswith("\n"):
                    return runs, f"it ended with status {process.wait()} after {previous.strip()!r} in {last!r}"
                if last.count("\t") > 1:
                    runs.append(parse(last))
                elif last.startswith("injects") and last != "injects\t1\n":
                    return runs, "nothing is injected"
        except queue.Empty:
            return runs, f"it hangs after {last.strip()!r}"
        finally:
            process.kill()
    return runs, None


def symbols(file, option):
    listed = subprocess.run(["nm", "-D", option, file], stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    return {line.split()[-1].partition("@")[0] for line in listed.splitlines()}


def not_replaced(program, library):
    """The system calls of the library that the program does not replace, and so cannot make fail."""
    return {name for name in symbols(library, "--undefined-only") - symbols(program, "--defined-only") if CALLS.fullmatch(name)}


def main():
    program, library = sys.argv[1:]
    acted = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        names = "IP:127.0.0.1,DNS:*.service.test"
        context = make_certificate(Path(folder), names)
        services = [Server(Service, None, acted), Server(Service, context, acted)]
        servers = [*services, Server(Proxy, None), Server(Proxy, context)]
        command = [program, *(str(server.server_address[1]) for server in servers), str(Path(folder) / "ca.pem")]
        runs, broken = run_program(command)
        for server in reversed(servers):
            server.end()
    print("not ok the program ran to its end" if broken else "ok the program ran to its end")
    if broken:
        print(f"# {broken}")
    missed = not_replaced(program, library)
    print(f"{'not ok' if missed else 'ok'} every system call that the library makes can be made to fail", *sorted(missed))
    groups = collections.defaultdict(list)
    # A run that was late was repeated.
    for run in {run[: Run._fields.index("mark")]: run for run in runs}.values():
        wrong = list(complaints(run, acted[run.mark], acted[run.next_mark]))
        groups[run.route, run.kind, run.state, run.call if run.nth else "nothing"].append((run, wrong))
    failed = bool(broken) + bool(missed)
    for (route, kind, state, call), group in groups.items():
        good = not any(wrong for _, wrong in group)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {kind} by {route} on a {state} connection: {call} ({len(group)} runs)")
        for run, wrong in group:
            for words in wrong:
                print(f"# {describe(run)}: {words} (request_sent {run.sent}, {run.words or run.code})")
    happened = collections.Counter(run.call for run in runs if run.happened)
    visible = collections.Counter(run.call for run in runs if run.happened and run.os_error == run.error)
    print(f"# {sum(happened.values())} of {len(runs)} runs met their fault: {dict(happened)}")
    print(f"# with the system's error in the result: {dict(visible)}")
    print(f"{len(groups) + 2 - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
