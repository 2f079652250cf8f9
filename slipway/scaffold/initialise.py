"""Start a project in a checkout: write its stack files, remove the example, and say what it costs."""

from __future__ import annotations

import shutil
from pathlib import Path

from pydantic import ValidationError

from delivery.cost.bill import add_parts, list_parts
from delivery.cost.price_list import PriceList
from delivery.outcome import Report
from infra.config.document import parse_document
from infra.config.error_messages import describe_error
from infra.config.schema import StackSettings
from infra.config.settings import PROJECT, select_values
from slipway.scaffold.file_change import write_files
from slipway.scaffold.project import Answers, ProjectError, find_example, plan_stack_files, refuse_loss

# So that the files can be checked before there is a service.
FIRST_SERVICE = {"service": {"name": "service", "folder": "service", "port": 8000}}
PRICED = ("staging", "prod")


def initialise(answers: Answers, checkout: Path, *, remove_example: bool) -> Report:
    """Write the three stack files, and print the price of the two that cost something.

    Raises:
        ProjectError: an answer is not usable; nothing was written.
    """
    changes = plan_stack_files(answers)
    prices: dict[str, str] = {}
    for change in changes:
        stack = change.path.name.removeprefix("Pulumi.").removesuffix(".yaml")
        prices[stack] = _price(change.text, change.path.name)
    removed = [str(path) for path in find_example(checkout)] if remove_example else []
    refuse_loss(checkout, [*(change.path for change in changes), *map(Path, removed)])
    write_files(changes, checkout)
    for change in changes:
        print(f"wrote {change.path}")
    for name in removed:
        path = checkout / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        print(f"removed {name}")
    for stack in PRICED:
        print(f"{stack}: {prices[stack]} a month by DigitalOcean's published prices, without databases and traffic")
    print("next: `uv run slipway add service <folder>` for each folder with a Dockerfile; commit; `make up`")
    return Report(
        facts={
            "files": [str(change.path) for change in changes],
            "removed": removed,
            "price": {stack: prices[stack] for stack in PRICED},
        }
    )


def _price(text: str, name: str) -> str:
    config = parse_document(text, name).content["config"]
    values = {**select_values(config), "services": FIRST_SERVICE}
    try:
        settings = StackSettings.model_validate(values)
    except ValidationError as error:
        problems = [describe_error(each, values, StackSettings, PROJECT) for each in error.errors()]
        raise ProjectError("\n".join(problems)) from error
    return str(add_parts(list_parts(settings, PriceList())))
