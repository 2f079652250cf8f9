"""TLS certificates: the team's own, and those that DigitalOcean gets from Let's Encrypt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.api.account import Account
from localcloud.api.certificate_backend import IssuedCertificate
from localcloud.api.replies import ApiError, new_id, now
from localcloud.api.store import Document, Store

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

KIND = "certificate"
MATERIAL = "certificate_material"  # what the API never shows
LETS_ENCRYPT, CUSTOM = "lets_encrypt", "custom"
IN_USE = "Make sure the certificate is not in use before deleting it: it is being used by one or more load balancers."


def create(account: Account, body: Document) -> Document:
    """Keep a new certificate; one of Let's Encrypt is issued afterwards.

    Raises:
        ApiError: 422: a field is missing, its name is taken, or the texts are no certificate with its key.
    """
    kind = body.get("type") or CUSTOM
    made: Document = {
        "id": new_id(), "name": body["name"], "dns_names": body.get("dns_names") or [], "not_after": "",
        "sha1_fingerprint": "", "created_at": now(), "state": "pending", "type": kind,
    }  # fmt: skip
    issued = None
    if kind == CUSTOM:
        issued, made["dns_names"] = _read_custom(body)
        made |= {"state": "verified", "not_after": issued.not_after, "sha1_fingerprint": issued.fingerprint}
    elif not made["dns_names"]:
        raise ApiError(422, "dns_names is required.")
    with account.store.lock():
        if any(held["name"] == body["name"] for held in account.store.all(KIND)):
            raise ApiError(422, f"a certificate named {body['name']} already exists")
        account.store.put(KIND, made["id"], made)
        if issued is not None:
            _keep_material(account.store, made["id"], issued)
    if issued is None:
        account.jobs.request(KIND, made["id"])
    return made


def check_unused(store: Store, certificate: Document) -> None:
    """Raises: ApiError: 403: a load balancer uses it."""
    if users(store, certificate["id"]):
        raise ApiError(403, IN_USE)


def users(store: Store, identity: str) -> list[Document]:
    """The load balancers with that certificate."""
    return [
        balancer
        for balancer in store.all("load_balancer")
        if any(rule["certificate_id"] == identity for rule in balancer["forwarding_rules"])
    ]


def match(account: Account, identity: str) -> None:
    """Have a certificate issued, if the account hosts the zones of all its names; job.

    Raises:
        BackendError: it could not be issued.
    """
    held = account.store.get(KIND, identity)
    if held is None or held["type"] != LETS_ENCRYPT or held["state"] == "verified":
        return
    zones = [domain["name"] for domain in account.store.all("domain")]
    if not all(_is_hosted(name, zones) for name in held["dns_names"]):
        fail(account, identity, "")
        return
    issued = _issue(account, held["dns_names"])
    with account.store.lock():
        if issued is not None:
            _keep_material(account.store, identity, issued)
        details = {
            "not_after": issued.not_after if issued else "2099-01-01T00:00:00Z",
            "sha1_fingerprint": issued.fingerprint if issued else identity.replace("-", "") + "0" * 8,
        }
        account.store.put(KIND, identity, {**held, **details, "state": "verified"})
        balancers = users(account.store, identity)
    for balancer in balancers:  # made with a certificate that was still pending
        account.jobs.request("load_balancer", balancer["id"], at_once=True)


def fail(account: Account, identity: str, _: str) -> None:
    with account.store.lock():
        held = account.store.get(KIND, identity)
        if held is not None:
            account.store.put(KIND, identity, {**held, "state": "error"})


def renew(account: Account, name: str) -> Document:
    """Renew a certificate of Let's Encrypt, as DigitalOcean does before it expires: the name stays, the id changes.

    Raises:
        ApiError: 404.
        BackendError: it could not be issued.
    """
    store = account.store
    old = next((held for held in store.all(KIND) if held["name"] == name and held["type"] == LETS_ENCRYPT), None)
    if old is None:
        raise ApiError(404, "The resource you were accessing could not be found.")
    issued = _issue(account, old["dns_names"])
    new = {**old, "id": new_id(), "created_at": now()}
    if issued is not None:
        new |= {"not_after": issued.not_after, "sha1_fingerprint": issued.fingerprint}
    with store.lock():
        if issued is not None:
            _keep_material(store, new["id"], issued)
        store.put(KIND, new["id"], new)
        balancers = users(store, old["id"])
        for balancer in balancers:
            for rule in balancer["forwarding_rules"]:
                if rule["certificate_id"] == old["id"]:
                    rule["certificate_id"] = new["id"]
            store.put("load_balancer", balancer["id"], balancer)
        forget(store, old["id"])
    for balancer in balancers:
        account.jobs.request("load_balancer", balancer["id"], at_once=True)
    return new


def forget(store: Store, identity: str) -> None:
    store.remove(KIND, identity)
    store.remove(MATERIAL, identity)


def material(store: Store, identity: str) -> IssuedCertificate | None:
    """The certificate with its key; None: it is not issued, or nobody issues any here."""
    held = store.get(MATERIAL, identity)
    return None if held is None else IssuedCertificate(**held)


def _issue(account: Account, names: list[str]) -> IssuedCertificate | None:
    return None if account.backends.certificates is None else account.backends.certificates.issue(names)


def _keep_material(store: Store, identity: str, issued: IssuedCertificate) -> None:
    fields = ("leaf", "chain", "private_key", "not_after", "fingerprint")
    store.put(MATERIAL, identity, {field: getattr(issued, field) for field in fields})


def _is_hosted(name: str, zones: list[str]) -> bool:
    plain = name.removeprefix("*.")
    return any(plain == zone or plain.endswith(f".{zone}") for zone in zones)


def _read_custom(body: Document) -> tuple[IssuedCertificate, list[str]]:
    """The team's own certificate, and the names that it is for.

    Raises:
        ApiError: 422.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    for field in ("private_key", "leaf_certificate"):
        if not body.get(field):
            raise ApiError(422, f"{field} is required.")
    try:
        leaf = x509.load_pem_x509_certificate(body["leaf_certificate"].encode())
        key = serialization.load_pem_private_key(body["private_key"].encode(), None)
        if body.get("certificate_chain"):
            x509.load_pem_x509_certificates(body["certificate_chain"].encode())
    except (ValueError, TypeError) as error:
        raise ApiError(422, f"the certificate is invalid: {error}") from None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        raise ApiError(422, "the private key does not match the certificate")
    issued = IssuedCertificate(
        leaf=body["leaf_certificate"],
        chain=body.get("certificate_chain") or "",
        private_key=body["private_key"],
        not_after=leaf.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        fingerprint=leaf.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 - the API shows this one  # nosec B303
    )
    return issued, _names(leaf)


def _names(leaf: Certificate) -> list[str]:
    from cryptography import x509

    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return list(names.get_values_for_type(x509.DNSName))
