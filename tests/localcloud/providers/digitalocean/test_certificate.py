"""Certificates that are issued late, or not at all."""

from __future__ import annotations

import pytest

from localcloud.providers.digitalocean.certificate import Certificate
from localcloud.providers.errors import InitializationError
from localcloud.providers.resource_type import Resource
from localcloud.providers.values import Secret

INPUTS = {"name": "c", "type": "lets_encrypt", "domains": ["example.com", "*.example.com"]}
OWN = {"name": "c", "type": "custom", "privateKey": "KEY", "leafCertificate": "LEAF"}


def answer(state, status=200, kind="lets_encrypt"):
    body = {"id": "u-1", "name": "c", "type": kind, "dns_names": INPUTS["domains"], "state": state}
    return status, {"certificate": body, "certificates": [body]}


def test_waits_until_it_is_issued(server, scripted):
    server.plan = [answer("pending", 201), answer("pending"), answer("verified")]
    made = Certificate(scripted).create(INPUTS, 0)
    assert (made.identity, made.outputs["uuid"], made.outputs["state"]) == ("c", "u-1", "verified")


def test_failure_says_what_to_look_at_and_keeps_it_in_the_state(server, scripted):
    server.plan = [answer("pending", 201), answer("error")]
    with pytest.raises(InitializationError) as failed:
        Certificate(scripted).create(INPUTS, 0)
    assert failed.value.identity == "c"
    assert "certificate c is in state error" in str(failed.value)
    assert "example.com, *.example.com" in str(failed.value)
    assert "delegated" in str(failed.value)


def test_next_update_waits_again(server, scripted):
    server.plan = [answer("pending"), answer("verified")]
    outputs = {**INPUTS, "uuid": "u-1", "state": "pending"}
    assert Certificate(scripted).update(Resource("c", INPUTS, outputs), INPUTS, 0).outputs["state"] == "verified"


def test_timeout_is_an_error(server, scripted):
    server.plan = [answer("pending", 201), answer("pending"), answer("pending")]
    with pytest.raises(InitializationError, match=r"certificate c was not issued within 0\.05 s"):
        Certificate(scripted).create(INPUTS, 0.05)


def test_state_has_hashes_of_what_is_secret(server, scripted):
    server.plan = [answer("verified", 201, "custom"), answer("error", kind="custom")]
    with pytest.raises(InitializationError) as failed:
        Certificate(scripted).create(OWN, 0)
    assert isinstance(failed.value.outputs["privateKey"], Secret)
    assert "KEY" not in repr(failed.value.outputs)


@pytest.mark.parametrize(
    ("inputs", "names"),
    [
        ({"type": "custom"}, ["privateKey", "leafCertificate"]),
        ({"type": "lets_encrypt"}, ["domains"]),
        ({**OWN, "domains": ["example.com"]}, ["privateKey", "leafCertificate"]),
        (INPUTS, []),
        (OWN, []),
    ],
)
def test_inputs_that_do_not_go_together(scripted, inputs, names):
    assert [name for name, _ in Certificate(scripted).check(inputs)] == names


def test_another_certificate_of_the_list_is_not_it(server, scripted):
    server.plan = [answer("verified")]
    assert Certificate(scripted).read("other", {}) is None
