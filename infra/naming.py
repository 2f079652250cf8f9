"""Names, labels and tags of everything a stack makes."""

from __future__ import annotations

from dataclasses import dataclass

PART_OF = "todo-app"


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What identifies a stack on everything in it; `sha` is the release's commit."""

    project: str
    stack: str
    owner: str

    @property
    def prefix(self) -> str:
        """`slipway-staging`: the name of what there is one of."""
        return f"{self.project}-{self.stack}"

    def tags(self) -> list[str]:
        """DigitalOcean tags: `letters, digits, : - _`."""
        owner = self.owner.replace(".", "-")
        return [self.project, f"{self.project}:{self.stack}", f"owner:{owner}"]

    def labels(self) -> dict[str, str]:
        """Kubernetes labels of what belongs to the stack as a whole."""
        return {
            "app.kubernetes.io/part-of": PART_OF,
            "app.kubernetes.io/managed-by": "pulumi",
            f"{self.project}/stack": self.stack,
            f"{self.project}/owner": self.owner,
        }
