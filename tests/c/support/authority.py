"""Certificates for a test's own servers, made when the test runs."""

import ssl
import subprocess


def make_certificate(folder, names="IP:127.0.0.1"):
    """An authority, in folder/ca.pem, and a server's context with its certificate for the names."""
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    ca = ["-subj", "/CN=Authority of this run", "-keyout", folder / "ca.key", "-out", folder / "ca.pem"]
    leaf = ["-subj", "/CN=127.0.0.1", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"]
    leaf += ["-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE"]
    leaf += ["-keyout", folder / "leaf.key", "-out", folder / "leaf.pem"]
    for arguments in ca, leaf:
        subprocess.run(new + arguments, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    return context
