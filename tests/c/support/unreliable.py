"""A relay between a program and the emulator, which breaks chosen calls."""

import http.client
import http.server
import os
import threading
import urllib.parse

RESET, CODE, PASSWORD = "/password/reset", "/password/reset/code", "/passwords/reset/"
QUESTION = "/password/secret-question"
# The fate of a call: the service refuses, fails or stalls, the call or its response is lost, another server responds.
LIMITED, CRASHED, STALLED, LOST, RESPONSE_LOST, GARBLED = "limited", "crashed", "stalled", "lost", "response lost", "garbled"


class Unreliable(http.server.ThreadingHTTPServer):
    """Runs while it is entered. `spoil` lists the next faults: (RESET, LIMITED), …"""

    daemon_threads = True

    def __init__(self, *spoil):
        super().__init__(("127.0.0.1", 0), Line)
        self.spoil = list(spoil)
        self.url = f"http://127.0.0.1:{self.server_port}"

    def fate_of(self, path):
        for at, (call, fate) in enumerate(self.spoil):
            if path.endswith(call):
                del self.spoil[at]
                return fate
        return None

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Line(http.server.BaseHTTPRequestHandler):
    """One call for each connection, because it speaks HTTP/1.0."""

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fate = self.server.fate_of(self.path.split("?")[0])
        if fate == LIMITED:
            self.respond(429, b"{}", ("Retry-After", "7"))
        elif fate == CRASHED:
            self.respond(500, b'{"Errors":["Value cannot be null.\\r\\nParameter name: user"],"IsSucceed":false}')
        elif fate == STALLED:
            self.rfile.read(1)  # until the client closes the connection
        elif fate == GARBLED:
            self.respond(200, b"<html>")
        elif fate != LOST:
            status, words = self.ask_the_emulator(body)
            if fate != RESPONSE_LOST:
                self.respond(status, words)

    do_GET = do_POST = do_PUT = pass_on

    def ask_the_emulator(self, body):
        emulator = http.client.HTTPConnection(urllib.parse.urlsplit(os.environ["AUTOSHARES_BASE_URL"]).netloc)
        names = ("Et-App-Key", "Content-Type")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        emulator.request(self.command, self.path, body, headers)
        response = emulator.getresponse()
        words = response.read()
        emulator.close()
        return response.status, words

    def respond(self, status, body, *headers):
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
