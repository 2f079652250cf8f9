"""What a deploy leaves behind for those who ask later, and who hold no secrets: a folder, attested and kept.

`release.json` says what runs; beside it lies each image's manifest, byte for byte. A manifest's SHA-256 is the
image's digest, so `gh attestation verify` checks an image's provenance from the file alone, without a login.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError, field_validator

from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, MissingError
from delivery.stack.outputs import Outputs, ServiceFacts
from infra.source.registry_login import Login

RELEASE_FILE = "release.json"
SHOWN = 400  # characters of what is wrong with it
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SERVICE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")  # a DNS label, and part of a file's name here
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Evidence(BaseModel):
    """What a stack ran, and since when.

    Attributes:
        run: URL of the workflow run that deployed it; None from a laptop.
        checked: whether health checks and smoke tests passed.
    """

    stack: str
    release: str
    version: str | None
    services: dict[str, ServiceFacts]
    at: AwareDatetime
    run: str | None
    checked: bool

    @property
    def outputs(self) -> Outputs:
        """What the stack exported then, as `PulumiStack.outputs` gives it."""
        return Outputs(release=self.release, services=self.services)

    @field_validator("release")
    @classmethod
    def _is_commit(cls, value: str) -> str:
        if not COMMIT.fullmatch(value):
            raise ValueError("it is no whole commit")
        return value

    @field_validator("services")
    @classmethod
    def _name_images_by_digest(cls, services: dict[str, ServiceFacts]) -> dict[str, ServiceFacts]:
        """An image is what its digest says, and nothing else: its name must not say another one."""
        for name, service in services.items():
            if not SERVICE.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a service")
            if not DIGEST.fullmatch(service.digest) or service.image.partition("@")[2] != service.digest:
                raise ValueError(f"{name}: the image {service.image!r} does not have the digest {service.digest!r}")
        return services


def write_evidence(folder: Path, evidence: Evidence, login: Login | None = None) -> list[Path]:
    """Write release.json and every image's manifest.

    Args:
        login: who asks the registry; None: whom Docker's own configuration names.

    Raises:
        DeliveryError: the registry does not hold what runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    release = folder / RELEASE_FILE
    release.write_text(evidence.model_dump_json(indent=2) + "\n")
    files = [release]
    for name, service in sorted(evidence.services.items()):
        manifest = ImageRepository(service.image.partition("@")[0], login).manifest(service.digest)
        if manifest is None:
            raise DeliveryError(f"{name}: the registry does not hold {service.image}, which runs")
        file = folder / f"{name}.manifest.json"
        file.write_bytes(manifest.text.encode())
        files.append(file)
    return files


def describe_release(
    outputs: Outputs, stack: str, version: str | None, run: str | None, *, checked: bool
) -> Evidence:
    """The evidence of what a stack runs now."""
    return Evidence(
        stack=stack,
        release=outputs.release,
        version=version,
        services=outputs.services,
        at=datetime.now(UTC),
        run=run,
        checked=checked,
    )


def read_evidence(folder: Path) -> Evidence:
    """The evidence in a folder.

    Raises:
        MissingError: there is none.
        DeliveryError: it is not what `write_evidence` writes.
    """
    file = folder / RELEASE_FILE
    try:
        return Evidence.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise MissingError(f"{file} is not there: no evidence of a deploy") from None
    except (OSError, ValidationError) as error:
        raise DeliveryError(f"{file} is not evidence of a deploy: {str(error)[:SHOWN]}") from error


def read_image_digest(folder: Path, service: str) -> str | None:
    """The digest of the manifest that lies beside the evidence; None where there is none."""
    file = folder / f"{service}.manifest.json"
    try:
        return "sha256:" + hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None
