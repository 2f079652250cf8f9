"""Certificates for the account's domains, from an authority of our own in the place of Let's Encrypt.

As Let's Encrypt's: a root that signs an intermediate, which signs certificates that live 90 days. Looked at beside
it: Pebble, Let's Encrypt's own test server, which adds the protocol between it and DigitalOcean that no user sees.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from localcloud.api.backends import BackendError
from localcloud.api.certificate_backend import IssuedCertificate

ROOT_LIFETIME = dt.timedelta(days=3650)
LIFETIME = dt.timedelta(days=90)  # Let's Encrypt's
BACKDATED = dt.timedelta(hours=1)  # clocks differ; Let's Encrypt backdates by as much
COMMON_NAME_LIMIT = 64  # characters, by X.509


class LocalCertificates:
    """Issues certificates, and keeps its own keys in `folder`, readable by their owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    @property
    def root_file(self) -> Path:
        """The root's PEM file: what clients verify with. It is there once this has been called."""
        self._authorities()
        return self._folder / "root.crt"

    def issue(self, domains: Sequence[str]) -> IssuedCertificate:
        """A new certificate for these domains; `*.example.com` covers one level.

        Raises:
            BackendError: there is no domain.
        """
        if not domains:
            raise BackendError("a certificate needs at least one domain")
        _, intermediate = self._authorities()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = [domain for domain in domains if len(domain) <= COMMON_NAME_LIMIT][:1]
        leaf = (
            _builder(_name(subject, None), intermediate.certificate.subject, key.public_key(), LIFETIME)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in domains]), critical=not subject
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_issuer_key(intermediate), critical=False)
            .sign(intermediate.key, hashes.SHA256())
        )
        return IssuedCertificate(
            leaf=_pem(leaf),
            chain=_pem(intermediate.certificate),
            private_key=_private_pem(key),
            not_after=f"{leaf.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
            fingerprint=leaf.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 - DigitalOcean shows this one  # nosec B303
        )

    def _authorities(self) -> tuple[_Authority, _Authority]:
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            root = _Authority.read(self._folder, "root") or self._create("root", "Slipway Rehearsal Root", None)
            intermediate = _Authority.read(self._folder, "intermediate")
            return root, intermediate or self._create("intermediate", "Slipway Rehearsal R1", root)

    def _create(self, file: str, name: str, issuer: _Authority | None) -> _Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name([name], "Slipway")
        parent = subject if issuer is None else issuer.certificate.subject
        builder = (
            _builder(subject, parent, key.public_key(), ROOT_LIFETIME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None if issuer is None else 0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
        )
        if issuer is not None:
            builder = builder.add_extension(_issuer_key(issuer), critical=False)
        authority = _Authority(builder.sign(key if issuer is None else issuer.key, hashes.SHA256()), key)
        authority.write(self._folder, file)
        return authority


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def read(cls, folder: Path, file: str) -> _Authority | None:
        """The authority in these files; None where they are not both there."""
        certificate, key = folder / f"{file}.crt", folder / f"{file}.key"
        if not (certificate.exists() and key.exists()):
            return None
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{key} is not an elliptic-curve key: remove {folder}")
        return cls(x509.load_pem_x509_certificate(certificate.read_bytes()), private)

    def write(self, folder: Path, file: str) -> None:
        """Keep the key first: a certificate alone would be taken for nothing, too."""
        key = folder / f"{file}.key"
        key.touch(mode=0o600)
        key.write_text(_private_pem(self.key))
        (folder / f"{file}.crt").write_text(_pem(self.certificate))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: dt.timedelta
) -> x509.CertificateBuilder:
    start = dt.datetime.now(dt.UTC) - BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_names: Sequence[str], organization: str | None) -> x509.Name:
    names = [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common_names]
    return x509.Name(
        [*([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []), *names]
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_key(issuer: _Authority) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
