"""Each row changes a certificate."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .resource_types import CERTIFICATE
from .row import Table


def create_pems() -> tuple[str, str]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own.example.com")])
    start = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(start)
    names = x509.SubjectAlternativeName([x509.DNSName("own.example.com")])
    signed = builder.not_valid_after(start + dt.timedelta(30)).add_extension(names, False).sign(key, hashes.SHA256())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return signed.public_bytes(Encoding.PEM).decode(), text


def add_certificates(table: Table) -> None:
    (leaf, key), (other_leaf, other_key) = create_pems(), create_pems()
    own = {"type": "custom", "domains": None, "privateKey": key, "leafCertificate": leaf}
    table.add("certificate name", CERTIFICATE, {}, {"name": "certificate-by-another-name"}, "replace")
    table.add("certificate domains", CERTIFICATE, {}, {"domains": ["example.com", "www.example.com"]}, "replace",
              changed=("domains[1]",))  # fmt: skip
    table.add("certificate domains in another order", CERTIFICATE, {}, {"domains": ["*.example.com", "example.com"]},
              "same")  # fmt: skip
    table.add("certificate type", CERTIFICATE, {}, own, "replace", changed=("type", "privateKey", "leafCertificate"))
    table.add("certificate chain", CERTIFICATE, own, {"certificateChain": other_leaf}, "replace")
    table.add("certificate of one's own", CERTIFICATE, own, {"leafCertificate": other_leaf, "privateKey": other_key},
              "replace")  # fmt: skip
    table.add("certificate own, default type", CERTIFICATE, own, {"type": None}, "same")
    table.add("certificate deleted by hand", CERTIFICATE, {}, {}, "same", drift="create",
              hand=("DELETE", "/v2/certificates/{uuid}", None))  # fmt: skip
