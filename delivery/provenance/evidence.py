"""What a deploy leaves behind for those who ask later, and who hold no secrets: a folder, attested and kept.

`release.json` says what runs; beside it lies each image's manifest, byte for byte. A manifest's SHA-256 is the
image's digest, so `gh attestation verify` checks an image's provenance from the file alone, without a login.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from delivery.images.registry import ImageRepository
from delivery.outcome import DeliveryError, MissingError
from delivery.stack.outputs import Outputs, ServiceFacts
from infra.source.registry_login import Login

RELEASE_FILE = "release.json"


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
    at: datetime
    run: str | None
    checked: bool


def written(folder: Path, evidence: Evidence, login: Login | None = None) -> list[Path]:
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


def of(outputs: Outputs, stack: str, version: str | None, run: str | None, *, checked: bool) -> Evidence:
    return Evidence(
        stack=stack,
        release=outputs.release,
        version=version,
        services=outputs.services,
        at=datetime.now(UTC),
        run=run,
        checked=checked,
    )


def read(folder: Path) -> Evidence:
    """The evidence in a folder.

    Raises:
        MissingError: there is none.
        DeliveryError: it is not what `written` writes.
    """
    file = folder / RELEASE_FILE
    try:
        return Evidence.model_validate_json(file.read_text())
    except FileNotFoundError:
        raise MissingError(f"{file} is not there: no evidence of a deploy") from None
    except ValidationError as error:
        raise DeliveryError(f"{file} is not evidence of a deploy: {error}") from error
