"""What `slipway config` does with a checkout's stack files and services."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from delivery.outcome import MissingError, RefusedError, Report, Status
from infra.config.document import Document
from infra.config.effective import list_effective_values
from infra.config.json_schema import FOLDER as SCHEMAS
from infra.config.json_schema import write_schemas
from infra.config.names import find_example_problems, find_stack_problems
from infra.config.reference_page import FOLDER as PAGES
from infra.config.reference_page import write_pages
from infra.config.service_file import SERVICE_FILE, read_from
from infra.config.settings import PROJECT, SettingsError, report_problems, validate_config
from infra.config.stack_file import StackFileError, find_stack_files, load_document, load_stack_file, write_stack_file
from infra.config.upgrade import upgrade_stack_files
from slipway.aliases import FILE as ALIASES
from slipway.aliases import find_alias_problems
from slipway.scaffold.file_change import FileChange, write_files


def show(stack: str, prefix: str, checkout: Path) -> Report:
    """Print every value of a stack with its origin.

    Args:
        prefix: only keys that begin with it, with or without `slipway:`.

    Raises:
        MissingError: there is no such stack file.
        SettingsError: the configuration is not usable.
    """
    values = list_effective_values(_read(stack, checkout), read_from(checkout))
    found = [each for each in values if each.key.removeprefix("slipway:").startswith(prefix.removeprefix("slipway:"))]
    if not found:
        raise MissingError(f"no key of {stack} begins with {prefix!r}; leave it out to see them all")
    width = max(len(each.key) for each in found)
    for each in found:
        print(f"{each.key:{width}}  {json.dumps(each.value, ensure_ascii=False)}  # {each.origin}")
    return Report(facts={"values": [vars(each) for each in found]})


def check(stacks: list[str], checkout: Path, commands: Collection[str]) -> Report:
    """Print every problem of stack files, and what a real account would refuse; it fails if there is a problem.

    Args:
        stacks: none: all that have a file.
        commands: of Slipway, which aliases of the checkout may begin with.
    """
    problems: dict[str, str] = {}
    notes: dict[str, list[str]] = {}
    for stack in stacks or _list_stacks(checkout):
        try:
            file = _read(stack, checkout)
            settings = validate_config(file.content["config"], file=file, checkout=checkout)
        except (SettingsError, StackFileError) as error:
            problems[stack] = str(error)
        else:
            if found := find_stack_problems(settings, PROJECT, stack):
                problems[stack] = report_problems(found)
        if stack in problems:
            print(f"✗ Pulumi.{stack}.yaml: {problems[stack]}")
            continue
        print(f"✓ Pulumi.{stack}.yaml")
        notes[stack] = find_example_problems(settings)
        for note in notes[stack]:
            print(f"  a real account refuses it: {note}")
    if found := find_alias_problems(checkout, commands):
        problems[ALIASES] = report_problems(found)
        print(f"✗ {problems[ALIASES]}")
    return Report(Status.FAILED if problems else Status.OK, {"problems": problems, "notes": notes})


def upgrade(checkout: Path, *, apply: bool) -> Report:
    """Show how older stack files are written now; with `apply`, write them.

    Raises:
        RefusedError: a service.yaml that would be written exists.
        StackFileError: a file cannot be read.
    """
    contents = {stack: load_stack_file(checkout / f"Pulumi.{stack}.yaml") for stack in _list_stacks(checkout)}
    planned = upgrade_stack_files(contents)
    changes = [
        FileChange(Path(f"Pulumi.{stack}.yaml"), write_stack_file(content))
        for stack, content in planned.stacks.items()
    ]
    for folder, content in planned.services.items():
        path = Path(folder) / SERVICE_FILE
        if (checkout / path).exists():
            raise RefusedError(f"{path} exists, and an older stack file has the same service; remove one of them")
        changes.append(FileChange(path, write_stack_file(content)))
    return write_changes([change for change in changes if change.diff(checkout)], checkout, apply=apply)


def write_changes(changes: list[FileChange], checkout: Path, *, apply: bool) -> Report:
    """Print the changes of files as a diff; with `apply`, write them, too."""
    diffs = {str(change.path): change.diff(checkout) for change in changes}
    for diff in diffs.values():
        print(diff)
    if apply:
        write_files(changes, checkout)
    if not changes:
        print("nothing to change")
    elif not apply:
        print("nothing was written; write it with --apply")
    return Report(facts={"files": list(diffs), "diff": "\n".join(diffs.values()), "written": apply})


def write_schema_files(checkout: Path) -> Report:
    """Write the JSON Schemas and the reference pages that are not current."""
    files = [*write_schemas(checkout / SCHEMAS), *write_pages(checkout / PAGES)]
    names = [str(file.relative_to(checkout)) for file in files]
    print("\n".join(names) or "everything is current")
    return Report(facts={"files": names})


def _list_stacks(checkout: Path) -> list[str]:
    names = list(find_stack_files(checkout))
    if not names:
        raise MissingError(
            "there is no Pulumi.<stack>.yaml here; run `slipway init`, or go to the root of the checkout"
        )
    return names


def _read(stack: str, checkout: Path) -> Document:
    file = checkout / f"Pulumi.{stack}.yaml"
    if not file.exists():
        raise MissingError(f"there is no {file.name} here; the stacks are {', '.join(_list_stacks(checkout))}")
    return load_document(file)
