"""The addresses of an account's databases, and who may connect to each.

Every database has an address of its own, and so the ports that DigitalOcean gives it. Trusted sources are rules of
the packet filter, as they are there: a stranger gets no connection, whatever the engine.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from localcloud.machine.command import CommandError, Commands

EVERYONE = "0.0.0.0/0"  # a range of the packet filter, nothing binds to it  # nosec B104


class DatabaseNetwork:
    """The interface of account `number` and its chain in the packet filter."""

    def __init__(self, number: int, commands: Commands, log: Path) -> None:
        self._prefix = f"10.252.{number}"
        self._interface = f"slipway-db{number}"
        self._chain = f"SLIPWAY-DB{number}"
        self._commands = commands
        self._log = log

    def allocate(self, taken: Iterable[str]) -> str:
        """The lowest address that no database of the account has.

        Raises:
            ValueError: all 254 are taken.
        """
        used = set(taken)
        for host in range(1, 255):
            if (address := f"{self._prefix}.{host}") not in used:
                return address
        raise ValueError(f"{self._prefix}.0/24 has no address left: delete a database first")

    def apply(self, trusted: Mapping[str, Sequence[str]]) -> None:
        """Have these addresses and no other, each open to its CIDR ranges; to everyone where it has none.

        Raises:
            CommandError: the kernel refused; `ip` or `iptables-restore` says why.
        """
        if not trusted:
            self.remove()
            return
        self._filter(trusted)  # before the addresses, so that none is ever open to a stranger
        if not self._exists():
            self._run("ip", "link", "add", self._interface, "type", "bridge")
        self._run("ip", "link", "set", self._interface, "up")
        present = self._addresses()
        for address in sorted(set(trusted) - present):
            self._run("ip", "address", "add", f"{address}/32", "dev", self._interface)
        for address in sorted(present - set(trusted)):
            self._run("ip", "address", "delete", f"{address}/32", "dev", self._interface)

    def remove(self) -> None:
        """Take the interface and the chain away, if they are there."""
        if self._exists():
            self._run("ip", "link", "delete", self._interface)
        if self._succeeds("iptables", "--wait", "--list-rules", self._chain):
            while self._succeeds("iptables", "--wait", "--delete", *self._jump):  # however often it is there
                pass
            self._run("iptables", "--wait", "--flush", self._chain)
            self._run("iptables", "--wait", "--delete-chain", self._chain)

    @property
    def _jump(self) -> list[str]:
        return ["INPUT", "--destination", f"{self._prefix}.0/24", "--jump", self._chain]

    def _filter(self, trusted: Mapping[str, Sequence[str]]) -> None:
        lines = ["*filter", f":{self._chain} - [0:0]"]
        for address, ranges in trusted.items():
            destination = f"-A {self._chain} --destination {address}/32"
            lines += [f"{destination} --source {source} --jump ACCEPT" for source in _ipv4(ranges)]
            # Established connections too: a source that is trusted no more loses them.
            lines.append(f"{destination} --protocol tcp --jump REJECT --reject-with tcp-reset")
        restore = ["iptables-restore", "--wait", "--noflush"]  # the chain at once and whole, and no other
        self._commands.run(restore, log=self._log, stdin="\n".join([*lines, "COMMIT", ""]))
        if not self._succeeds("iptables", "--wait", "--check", *self._jump):
            self._run("iptables", "--wait", "--insert", *self._jump)

    def _exists(self) -> bool:
        return Path("/sys/class/net", self._interface).exists()

    def _addresses(self) -> set[str]:
        answer = json.loads(self._run("ip", "-json", "-4", "address", "show", "dev", self._interface))
        return {entry["local"] for link in answer for entry in link.get("addr_info", [])}

    def _run(self, *command: str) -> str:
        return self._commands.run(command, log=self._log)

    def _succeeds(self, *command: str) -> bool:
        try:
            self._run(*command)
        except CommandError:
            return False
        return True


def _ipv4(ranges: Sequence[str]) -> list[str]:
    """The IPv4 ranges, as databases have no other address; EVERYONE where no range is given at all."""
    networks = [ipaddress.ip_network(text, strict=False) for text in ranges or [EVERYONE]]
    return [str(network) for network in networks if network.version == 4]  # noqa: PLR2004 - IP's version
