"""A certificate for `localhost` alone, which is its own authority."""

from __future__ import annotations

import subprocess


def certify(folder):
    """Make server.crt and server.key in a folder, readable by the servers' own accounts; their paths."""
    certificate, key = folder / "server.crt", folder / "server.key"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    for file in (certificate, key):
        file.chmod(0o644)
    return certificate, key
