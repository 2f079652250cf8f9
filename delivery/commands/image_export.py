"""Write the images that run to files, for a scanner that gets no login to the registry."""

from __future__ import annotations

from pathlib import Path

from delivery.images import release_images
from delivery.images.layout import export_image
from delivery.images.registry import ImageRepository
from delivery.outcome import Report
from delivery.provenance.evidence import read_evidence
from delivery.stack.outputs import Outputs
from delivery.stack.pulumi_stack import PulumiStack


def export_images(folder: Path, *, stack: str | None, evidence_folder: Path | None) -> Report:
    """Write each image that a stack runs to a folder of its own, named after its service.

    Args:
        stack: its name; None: the one that the evidence names.
        evidence_folder: with the evidence of a deploy, which says what runs; None: the stack's state does.
    """
    source, running = _find_running(stack, evidence_folder)
    if running is None:
        print(f"{source.name} runs nothing: there is no image to export")
        return Report(facts={"stack": source.name, "images": {}})
    login = release_images.login(source, running.release)
    for name, service in sorted(running.services.items()):
        export_image(ImageRepository(service.image.partition("@")[0], login), service.digest, folder / name)
        print(f"{folder / name}: {service.image}")
    images = {name: service.image for name, service in running.services.items()}
    return Report(facts={"stack": source.name, "images": images})


def _find_running(stack: str | None, evidence_folder: Path | None) -> tuple[PulumiStack, Outputs | None]:
    if evidence_folder is None:
        source = PulumiStack(str(stack))
        return source, source.outputs()
    seen = read_evidence(evidence_folder)
    return PulumiStack(stack or seen.stack), Outputs(release=seen.release, services=seen.services)
