"""Load balancers, certificates and names, with services behind them."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .test_clusters import make

HTTP = {"entry_protocol": "http", "entry_port": 80, "target_protocol": "http", "target_port": 30080}
HTTPS = {"entry_protocol": "https", "entry_port": 443, "target_protocol": "http", "target_port": 30443}


def issue(api, name="edge", names=("a.example", "*.a.example"), *, hosted=True):
    if hosted:
        api.do("POST", "/v2/domains", {"name": "a.example"})
    body = {"name": name, "type": "lets_encrypt", "dns_names": list(names)}
    made = api.do("POST", "/v2/certificates", body, status=201)["certificate"]
    assert made["state"] == "pending"
    api.settle()
    return api.do("GET", f"/v2/certificates/{made['id']}")["certificate"]


def balance(api, **changes):
    body = {"name": "lb", "region": "fra1", "forwarding_rules": [HTTP], **changes}
    made = api.do("POST", "/v2/load_balancers", body, status=202)["load_balancer"]
    assert (made["status"], made["ip"]) == ("new", "")
    api.settle()
    return api.do("GET", f"/v2/load_balancers/{made['id']}")["load_balancer"]


def custom():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.example")])
    now = dt.datetime.now(dt.UTC)
    leaf = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now).not_valid_after(now + dt.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("a.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "name": "own",
        "type": "custom",
        "private_key": key.private_bytes(*form).decode(),
        "leaf_certificate": leaf.public_bytes(serialization.Encoding.PEM).decode(),
    }


def test_a_load_balancer_has_its_service_settings(served, services):
    certificate = issue(served)
    cluster = make(served)
    droplets = served.do("GET", "/v2/droplets")["droplets"]
    rules = [HTTP, {**HTTPS, "certificate_id": certificate["id"]}]
    held = balance(
        served, forwarding_rules=rules, redirect_http_to_https=True, droplet_ids=[each["id"] for each in droplets]
    )
    assert (held["status"], held["ip"], held["region"]["slug"]) == ("active", "127.80.6.10", "fra1")
    spec = services.load_balancers.specs[-1]
    assert (spec.id, spec.address, spec.redirect_http_to_https) == (held["id"], "127.80.6.10", True)
    assert list(spec.targets) == [each["networks"]["v4"][0]["ip_address"] for each in droplets]
    assert [(rule.entry_protocol, rule.entry_port, rule.target_port) for rule in spec.rules] == [
        ("http", 80, 30080),
        ("https", 443, 30443),
    ]
    assert [rule.certificate.leaf if rule.certificate else None for rule in spec.rules] == [None, "leaf-1"]
    assert balance(served, name="second")["ip"] == "127.80.6.11"
    assert cluster["status"]["state"] == "running"


def test_load_balancer_stays_in_its_subnet(served):
    subnet = {"subnet_uuid": "8f2f5f9c-0000-4000-8000-000000000000"}
    held = balance(served, **subnet)
    body = {"name": "lb", "region": "fra1", "forwarding_rules": [HTTP], "size_unit": 2}
    changed = served.do("PUT", f"/v2/load_balancers/{held['id']}", body)["load_balancer"]
    assert held.items() >= subnet.items()
    assert changed.items() >= subnet.items()


@pytest.mark.parametrize("how", ["tag", "droplet_ids"])
def test_targets_follow_the_nodes(served, services, how):
    cluster = make(served)
    ids = [each["id"] for each in served.do("GET", "/v2/droplets")["droplets"]]
    held = balance(served, **{how: {"tag": f"k8s:{cluster['id']}", "droplet_ids": ids}[how]})
    assert len(services.load_balancers.specs[-1].targets) == 2
    pool = cluster["node_pools"][0]["id"]
    served.do(
        "PUT", f"/v2/kubernetes/clusters/{cluster['id']}/node_pools/{pool}", {"name": "p", "count": 1}, status=202
    )
    served.settle()
    assert len(services.load_balancers.specs[-1].targets) == 1
    served.do("GET", f"/v2/load_balancers/{held['id']}")


def test_tls_that_passes_through_needs_no_certificate(served, services):
    balance(served, forwarding_rules=[{**HTTPS, "target_protocol": "https", "tls_passthrough": True}])
    (rule,) = services.load_balancers.specs[-1].rules
    assert (rule.entry_protocol, rule.target_protocol, rule.certificate) == ("tcp", "tcp", None)


def test_update_replaces_the_settings(served, services):
    held = balance(served, enable_proxy_protocol=True, http_idle_timeout_seconds=90)
    path = f"/v2/load_balancers/{held['id']}"
    changed = served.do("PUT", path, {"name": "lb", "forwarding_rules": [HTTP]}, status=200)["load_balancer"]
    assert (changed["enable_proxy_protocol"], changed["http_idle_timeout_seconds"], changed["ip"]) == (
        False,
        60,
        held["ip"],
    )
    served.settle()
    assert services.load_balancers.specs[-1].proxy_protocol is False
    served.do("DELETE", path, status=204)
    served.settle()
    assert services.load_balancers.deleted == [held["id"]]


def test_certificate_needs_the_zone_in_the_account(served):
    assert issue(served, hosted=False)["state"] == "error"
    assert issue(served, name="again")["state"] == "verified"


def test_renewal_changes_the_id_and_keeps_the_name(served, services):
    old = issue(served)
    held = balance(served, forwarding_rules=[{**HTTPS, "certificate_id": old["id"]}])
    new = served.do("POST", "/_emulator/certificates/edge/renew")["certificate"]
    served.settle()
    assert (new["name"], new["id"] == old["id"]) == ("edge", False)
    assert [each["id"] for each in served.do("GET", "/v2/certificates?name=edge")["certificates"]] == [new["id"]]
    rules = served.do("GET", f"/v2/load_balancers/{held['id']}")["load_balancer"]["forwarding_rules"]
    assert [rule["certificate_id"] for rule in rules] == [new["id"]]
    assert services.load_balancers.specs[-1].rules[0].certificate.leaf == "leaf-2"
    served.do("POST", "/_emulator/certificates/none/renew", status=404)


def test_certificate_in_use_cannot_be_deleted(served):
    certificate = issue(served)
    held = balance(served, forwarding_rules=[{**HTTPS, "certificate_id": certificate["id"]}])
    path = f"/v2/certificates/{certificate['id']}"
    message = served.do("DELETE", path, status=403)["message"]
    assert message.startswith("Make sure the certificate is not in use before deleting it")
    served.do("DELETE", f"/v2/load_balancers/{held['id']}", status=204)
    served.do("DELETE", path, status=204)


def test_own_certificate_is_read(served):
    made = served.do("POST", "/v2/certificates", custom())["certificate"]
    assert (made["state"], made["dns_names"], len(made["sha1_fingerprint"])) == ("verified", ["a.example"], 40)
    other = {**custom(), "name": "other", "private_key": custom()["private_key"]}
    assert "does not match" in served.do("POST", "/v2/certificates", other, status=422)["message"]
    assert "PRIVATE KEY" not in served.client.get("/v2/certificates").text


def test_name_server_knows_each_change_when_the_api_answers(served, services):
    served.do("POST", "/v2/domains", {"name": "a.example", "ip_address": "192.0.2.1"})
    path = "/v2/domains/a.example/records"
    record = served.do("POST", path, {"type": "A", "name": "*", "data": "192.0.2.2", "ttl": 60})["domain_record"]

    def answers():
        return [(each.type, each.name, each.data) for each in services.name_server.zones["a.example"]]

    assert ("A", "@", "192.0.2.1") in answers()
    assert ("A", "*", "192.0.2.2") in answers()
    served.do("PUT", f"{path}/{record['id']}", {"data": "192.0.2.3"})
    assert ("A", "*", "192.0.2.3") in answers()
    served.do("DELETE", f"{path}/{record['id']}", status=204)
    assert ("A", "*", "192.0.2.3") not in answers()
    served.do("DELETE", "/v2/domains/a.example", status=204)
    assert services.name_server.zones == {}
