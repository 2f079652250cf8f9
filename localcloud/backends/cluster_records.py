"""What an account's clusters are made of on this machine, in one JSON file: their numbers, and their nodes' slots.

A slot decides a node's address and its pods' range. It is written before anything is made for the node, and removed
after everything is gone, so that an interrupted operation is found and repeated.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from localcloud.api.backends import BackendError
from localcloud.api.cluster_backend import ClusterSpec, NodeSpec
from localcloud.machine.cluster_place import CLUSTERS, NODES
from localcloud.machine.locks import exclusive

NODE_PREFIX_LENGTH = 24  # of the range of one node's pods: 254, and a kubelet takes 110


@dataclass(frozen=True, kw_only=True)
class NodeRecord:
    """One node, from before it is made until after it is gone."""

    slot: int
    spec: NodeSpec


@dataclass(frozen=True, kw_only=True)
class ClusterRecord:
    """One cluster.

    Attributes:
        number: of its place.
        spec: the last one that was asked for.
        nodes: by name; also those that `spec` no longer has and that are not gone yet.
        next_slot: where the search for a free one begins: an address is not given to another node at once.
    """

    number: int
    spec: ClusterSpec
    nodes: Mapping[str, NodeRecord]
    next_slot: int

    def pods(self, name: str) -> str:
        """The range of a node's pods."""
        ranges = ipaddress.ip_network(self.spec.cluster_subnet).subnets(new_prefix=NODE_PREFIX_LENGTH)
        return str(list(ranges)[self.nodes[name].slot])

    def without(self, name: str) -> ClusterRecord:
        """The record once a node is gone."""
        return replace(self, nodes={key: node for key, node in self.nodes.items() if key != name})

    @property
    def leaving(self) -> list[str]:
        """Names of the nodes that are to be removed."""
        wanted = {node.name for node in self.spec.nodes}
        return [name for name in self.nodes if name not in wanted]


RECORDS: TypeAdapter[dict[str, ClusterRecord]] = TypeAdapter(dict[str, ClusterRecord])


@dataclass(frozen=True)
class ClusterRecords:
    """The records of one account, in `file`."""

    file: Path

    def read(self) -> dict[str, ClusterRecord]:
        """Every record by the cluster's id."""
        try:
            return RECORDS.validate_json(self.file.read_bytes())
        except FileNotFoundError:
            return {}

    def plan(self, spec: ClusterSpec) -> ClusterRecord:
        """Note what is asked for, and give a number to a new cluster and a slot to each new node.

        Raises:
            BackendError: there is no number or no slot left.
        """
        with self._locked():
            records = self.read()
            before = records.get(spec.id) or ClusterRecord(
                number=_free_number(records), spec=spec, nodes={}, next_slot=0
            )
            record = _with_nodes(replace(before, spec=spec))
            self._write({**records, spec.id: record})
        return record

    def forget_node(self, cluster_id: str, name: str) -> ClusterRecord:
        """Remove a node that is gone; returns what is left of the cluster's record."""
        with self._locked():
            records = self.read()
            records[cluster_id] = records[cluster_id].without(name)
            self._write(records)
        return records[cluster_id]

    def forget(self, cluster_id: str) -> None:
        """Remove a cluster that is gone."""
        with self._locked():
            records = self.read()
            records.pop(cluster_id, None)
            self._write(records)

    def _locked(self) -> AbstractContextManager[None]:
        return exclusive(self.file.with_suffix(".lock"), announce=lambda _: None)

    def _write(self, records: dict[str, ClusterRecord]) -> None:
        partial = self.file.with_suffix(".partial")
        partial.write_bytes(RECORDS.dump_json(records, indent=1))
        partial.replace(self.file)


def _free_number(records: Mapping[str, ClusterRecord]) -> int:
    taken = {record.number for record in records.values()}
    free = [number for number in range(CLUSTERS) if number not in taken]
    if not free:
        raise BackendError(f"this account has {CLUSTERS} clusters, which is all that can run here: delete one")
    return free[0]


def _with_nodes(record: ClusterRecord) -> ClusterRecord:
    """The record with a slot for each node of its specification."""
    subnet = ipaddress.ip_network(record.spec.cluster_subnet)
    slots = min(NODES, int(2 ** (NODE_PREFIX_LENGTH - subnet.prefixlen)))  # a smaller subnet has none
    nodes, next_slot = dict(record.nodes), record.next_slot
    for spec in record.spec.nodes:
        if spec.name in nodes:
            nodes[spec.name] = replace(nodes[spec.name], spec=spec)
            continue
        taken = {node.slot for node in nodes.values()}
        free = [slot % slots for slot in range(next_slot, next_slot + slots) if slot % slots not in taken]
        if not free:
            raise BackendError(f"cluster_subnet {subnet} has room for {slots} nodes, and {spec.name} is one more")
        nodes[spec.name] = NodeRecord(slot=free[0], spec=spec)
        next_slot = (free[0] + 1) % slots
    return replace(record, nodes=nodes, next_slot=next_slot)
