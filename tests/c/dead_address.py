"""Times the first call of a language's example program to a host whose first address is dead.

It needs root, or user namespaces.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.authority import make_certificate

LIMIT = 0.3  # for the dead address alone
TRIES = 20  # for a busy machine may be to blame
DEAD = "fd00:9::2"
QUESTION = "What is your mother's maiden name?"


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'{"IsSucceed":true,"Model":"%s"}' % QUESTION.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def ip(arguments):
    subprocess.run(["ip", *arguments.split()], check=True)


def build_network(hosts):
    """No interface has the dead address, so that packets to it are lost."""
    ip("link set lo up")
    ip("link add name near type veth peer name far")
    ip("link set far up")
    ip("link set near up")
    ip("address add fd00:9::1/64 dev near nodad")
    ip(f"neighbor add {DEAD} lladdr 02:00:00:00:00:99 nud permanent dev near")
    hosts.write_text(f"127.0.0.1 good.test\n{DEAD} broken.test\n127.0.0.1 broken.test\n", encoding="utf-8")
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


def seconds(command, host, port, environment):
    started = time.monotonic()
    done = subprocess.run(
        [*command, f"https://{host}.test:{port}", "robert.zak"],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False, timeout=60,
    )
    took = time.monotonic() - started
    if (done.returncode, done.stdout) != (0, QUESTION + "\n"):
        sys.exit(f"{done.returncode}: {done.stdout}{done.stderr}")
    return took


def inside(command):
    """The cost of the dead address: both times include the programs' own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build_network(folder / "hosts")
        server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
        context = make_certificate(folder, "DNS:good.test,DNS:broken.test")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # LD_PRELOAD names the suites' look-up, which does not read the hosts file.
        environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        environment |= {"AUTOSHARES_APP_KEY": "key", "AUTOSHARES_CA_FILE": str(folder / "ca.pem")}
        good, broken = [], []
        for _ in range(TRIES):
            good.append(seconds(command, "good", server.server_port, environment))
            broken.append(seconds(command, "broken", server.server_port, environment))
            cost = min(broken) - min(good)
            if len(good) >= 3 and 0.2 < cost <= LIMIT:
                break
    is_good = 0.2 < cost <= LIMIT
    print(f"{'ok' if is_good else 'not ok'} - one dead address costs {cost * 1000:.0f} ms: {command[-1]}")
    print(f"{int(is_good)} passed, {int(not is_good)} failed")
    return not is_good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inside", action="store_true", help="runs the test in this network namespace")
    parser.add_argument("command", metavar="COMMAND", help="runs the example secret_question")
    arguments = parser.parse_args()
    if arguments.inside:
        return inside(shlex.split(arguments.command))
    namespaces = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net", "--mount"]
    has_all = Path("/proc/net/if_inet6").exists()
    for tool in [*namespaces, "true"], ["ip", "-V"], ["openssl", "version"]:
        try:
            has_all = has_all and subprocess.run(tool, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            has_all = False
    if has_all:
        again = [*namespaces, sys.executable, "-B", __file__, "--inside", arguments.command]
        return subprocess.run(again, check=False).returncode
    what = "a dead address: it needs root, IPv6, and the programs ip and openssl"
    if os.environ.get("CI") == "true":
        sys.exit(what)
    print(f"!!! SKIPPED: {what}", file=sys.stderr)
    return 75


if __name__ == "__main__":
    sys.exit(main())
