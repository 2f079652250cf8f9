from __future__ import annotations

import datetime as dt
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from localcloud.machine import certificates
from localcloud.machine.certificates import Authority


@pytest.fixture
def authority(tmp_path):
    made = Authority(tmp_path / "certificates")
    made.create()
    return made


def load(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_issued_certificates_verify(authority):
    pair = authority.issue("apiserver", "kube-apiserver", hosts=["127.0.0.1", "kubernetes.default.svc"])
    load(pair.certificate).verify_directly_issued_by(load(authority.pair.certificate))
    names = load(pair.certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["kubernetes.default.svc"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]


def test_openssl_accepts_certificate_and_key(authority):
    pair = authority.issue("server", "server", hosts=["localhost"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.pair.certificate)


def test_kubernetes_reads_user_and_groups_from_the_subject(authority):
    pair = authority.issue("kubelet", "system:node:n", groups=["system:nodes"])
    subject = load(pair.certificate).subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "system:node:n"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "system:nodes"


def test_a_certificate_may_end_soon_and_no_file_has_it(authority):
    before = sorted(authority.folder.iterdir())
    certificate, key = authority.issue_for(dt.timedelta(minutes=10), "admin", ["system:masters"])
    made = x509.load_pem_x509_certificate(certificate.encode())
    assert dt.timedelta(minutes=9) < made.not_valid_after_utc - dt.datetime.now(dt.UTC) < dt.timedelta(minutes=11)
    made.verify_directly_issued_by(load(authority.pair.certificate))
    assert "BEGIN PRIVATE KEY" in key
    assert sorted(authority.folder.iterdir()) == before


def test_pair_is_renewed_before_it_expires(authority, monkeypatch):
    first = authority.issue("a", "a").certificate.read_bytes()
    assert authority.issue("a", "a").certificate.read_bytes() == first
    monkeypatch.setattr(certificates, "RENEWAL", dt.timedelta(days=4000))
    assert authority.issue("a", "a").certificate.read_bytes() != first


def test_second_create_changes_nothing(authority):
    before = {path: path.read_bytes() for path in authority.folder.iterdir()}
    authority.create()
    assert {path: path.read_bytes() for path in authority.folder.iterdir()} == before


def test_keys_are_readable_by_owner_only(authority):
    authority.issue("a", "a")
    assert {path.stat().st_mode & 0o777 for path in authority.folder.glob("*.key")} == {0o600}
