"""The kinds of text a stack file holds, each checked by what it will be used for."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator

Day = Literal["any", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _matching(pattern: str, advice: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(advice)
        return text

    return AfterValidator(check)


def _cidr(text: str) -> str:
    advice = "a network such as 10.10.0.0/20: an address whose bits after the prefix are zero"
    if "/" not in text:
        raise ValueError(advice)
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        raise ValueError(advice) from None
    return str(network)


Cidr = Annotated[str, AfterValidator(_cidr)]
"""`10.10.0.0/20`"""

Name = Annotated[
    str,
    _matching(
        r"[a-z]([a-z0-9-]{0,51}[a-z0-9])?",
        "at most 53 lower-case letters, digits and dashes, a letter first (Helm's limit for a release's name)",
    ),
]
"""`chatbot-backend`"""

Label = Annotated[
    str,
    _matching(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?", "a label: at most 63 of a-z, 0-9, `.`, `_` and `-`"),
]
"""`platform-team`"""

HostName = Annotated[
    str,
    _matching(
        r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
        "a host name such as todo.example.com, without scheme or path",
    ),
]

EmailAddress = Annotated[str, _matching(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", "an e-mail address")]

Quantity = Annotated[
    str,
    _matching(r"\d+(\.\d+)?(m|Ki|Mi|Gi|Ti|k|M|G|T)?", "a Kubernetes quantity such as 250m, 128Mi or 2Gi, in quotes"),
]

VersionSlug = Annotated[
    str,
    _matching(
        r"\d+\.\d+\.\d+-do\.\d+",
        "a DOKS version such as 1.34.4-do.0 (`doctl kubernetes options versions`): "
        "`latest` would upgrade the cluster on an unrelated deployment",
    ),
]

CronHour = Annotated[str, _matching(r"([01]\d|2[0-3]):[0-5]\d", 'a time of day in UTC such as "03:00", in quotes')]
