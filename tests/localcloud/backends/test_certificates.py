"""Certificates as a client verifies them."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from localcloud.api.backends import BackendError
from localcloud.backends.certificates import LocalCertificates


def verify(certificates, issued, host):
    roots = x509.load_pem_x509_certificates(certificates.root_file.read_bytes())
    verifier = PolicyBuilder().store(Store(roots)).build_server_verifier(x509.DNSName(host))
    return verifier.verify(leaf(issued), x509.load_pem_x509_certificates(issued.chain.encode()))


def leaf(issued):
    return x509.load_pem_x509_certificate(issued.leaf.encode())


def test_certificate_verifies_for_apex_and_wildcard(certificates):
    issued = certificates.issue(["example.com", "*.example.com"])
    assert len(verify(certificates, issued, "example.com")) == 3
    verify(certificates, issued, "app.example.com")
    with pytest.raises(VerificationError):
        verify(certificates, issued, "example.org")


def test_certificate_lives_90_days_and_says_so(certificates):
    issued = certificates.issue(["example.com"])
    end = dt.datetime.fromisoformat(issued.not_after)
    assert dt.timedelta(days=89) < end - dt.datetime.now(dt.UTC) <= dt.timedelta(days=90)
    assert end == leaf(issued).not_valid_after_utc


def test_fingerprint_is_the_leafs(certificates):
    issued = certificates.issue(["example.com"])
    assert issued.fingerprint == leaf(issued).fingerprint(hashes.SHA1()).hex()


def test_renewal_has_another_key_and_the_same_root(certificates, tmp_path):
    first = certificates.issue(["example.com"])
    again = LocalCertificates(tmp_path / "authority")
    second = again.issue(["example.com"])
    assert first.private_key != second.private_key
    assert first.chain == second.chain
    verify(certificates, second, "example.com")


def test_long_name_is_an_alternative_name_alone(certificates):
    name = ".".join(["a" * 60, "b" * 60, "example.com"])
    verify(certificates, certificates.issue([name]), name)


def test_keys_are_private(certificates, tmp_path):
    certificates.issue(["example.com"])
    keys = list((tmp_path / "authority").glob("*.key"))
    assert len(keys) == 2
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in keys)


def test_certificate_without_a_domain_is_refused(certificates):
    with pytest.raises(BackendError, match="at least one domain"):
        certificates.issue([])
