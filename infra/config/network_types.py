"""Networks, addresses, ports, hosts and URLs in a stack file, each checked by what it will be used for."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from email_validator import EmailNotValidError, validate_email

from infra.config.value_kind import Kind, Pattern, Range

# RFC 1918. `is_private` of ipaddress means "not global", which loopback and documentation addresses are, too.
PRIVATE = [ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
VPC_PREFIXES = range(16, 25)  # docs.digitalocean.com/products/networking/vpc/details/limits


def _is_network(text: str) -> bool:
    """Whether it is a private IPv4 network, written with its prefix and no bits after it."""
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return "/" in text and any(network.subnet_of(private) for private in PRIVATE)


def _is_vpc_range(text: str) -> bool:
    return _is_network(text) and ipaddress.IPv4Network(text).prefixlen in VPC_PREFIXES


def _is_email(text: str) -> bool:
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return True


PrivateRange = Annotated[
    str,
    Kind(
        "10.10.0.0/20",
        "a private network such as 10.10.0.0/20: an address whose bits after the prefix are zero",
        _is_network,
    ),
]
VpcRange = Annotated[
    str,
    Kind(
        "10.10.0.0/20",
        "a private network from /16 to /24 such as 10.10.0.0/20: an address whose bits after the prefix are zero",
        _is_vpc_range,
    ),
]
Addresses = Annotated[
    str, Kind("203.0.113.0/24", "an IPv4 address or network such as 203.0.113.7 or 203.0.113.0/24", _is_address)
]
HostName = Annotated[
    str,
    Kind(
        "todo.example.com",
        "a host name such as todo.example.com, in lower case, without scheme or path; other scripts as `xn--…`",
        Pattern(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])"),
    ),
]
ServiceUrl = Annotated[
    str,
    Kind(
        "http://127.0.0.1:8080",
        "the URL at which the service answers, such as http://127.0.0.1:8080, without a path",
        Pattern(r"https?://[a-z0-9.-]+(:\d+)?"),
    ),
]
RegistryHost = Annotated[
    str,
    Kind(
        "registry.digitalocean.com/acme",
        "what image names begin with, such as registry.digitalocean.com/acme",
        Pattern(r"[a-z0-9.-]+(:\d+)?/[a-z0-9][a-z0-9-]*"),
    ),
]
EmailAddress = Annotated[str, Kind("platform@example.com", "an e-mail address such as platform@acme.com", _is_email)]
Port = Annotated[int, Kind(8000, "a number from 1024 to 65535: services do not run as root", Range(1024, 65535))]
AnyPort = Annotated[int, Kind(587, "a port from 1 to 65535", Range(1, 65535))]
NodePort = Annotated[int, Kind(30080, "a number from 30000 to 32767", Range(30000, 32767))]
MailServer = Annotated[
    str,
    Kind("smtp.example.com:587", "a host and a port such as smtp.acme.com:587", Pattern(r"[a-z0-9.-]+:\d{1,5}")),
]
LogUrl = Annotated[
    str,
    Kind(
        "https://logs.example.com/loki/api/v1/push",
        "a URL such as https://logs.acme.com/loki/api/v1/push, or tls://logs.acme.com:6514 for syslog",
        Pattern(r"(https?|tls|tcp)://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?"),
    ),
]
