"""Load balancers start, change and stop while requests continue."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import ssl
import threading
import time

import httpx
import psutil
import pytest

from localcloud.api.backends import BackendError

from .load_balancer_client import ADDRESS, TARGETS, create_session, get


def list_processes(balancers):
    run = str(balancers.place.run)
    return {
        process.pid
        for process in psutil.process_iter(["name", "environ"])
        if process.info["name"] == "haproxy" and run in str(process.info["environ"])
    }


def test_new_certificate_is_served_after_the_next_apply(balancers, spec, servers, certificates, balancer_place):
    balancers.apply(spec)
    renewed = certificates.issue(["example.com", "*.example.com"])
    rules = [spec.rules[0], dataclasses.replace(spec.rules[1], certificate=renewed)]
    balancers.apply(dataclasses.replace(spec, rules=rules))
    served = ssl.get_server_certificate((ADDRESS, spec.rules[1].entry_port))
    assert served.strip() == renewed.leaf.strip()
    assert len(list(balancer_place.home.rglob("*.pem"))) == 1


def test_no_request_fails_while_targets_change(balancers, spec, servers, certificates):
    balancers.apply(spec)
    stop, failures, served = threading.Event(), [], []

    def ask(*, keep):
        with create_session(certificates) as session:
            while not stop.is_set():
                try:
                    reply = get(spec, "https", session=session if keep else None, certificates=certificates)
                    (served if reply.status_code == 200 else failures).append(reply.status_code)
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    threads = [threading.Thread(target=ask, kwargs={"keep": keep}) for keep in (True, True, False)]
    for thread in threads:
        thread.start()
    for targets in [TARGETS[:1], TARGETS, TARGETS[1:], TARGETS] * 2:
        balancers.apply(dataclasses.replace(spec, targets=targets))
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(served) > 50


def test_same_specification_leaves_haproxy_alone(balancers, spec, servers):
    balancers.apply(spec)
    workers = list_processes(balancers)
    balancers.apply(spec)
    assert list_processes(balancers) == workers


def test_two_load_balancers_do_not_disturb_each_other(balancers, spec, servers):
    other = dataclasses.replace(spec, id="77777777-0000-4000-8000-000000000002", address="127.80.99.11")
    balancers.apply(other)
    before = list_processes(balancers)
    balancers.apply(spec)
    assert before < list_processes(balancers)
    assert [get(one).status_code for one in (spec, other)] == [200, 200]
    balancers.delete(other.id)
    assert get(spec).status_code == 200
    assert list_processes(balancers).isdisjoint(before)
    with pytest.raises(httpx.ConnectError):
        get(other)


def test_delete_removes_the_keys_and_may_be_repeated(balancers, spec, balancer_place):
    balancers.apply(spec)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in balancer_place.home.rglob("*.pem"))
    balancers.delete(spec.id)
    balancers.delete(spec.id)
    assert list(balancer_place.home.rglob("*.pem")) == []
    assert list_processes(balancers) == set()


def test_killed_haproxy_comes_back(balancers, spec, servers):
    balancers.apply(spec)
    for pid in list_processes(balancers):
        with contextlib.suppress(ProcessLookupError):  # the worker ends with its master
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 15
    while True:
        try:
            assert get(spec).status_code == 200
            break
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_address_is_one_that_is_not_taken(balancers):
    assert balancers.address([]) == "127.80.99.10"
    assert balancers.address(["127.80.99.10", "127.80.99.12"]) == "127.80.99.11"
    with pytest.raises(BackendError, match="delete a load balancer"):
        balancers.address([f"127.80.99.{host}" for host in range(256)])


def test_configuration_that_haproxy_refuses_changes_nothing(balancers, spec, servers):
    balancers.apply(spec)
    with pytest.raises(BackendError, match="load balancer web: HAProxy refuses it"):
        balancers.apply(dataclasses.replace(spec, targets=["no address"]))
    assert get(spec).status_code == 200
