"""Where one local cloud keeps its files and which addresses it has.

Several can run on one machine: each has a number, and everything that could collide (ports, folders,
network namespace, control groups) follows from it. What they share is read-only: the tools they run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PORT_STEP = 100  # ports of instance n are those of instance 0 plus n times this
LARGEST_NUMBER = 9  # beyond it the registry's ports would meet the API server's
NODE_PORT_TO_LOOPBACK = 22_000  # a Service's nodePort 30080 answers on loopback port 8080
RUN = Path("/run/slipway")  # of the machine, whatever the cache folder
# The marker of our folder, in the form that backup programs skip: https://bford.info/cachedir/
MARKER = "CACHEDIR.TAG"
CONTENT = frozenset({"docker", "instances", "partial", "pulumi-home", "tools", MARKER})  # all that we ever make in it
SHOWN = 3  # names in an error
MARKER_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# Made by Slipway's local cloud (`make up`).\n"


class InstanceError(ValueError):
    """The environment asks for a local cloud that cannot be."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One local cloud.

    Attributes:
        number: 0 to 9, from SLIPWAY_INSTANCE.
        cache: the folder of everything the local cloud ever writes, apart from sockets.
    """

    number: int
    cache: Path

    @classmethod
    def from_environment(cls) -> Instance:
        """The instance that SLIPWAY_INSTANCE (default 0) and SLIPWAY_CACHE choose.

        Raises:
            InstanceError: SLIPWAY_INSTANCE is not a whole number from 0 to 9.
        """
        text = os.environ.get("SLIPWAY_INSTANCE", "0")
        if text not in {str(number) for number in range(LARGEST_NUMBER + 1)}:
            raise InstanceError(f"SLIPWAY_INSTANCE is {text!r}; write a whole number from 0 to {LARGEST_NUMBER}")
        chosen = os.environ.get("SLIPWAY_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(chosen).resolve()
        return cls(number=int(text), cache=folder if is_ours(folder) else folder / "slipway")

    def create_folders(self) -> None:
        """Make the instance's folders, readable by their owner alone, and mark the cache folder as ours."""
        self.cache.mkdir(parents=True, exist_ok=True)
        if not is_ours(self.cache):
            if foreign := sorted({path.name for path in self.cache.iterdir()} - CONTENT):
                raise InstanceError(
                    f"{self.cache} holds files that are not Slipway's ({', '.join(foreign[:SHOWN])}): "
                    "set SLIPWAY_CACHE to another folder"
                )
            (self.cache / MARKER).write_text(MARKER_TEXT)
        for folder in (self.home, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)  # an earlier version made them readable by all

    @property
    def name(self) -> str:
        return f"slipway-{self.number}"

    @property
    def tools(self) -> Path:
        return self.cache / "tools"

    @property
    def home(self) -> Path:
        """State of this instance: certificates, etcd, images, logs."""
        return self.cache / "instances" / str(self.number)

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        """Sockets: their paths must stay under 108 bytes, which a deep home folder would not."""
        return RUN / str(self.number)

    @property
    def lock(self) -> Path:
        """Held by whoever changes the instance. One for each machine, as ports and namespaces are, too."""
        return self.run.with_name(f"{self.number}.lock")

    def log(self, name: str) -> Path:
        """A log by name; /dev/null where the instance has no files, as `down` is to make none."""
        return self.logs / f"{name}.log" if self.home.exists() else Path(os.devnull)

    @property
    def kubeconfig(self) -> Path:
        return self.home / "kubeconfig.yaml"

    @property
    def mount_points(self) -> Path:
        """A file that lists folders made on the machine only to be mounted over."""
        return self.home / "mount-points"

    @property
    def host_address(self) -> str:
        return f"10.254.{self.number}.1"

    @property
    def node_address(self) -> str:
        return f"10.254.{self.number}.2"

    @property
    def api_port(self) -> int:
        return self.port(8088)

    @property
    def registry_port(self) -> int:
        return self.port(5500)

    @property
    def account_registry_port(self) -> int:
        """Of the registry that the emulated account has, beside the instance's own."""
        return self.port(5550)  # 5600 is the registry of the next instance

    @property
    def dashboard_port(self) -> int:
        """Of the status page. Browsers refuse some ports; none of 5580, 5680 … 6480."""
        return self.port(5580)

    @property
    def dashboard_url(self) -> str:
        return f"http://127.0.0.1:{self.dashboard_port}"

    @property
    def apiserver_port(self) -> int:
        return self.port(6500)

    @property
    def registry(self) -> str:
        return f"127.0.0.1:{self.registry_port}"

    def port(self, base: int) -> int:
        """The loopback port that stands for `base` in this instance."""
        return base + PORT_STEP * self.number

    def service_port(self, node_port: int) -> int:
        """The loopback port on which a Service of type NodePort answers."""
        return self.port(node_port - NODE_PORT_TO_LOOPBACK)

    def service_url(self, node_port: int) -> str:
        """The URL at which a Service of type NodePort answers."""
        return f"http://127.0.0.1:{self.service_port(node_port)}"


def is_ours(folder: Path) -> bool:
    """Whether a folder is a cache of ours: marked, or one of an earlier version, which set no marker."""
    marker = folder / MARKER
    if marker.is_file() and marker.read_text(errors="replace") == MARKER_TEXT:
        return True
    return any(folder.glob("instances/[0-9]/supervisord.conf"))
