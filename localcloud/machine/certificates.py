"""The certificates of a Kubernetes control plane: one authority and what it signs, as PEM files."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = dt.timedelta(days=3650)  # nobody renews the certificates of a local cluster
RENEWAL = dt.timedelta(days=30)  # a pair that ends sooner is made again

SERVICE_ACCOUNTS = "service-accounts.key"


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path

    @property
    def current(self) -> bool:
        if not (self.certificate.exists() and self.key.exists()):
            return False
        end = x509.load_pem_x509_certificate(self.certificate.read_bytes()).not_valid_after_utc
        return bool(end - RENEWAL > dt.datetime.now(dt.UTC))


@dataclass(frozen=True)
class Authority:
    """A certificate authority that keeps its files, and nearly everybody's, in one folder."""

    folder: Path
    name: str = "slipway-local"

    @property
    def pair(self) -> Pair:
        return Pair(self.folder / "ca.crt", self.folder / "ca.key")

    def create(self) -> None:
        """Make the authority, unless it is there."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.pair.current:
            key = ec.generate_private_key(ec.SECP256R1())
            name = _name(self.name, ())
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            builder = _builder(name, name, key.public_key(), LIFETIME)
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            _write(self.pair, builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), key)

    def service_accounts_key(self) -> Path:
        """The key that signs service accounts' tokens, made unless it is there."""
        file = self.folder / SERVICE_ACCOUNTS
        if not file.exists():
            _write_private(file, _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
        return file

    def issue(
        self,
        file: str,
        common_name: str,
        *,
        groups: Sequence[str] = (),
        hosts: Sequence[str] = (),
        folder: Path | None = None,
    ) -> Pair:
        """A pair signed by this authority, made anew only when it is missing or about to end.

        Args:
            file: the base name of both files.
            common_name: Kubernetes' user name.
            groups: Kubernetes' groups.
            hosts: names and addresses that it serves; none for a client.
            folder: where the files are, if not beside the authority's; made unless it is there.
        """
        at = folder or self.folder
        at.mkdir(parents=True, exist_ok=True, mode=0o700)
        pair = Pair(at / f"{file}.crt", at / f"{file}.key")
        if pair.current:
            return pair
        _write(pair, *self._sign(common_name, groups, hosts, LIFETIME))
        return pair

    def issue_for(self, lifetime: dt.timedelta, common_name: str, groups: Sequence[str]) -> tuple[str, str]:
        """The PEM texts of a client's certificate that ends after `lifetime`, and of its key; no file has them."""
        certificate, key = self._sign(common_name, groups, (), lifetime)
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), _pem(key).decode()

    def _sign(
        self, common_name: str, groups: Sequence[str], hosts: Sequence[str], lifetime: dt.timedelta
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        issuer = x509.load_pem_x509_certificate(self.pair.certificate.read_bytes())
        signer = serialization.load_pem_private_key(self.pair.key.read_bytes(), password=None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.pair.key} is not an elliptic-curve key: remove {self.folder}")
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(common_name, groups), issuer.subject, key.public_key(), lifetime)
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if hosts:
            uses.append(ExtendedKeyUsageOID.SERVER_AUTH)
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False
            )
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        return builder.sign(signer, hashes.SHA256()), key

    def forget(self, file: str) -> None:
        """Remove the pair with this base name, if it is there."""
        for suffix in ("crt", "key"):
            (self.folder / f"{file}.{suffix}").unlink(missing_ok=True)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, lifetime: dt.timedelta
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))  # clocks differ
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common_name: str, groups: Sequence[str]) -> x509.Name:
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(pair: Pair, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    _write_private(pair.key, _pem(key))
    pair.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
