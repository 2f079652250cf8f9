"""Write the images that run to files, for a scanner that gets no login to the registry."""

from __future__ import annotations

from pathlib import Path

from delivery.images import release_images
from delivery.images.layout import export_image
from delivery.images.registry import ImageRepository
from delivery.images.scan_targets import ScanTarget, write_targets
from delivery.outcome import Report
from delivery.provenance.evidence import read_evidence
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack


def export_images(folder: Path, *, stack: str | None, evidence_folder: Path | None) -> Report:
    """Write each image that a stack runs to a folder of its own, named after its service, and a list of them.

    Args:
        stack: its name; None: the one that the evidence names.
        evidence_folder: with the evidence of a deploy, which says what runs; None: the stack's state does.
    """
    source, running = _find_running(stack, evidence_folder)
    folder.mkdir(parents=True, exist_ok=True)
    targets = []
    if running is None:
        print(f"{source.name} runs nothing: there is no image to export")
    else:
        login = release_images.login(source, running.release)
        for name, service in sorted(running.services.items()):
            repository = ImageRepository(service.image.partition("@")[0], login)
            configs = export_image(repository, service.digest, folder / name)
            facts = {"image": service.image, "digest": service.digest, "configs": configs}
            targets.append(ScanTarget(stack=source.name, service=name, **facts))
            print(f"{folder / name}: {service.image}")
    write_targets(folder, targets)
    return Report(facts={"stack": source.name, "images": [target.model_dump() for target in targets]})


def _find_running(stack: str | None, evidence_folder: Path | None) -> tuple[PulumiStack, Outputs | None]:
    if evidence_folder is None:
        source = PulumiStack(str(stack))
        return source, source.outputs()
    seen = read_evidence(evidence_folder)
    return PulumiStack(stack or seen.stack), seen.outputs
