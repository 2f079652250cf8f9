"""Names, labels and tags of everything a stack makes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What identifies a stack on everything in it.

    Attributes:
        gateway_of: the stack whose Gateway is used; None: its own.
    """

    project: str
    stack: str
    owner: str
    namespace: str
    gateway_of: str | None = None

    @property
    def prefix(self) -> str:
        """`slipway-staging`: the name of what there is one of."""
        return f"{self.project}-{self.stack}"

    def tags(self) -> list[str]:
        """DigitalOcean tags: `letters, digits, : - _`."""
        owner = self.owner.replace(".", "-")
        return [self.project, f"{self.project}:{self.stack}", f"owner:{owner}"]

    def labels(self, name: str) -> dict[str, str]:
        """Kubernetes labels of an object of this program's own; it has no version, so that no release changes it."""
        return {
            "app.kubernetes.io/name": name,
            "app.kubernetes.io/instance": name,
            "app.kubernetes.io/part-of": self.namespace,
            "app.kubernetes.io/managed-by": "pulumi",
            **self.marks(),
        }

    def pool_label(self, pool: str) -> dict[str, str]:
        """The label of a pool's nodes; other than DOKS' own it stays when the pool is made anew in another size."""
        return {f"{self.project}/pool": pool}

    def gateway_label(self) -> dict[str, str]:
        """The label of the namespaces whose routes the Gateway takes: its own, and of preview environments."""
        return {f"{self.project}/gateway": f"{self.project}-{self.gateway_of or self.stack}"}

    def marks(self) -> dict[str, str]:
        """The labels of the stack alone, for other people's charts, which set the rest."""
        return {f"{self.project}/stack": self.stack, f"{self.project}/owner": self.owner}
