from __future__ import annotations

import subprocess
import sys
from pathlib import Path

THREADS = """
import threading
import infra.rollouts.cluster_access
from lightkube.core.decoders import decode_list
from lightkube.resources.core_v1 import Pod

barrier = threading.Barrier(8)

def decode():
    barrier.wait()
    decode_list(b'{"metadata": {}, "items": [{"metadata": {"name": "x"}, "spec": {"containers": []}}]}', Pod)

threads = [threading.Thread(target=decode) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_several_releases_may_be_watched_from_the_first_moment():
    """Without what the module does at import, this process ended by a segmentation fault twelve times of twelve."""
    done = subprocess.run(
        [sys.executable, "-c", THREADS], cwd=Path(__file__).parents[3], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
