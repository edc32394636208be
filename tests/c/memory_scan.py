"""Runs memory_scan against its own servers, over HTTP and HTTPS.

usage: memory_scan.py PROGRAM clean|traces

"clean": no secret may be found, neither in the end nor between two calls. "traces": each must be, which proves the scan on a build that does not
wipe.
"""

import http.server
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from support.authority import make_certificate

NAMES = ["app key", "username", "answer", "code", "token", "password", "question"]
# Between two calls the client exists, and holds the key.
KEPT = [f"kept: {name}" for name in NAMES[1:]]


class Service(http.server.BaseHTTPRequestHandler):
    """Serves the four calls with the server's own secrets; responds to any other request with 418."""

    protocol_version = "HTTP/1.1"

    def respond(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def handle_call(self):
        secret = self.server.secret
        target = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "null")
        ok = {"IsSucceed": True}
        calls = {
            ("GET", "/v1.0/users/password/secret-question", None): ok | {"Model": secret["question"]},
            (
                "POST",
                "/v1.0/users/password/reset",
                frozenset({"User": secret["username"], "SecretQuestionAnswer": secret["answer"]}.items()),
            ): ok,
            ("POST", "/v1.0/users/password/reset/code", frozenset({"Code": secret["code"]}.items())): ok
            | {"Model": secret["token"]},
            (
                "PUT",
                "/v1.0/users/passwords/reset/",
                frozenset(
                    {
                        "Token": secret["token"],
                        "Password": secret["password"],
                        "PasswordConfirmation": secret["password"],
                    }.items()
                ),
            ): ok,
        }
        found = calls.get((self.command, target.path, body and frozenset(body.items())))
        if self.headers["Et-App-Key"] != secret["app key"]:
            found = None
        if self.command == "GET" and parse_qs(target.query) != {"username": [secret["username"]]}:
            found = None
        if found is ok and self.command == "POST" and not self.server.has_refused:
            self.server.has_refused = True
            words = " ".join(secret.values())
            found = {"IsSucceed": False, "Errors": [words], "ErrorsCode": [words]}
        self.respond(200 if found else 418, found or {"Message": f"{self.command} {target.path}?"})

    do_GET = do_POST = do_PUT = handle_call

    def log_message(self, *_):
        pass


def scan(program, scheme, context, ca_file):
    """The names of the secrets that the program found in its memory."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    server.secret = {name: secrets.token_hex(32) for name in NAMES}
    server.has_refused = False
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arguments = [program, f"{scheme}://127.0.0.1:{server.server_port}"] + ([ca_file] if context else [])
    everything = "".join(server.secret[name] for name in NAMES).encode()
    # Only the variable for the library's path, which differs between the runs.
    environment = {name: value for name, value in os.environ.items() if name == "LD_LIBRARY_PATH"}
    run = subprocess.run(
        arguments, input=everything, stdout=subprocess.PIPE, check=True, env=environment, timeout=300
    )
    server.shutdown()
    return set(run.stdout.decode().splitlines())


def main():
    program, expected = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        context = make_certificate(folder)
        found = {"http": scan(program, "http", None, None), "https": scan(program, "https", context, folder / "ca.pem")}
    failed = 0
    if expected == "clean":
        rows = [(f"{scheme}, {name} is nowhere", name not in found[scheme]) for scheme in found for name in NAMES + KEPT]
    else:
        rows = [(f"unwiped, {scheme}, {name} is found", name in found[scheme]) for scheme in found for name in NAMES]
    for words, good in rows:
        print("ok" if good else "not ok", words)
        failed += not good
    print(f"# found over http: {sorted(found['http'])}, over https: {sorted(found['https'])}")
    print(f"{len(rows) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
