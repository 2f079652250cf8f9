"""What `slipway maintenance on` checks: before, that no deploy would find the page; after, that people find it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from delivery.cluster import StackCluster
from delivery.outcome import DeliveryError, RefusedError, UnreachableError
from delivery.redaction import redacted
from delivery.stack.lock import Lock
from delivery.verification.maintenance import find_other_answer
from localcloud.pulumi_engine import stack_files
from operations.addresses import find_addresses
from operations.cluster import find_instance, is_local

CANARY = "-canary"
PAGE_SECONDS = 60.0  # until every proxy of a gateway knows a route
PAUSE_SECONDS = 0.5
IN_A_ROW = 3  # one answer may come from the one proxy that knows it


def refuse_during_update(stack: str) -> None:
    """Refuse while an update of the stack is in progress. Where nobody can say, a warning is printed.

    Raises:
        RefusedError: one is.
    """
    try:
        locks = _read_locks(stack)
    except RefusedError as error:  # Pulumi Cloud does not say whose it is
        raise _refuse_update(stack, "") from error
    except (DeliveryError, OSError, ValueError) as error:
        text = f"warning: whether an update of {stack} is in progress cannot be read: {error}"
        print(redacted(text), file=sys.stderr)
        return
    if locks:
        raise _refuse_update(stack, f", by {'; '.join(map(str, locks))}")


def refuse_beside_canary(cluster: StackCluster, service: str) -> None:
    """Refuse while a service has a canary: of two routes that match a request alike, the older one gets it.

    Raises:
        RefusedError: it has one.
        UnreachableError, DeliveryError: as for `StackCluster.find`.
    """
    if any(address.service == f"{service}{CANARY}" for address in find_addresses(cluster)):
        raise RefusedError(
            f"{service} of {cluster.stack} has a canary, whose route would go on before the page's; wait until its "
            "deploy ends. If that was killed, any update ends the canary (docs/runbook.md, 'Canary left running'), "
            f"such as `slipway stack rollback --stack {cluster.stack}`"
        )


def confirm_page(url: str) -> None:
    """Return when the page answers at a service's URL, IN_A_ROW times.

    Raises:
        UnreachableError: it does not, in PAGE_SECONDS; the text has what answers instead.
    """
    deadline, seen = time.monotonic() + PAGE_SECONDS, 0
    while True:
        other = find_other_answer(url)
        seen = 0 if other else seen + 1
        if seen == IN_A_ROW:
            return
        if other and time.monotonic() > deadline:
            raise UnreachableError(f"the page is there, and {url} does not lead to it: {other}")
        time.sleep(PAUSE_SECONDS)


def _refuse_update(stack: str, holders: str) -> RefusedError:
    return RefusedError(
        f"an update of {stack} is in progress{holders}; wait until its deploy ends, and write the command again. If "
        f"it was killed: `slipway stack unstick --stack {stack} --apply`"
    )


def _read_locks(stack: str) -> Sequence[Lock]:
    if is_local(stack):
        return stack_files.read_locks(find_instance(), stack)
    from delivery.stack.lock_query import read_locks  # and Pulumi with it, which takes a second
    from delivery.stack.pulumi_stack import PulumiStack

    return read_locks(PulumiStack(stack).cli)
