"""What the parts of a database cluster have in common: their ids, and their connections."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from localcloud.providers.digitalocean.client import Body
from localcloud.providers.errors import ProviderError


def parts(identity: str) -> tuple[str, str]:
    """The cluster's id and the part's name: of an id in the state, or of `cluster,name` as `import` takes it.

    Raises:
        ProviderError: it is neither.
    """
    found = re.fullmatch(r"([^,/]+)(?:,|/user/|/database/|/)(.+)", identity)
    if found is None:
        raise ProviderError(f"{identity}: give the id of the database cluster, a comma and the name")
    return found[1], found[2]


def uri(connection: Body, password: str) -> str:
    """The connection's URI with the password, which the API hides from a token that may only read."""
    split = urlsplit(connection["uri"])
    address = split.netloc.rpartition("@")[2]
    user = quote(connection["user"], safe="")
    return split._replace(netloc=f"{user}:{quote(password, safe='')}@{address}").geturl()
