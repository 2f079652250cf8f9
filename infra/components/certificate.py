"""The certificate that the load balancer answers HTTPS with."""

from __future__ import annotations

import hashlib

import pulumi

from infra.config.secrets import Certificate
from infra.sdk import digitalocean


def lets_encrypt(prefix: str, zone: str, name: pulumi.Output[str], parent: pulumi.Resource) -> pulumi.Output[str]:
    """Declare a certificate for a zone and its wildcard, which DigitalOcean gets from Let's Encrypt and renews.

    Args:
        name: the zone's, known once DigitalOcean has it.

    Returns:
        The certificate's name: its id changes with each renewal.
    """
    domains = [zone, f"*.{zone}"]
    wanted = digitalocean.CertificateArgs(
        name=f"{prefix}-{_digest(' '.join(domains))}",
        type="lets_encrypt",
        domains=[name, name.apply(lambda known: f"*.{known}")],
    )
    return _certificate(wanted, parent)


def custom(prefix: str, certificate: Certificate, parent: pulumi.Resource) -> pulumi.Output[str]:
    """Declare a certificate of one's own, and return its name; the program's user renews it."""
    wanted = digitalocean.CertificateArgs(
        name=pulumi.Output.unsecret(certificate.leaf.apply(lambda leaf: f"{prefix}-{_digest(leaf)}")),
        type="custom",
        private_key=certificate.private_key,
        leaf_certificate=certificate.leaf,
        certificate_chain=certificate.chain,
    )
    return _certificate(wanted, parent)


def _certificate(wanted: digitalocean.CertificateArgs, parent: pulumi.Resource) -> pulumi.Output[str]:
    certificate = digitalocean.Certificate(
        "certificate",
        wanted,
        # Names are unique, and what a load balancer uses cannot be deleted: the name has a hash of what replaces it,
        # so that the load balancer has the new one before the old one goes.
        opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=False),
    )
    return certificate.name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
