"""A relay between a dialog and the emulator: passes bytes on, or simulates a failing network."""

import re
import socket
import threading
import time


class Relay:
    """Counts connections and requests, and knows when the last connection was closed by the dialog.

    :ivar mode: "pass"; "silent": requests are swallowed; "hang up": the connection is closed on a request.
    :ivar requests: method and path of each request, without its query.
    """

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.mode = "pass"
        self.connections = 0
        self.requests: list[str] = []
        self.closed_at = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, dialog: socket.socket) -> None:
        emulator = socket.create_connection(("127.0.0.1", self.upstream))
        threading.Thread(target=self._respond, args=(emulator, dialog), daemon=True).start()
        with dialog, emulator:
            try:
                while data := dialog.recv(65536):
                    request = re.match(rb"((?:GET|POST|PUT) [^ ?]+)", data)
                    if request:
                        self.requests.append(request[1].decode())
                    if self.mode == "hang up":
                        return
                    if self.mode == "pass":
                        emulator.sendall(data)
            except OSError:
                pass
            self.closed_at = time.monotonic()

    @staticmethod
    def _respond(emulator: socket.socket, dialog: socket.socket) -> None:
        try:
            while data := emulator.recv(65536):
                # A short wait of the same length in characters.
                dialog.sendall(re.sub(rb"(?i)(\nretry-after: *)30\r", rb"\g<1> 8\r", data))
            dialog.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
