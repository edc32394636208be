"""The benchmarks' server: nginx with one worker, which responds with a documented question over HTTP and HTTPS.

Faster than the emulator, so that what is measured is the clients.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RESPONSE = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "wire" / "question.json"

CONFIGURATION = """
daemon off; master_process off; error_log {folder}/error.log; pid {folder}/pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; {temporary}
  server {{
    listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
    location = /v1.0/users/password/secret-question {{ default_type application/json; return 200 '{response}'; }}
  }}
}}
"""


class Server:
    """Runs on the cores it is pinned to, until the `with` block ends."""

    def __enter__(self) -> "Server":
        self.folder = Path(tempfile.mkdtemp())
        self._make_certificates()
        http, https = free_ports(2)
        self.http, self.https = f"http://127.0.0.1:{http}", f"https://127.0.0.1:{https}"
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        text = CONFIGURATION.format(
            folder=self.folder,
            temporary=" ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in kinds),
            http=http,
            https=https,
            response=RESPONSE.read_text().strip(),
        )
        (self.folder / "nginx.conf").write_text(text)
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or sys.exit("error: there is no nginx")
        self.process = subprocess.Popen([nginx, "-e", "stderr", "-c", self.folder / "nginx.conf"])
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", https)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        sys.exit("error: nginx did not start")

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)

    def pin(self, core: int) -> None:
        os.sched_setaffinity(self.process.pid, {core})

    def cpu(self) -> float:
        """Seconds that it has spent on a core."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def system_roots_and_ours(self) -> str:
        """The system's bundle with the server's authority added, for a cold start to read."""
        bundle = self.folder / "roots.pem"
        bundle.write_text(Path("/etc/ssl/certs/ca-certificates.crt").read_text() + Path(self.ca_file).read_text())
        return str(bundle)

    def _make_certificates(self) -> None:
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=CA", "-days", "2")
        self._openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
        (self.folder / "names").write_text("subjectAltName=IP:127.0.0.1")
        authority = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        signed = ["-in", "server.csr", "-out", "server.pem", "-days", "2", "-extfile", "names"]
        self._openssl("x509", "-req", *signed, *authority)

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports
