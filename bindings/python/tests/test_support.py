"""The servers of these tests end on request, whatever their clients do."""

import socket
import time
import urllib.parse

from support import StalledServer


def test_a_stalled_server_does_not_wait_for_its_clients() -> None:
    with StalledServer() as server:
        url = urllib.parse.urlsplit(server.url)
        address = (url.hostname or "", url.port or 0)
        silent = socket.create_connection(address)
        asking = socket.create_connection(address)
        asking.sendall(b"GET / HTTP/1.1\r\n\r\n")
        server.next_request()
        server.respond()
        began = time.monotonic()
    assert time.monotonic() - began < 1
    silent.close()
    asking.close()
