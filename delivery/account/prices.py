"""The price list, with the node prices that DigitalOcean's API has now where a token may ask for them."""

from __future__ import annotations

import os
import sys

from delivery.account.digitalocean import DigitalOcean
from delivery.cost.price_list import PriceList
from delivery.outcome import DeliveryError
from infra.source.registry_login import TOKENS


def read_price_list() -> PriceList:
    """Return the published prices; those of nodes are the API's, if there is a token and the API answers."""
    published = PriceList()
    if not any(map(os.environ.get, TOKENS)):
        return published
    try:
        with DigitalOcean() as account:
            return published.with_nodes(account.monthly_prices())
    except DeliveryError as error:
        print(f"the prices are from the published list: {error}", file=sys.stderr)
        return published
