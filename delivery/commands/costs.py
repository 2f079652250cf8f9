"""What stacks cost a month, by their stack files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from delivery.account.digitalocean import DigitalOcean
from delivery.account.prices import read_price_list
from delivery.cost.bill import Part, add_parts, list_parts
from delivery.cost.budget import find_excess
from delivery.cost.price_list import BY_USE, PriceList
from delivery.outcome import MissingError, Report, Status
from infra.config.settings import LOOPBACK, validate_config
from infra.config.stack_file import find_stack_files, load_document

ENDPOINT = "digitalocean:apiEndpoint"
NO_PRICE = "no price known"


def show_costs(stacks: Sequence[str], checkout: Path = Path()) -> Report:
    """Print the bill of each stack, part by part, and what is not in it.

    Args:
        stacks: none: all that have a stack file.

    Raises:
        MissingError: a stack has no file.
        SettingsError, StackFileError: a stack file is not usable.
    """
    files = find_stack_files(checkout)
    _refuse_missing(stacks, files)
    if not files:
        raise MissingError(
            "there is no Pulumi.<stack>.yaml here; run `slipway init`, or go to the root of the checkout"
        )
    prices = read_price_list()
    found = {stack: _show_cost(stack, prices, checkout) for stack in stacks or files}
    print(f"not in it, as it is billed by use: {', '.join(BY_USE)}")
    print(f"prices: {prices.source}, in US dollars")
    return Report(facts={"stacks": found, "prices": prices.source, "billedByUse": BY_USE})


def compare_spending(stack: str, checkout: Path = Path()) -> Report:
    """Compare what the account of a stack has spent this month with the stack's budget; more fails.

    Without a budget nothing is asked. A team, and so its bill, is one stack's (docs/adr/0014).

    Raises:
        MissingError: the stack has no file, or there is no token that may read the bill (scope `billing:read`).
        UnreachableError, DeliveryError: DigitalOcean does not answer, or answers something else.
        SettingsError, StackFileError: the stack file is not usable.
    """
    _refuse_missing([stack], find_stack_files(checkout))
    file = load_document(checkout / f"Pulumi.{stack}.yaml")
    budget = validate_config(file.content["config"], file=file, checkout=checkout).budget
    if budget is None:
        print(f"{stack} has no budget; write slipway:budget in {file.name}")
        return Report(facts={"stack": stack, "budget": None, "spent": None})
    with DigitalOcean() as account:
        spent = account.month_to_date_usage()
    exceeded = spent > budget
    print(f"{stack}: ${spent:.2f} spent this month, {'above' if exceeded else 'within'} the budget of ${budget}")
    return Report(Status.FAILED if exceeded else Status.OK, {"stack": stack, "budget": budget, "spent": spent})


def _refuse_missing(stacks: Sequence[str], files: Mapping[str, Path]) -> None:
    if missing := [stack for stack in stacks if stack not in files]:
        known = ", ".join(files) or "none; run `slipway init`"
        raise MissingError(f"there is no Pulumi.{missing[0]}.yaml here; the stacks are {known}")


def _show_cost(stack: str, prices: PriceList, checkout: Path) -> dict[str, Any]:
    file = load_document(checkout / f"Pulumi.{stack}.yaml")
    settings = validate_config(file.content["config"], file=file, checkout=checkout)
    emulated = is_emulated(file.content["config"])
    parts = list_parts(settings, prices)
    total = add_parts(parts)
    excess = None if emulated else find_excess(settings.budget, total)
    unpriced = [f"{part.name} ({part.detail})" for part in parts if part.price is None]
    note = "nothing, as its DigitalOcean is emulated; an account would bill " if emulated else ""
    print(f"{stack}: {note}{total} a month")
    _print_parts(parts)
    if unpriced:
        print(f"  not in the sum, as no price is known: {', '.join(unpriced)}")
    if excess:
        print(f"  warning: {excess}")
    elif settings.budget is not None and not emulated:
        print(f"  within the budget of ${settings.budget} a month")
    print()
    return {
        "total": total.describe(),
        "emulated": emulated,
        "parts": [
            {"name": each.name, "detail": each.detail, "price": each.price and each.price.describe()}
            for each in parts
        ],
        "unpriced": unpriced,
        "budget": settings.budget,
        "excess": excess,
    }


def _print_parts(parts: Sequence[Part]) -> None:
    name, detail = (max(len(getattr(part, column)) for part in parts) for column in ("name", "detail"))
    for part in parts:
        print(f"  {part.name:{name}}  {part.detail:{detail}}  {part.price or NO_PRICE}")


def is_emulated(config: Mapping[str, Any]) -> bool:
    """Whether a stack file's DigitalOcean is on this machine, and bills nothing."""
    return (urlsplit(str(config.get(ENDPOINT, ""))).hostname or "") in LOOPBACK
