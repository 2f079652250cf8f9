"""A pool in transaction mode before a PostgreSQL server, as managed databases have: Debian's PgBouncer."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from bare.packages import PGBOUNCER, require
from databases.ports import free_port

READY_SECONDS = 10


@contextmanager
def pooled(url, folder, tls=None):
    """The URL of the same database through a pool with fewer server connections than its clients have.

    With `tls`, the paths of a certificate for localhost and of its key, plain connections are refused.
    """
    program = require(PGBOUNCER)
    server, port = urlsplit(url), free_port()
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(f"""[databases]
* = host={server.hostname} port={server.port} user={server.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
""")
    if tls:
        with configuration.open("a") as out:
            out.write(
                f"client_tls_sslmode = require\nclient_tls_cert_file = {tls[0]}\nclient_tls_key_file = {tls[1]}\n"
            )
    folder.chmod(0o755)
    configuration.chmod(0o644)
    with (folder / "pgbouncer.log").open("w") as log:
        # It refuses to run as root, as which the tests of a fresh machine run.
        process = subprocess.Popen([program, str(configuration)], stdout=log, stderr=log, **_nobody())
        try:
            _wait(process, port, folder / "pgbouncer.log")
            host = "localhost" if tls else "127.0.0.1"
            yield f"postgresql://{server.username}@{host}:{port}{server.path}"
        finally:
            process.terminate()
            process.wait()


def _nobody():
    return {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}


def _wait(process, port, log):
    deadline = time.monotonic() + READY_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
