"""Kubernetes quantities: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""

from __future__ import annotations

import re
from decimal import Decimal

BYTES = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
MEMORY = re.compile(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)?")
CPU = re.compile(r"(\d+(?:\.\d{1,3})?)|(\d+)m")
LEAST_MEMORY = 2**22  # a container engine refuses less than 4 MiB, and 128m is a slip: thousandths of a byte


def bytes_of(memory: str) -> Decimal:
    """Return a quantity of memory in bytes; below zero where it is none."""
    found = MEMORY.fullmatch(memory)
    return Decimal(found[1]) * BYTES[found[2] or ""] if found else Decimal(-1)


def is_memory(text: str) -> bool:
    """Return whether a text is a quantity of memory that a container can run in."""
    return bytes_of(text) >= LEAST_MEMORY


def is_cpu(text: str) -> bool:
    """Return whether a text is a number of CPUs, at least a thousandth: `0.5` or `250m`."""
    found = CPU.fullmatch(text)
    return found is not None and Decimal(found[1] or found[2]) > 0
