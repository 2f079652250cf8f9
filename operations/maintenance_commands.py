"""What `slipway maintenance` does; `slipway` declares its options."""

from __future__ import annotations

from delivery.outcome import Report, UnreachableError
from operations.addresses import choose_address
from operations.audit import announce_command
from operations.cluster import open_cluster
from operations.maintenance import end_maintenance, start_maintenance
from operations.maintenance_checks import confirm_page, refuse_beside_canary, refuse_during_update


def show_maintenance_page(stack: str, service: str | None, message: str, retry_seconds: int) -> Report:
    """Have a page answer instead of a service.

    Raises:
        RefusedError: an update of the stack is in progress, or the service has a canary; or as for `choose_address`.
        UnreachableError: the page does not answer at the service's URL.
        DeliveryError: as for `start_maintenance`.
    """
    refuse_during_update(stack)
    with open_cluster(stack) as cluster:
        address = choose_address(cluster, service)
        refuse_beside_canary(cluster, address.service)
        announce_command(cluster, "maintenance on", address.service)
        start_maintenance(cluster, address, message, retry_seconds)
    off = f"`slipway maintenance off --stack {stack} --service {address.service}`"
    try:
        confirm_page(address.url)
    except UnreachableError as error:
        raise UnreachableError(f"{error}; {off} removes it") from error
    print(f"{address.url} answers 503 until {off}")
    return Report(facts={"stack": stack, "service": address.service, "url": address.url, "maintenance": True})


def remove_maintenance_page(stack: str, service: str | None) -> Report:
    """Have a service answer again."""
    with open_cluster(stack) as cluster:
        address = choose_address(cluster, service)
        announce_command(cluster, "maintenance off", address.service)
        end_maintenance(cluster, address)
    print(f"{address.url} answers again")
    return Report(facts={"stack": stack, "service": address.service, "url": address.url, "maintenance": False})
