from __future__ import annotations

import pytest

from localcloud.cloud import LocalCloud
from localcloud.instance import Instance
from localcloud.preview_environment.stack import PortsError, PreviewStack, list_environments
from localcloud.stack import Stack, checkout


@pytest.fixture
def base(tmp_path):
    instance = Instance(number=2, cache=tmp_path)
    instance.create_folders()
    return Stack(instance, checkout(), {})


def test_an_environment_is_usable_and_has_ports_of_its_own(base):
    stack = PreviewStack.of(base, 7)
    stack.check()
    assert stack.node_ports() == {"backend": 31000, "chatbot-backend": 31001, "chatbot-frontend": 31002}
    assert stack.service("backend").url == "http://127.0.0.1:9200"


def test_an_environment_keeps_its_ports_and_another_takes_the_next(base):
    for number in (7, 12, 7):
        PreviewStack.of(base, number).write()
    assert PreviewStack.of(base, 7).node_ports()["backend"] == 31000
    assert PreviewStack.of(base, 12).node_ports()["backend"] == 31010
    assert list_environments(base.instance) == ["pr-7", "pr-12"]


def test_a_place_is_free_again_when_its_environment_is_gone(base):
    first = PreviewStack.of(base, 7)
    first.write()
    PreviewStack.of(base, 12).write()
    first.file.unlink()
    assert PreviewStack.of(base, 99).node_ports()["backend"] == 31000


def test_an_eleventh_environment_is_refused(base):
    for number in range(1, 11):
        PreviewStack.of(base, number).write()
    with pytest.raises(PortsError, match="all 10 places are taken by pr-1, pr-2.*make down PR=7"):
        PreviewStack.of(base, 11)


def test_port_forwards_of_an_environment_move_no_other_program(base):
    """A changed place starts a program anew."""
    cloud = LocalCloud(base.instance, base)
    before = {daemon.name: place for place, daemon in enumerate(cloud.daemons())}
    PreviewStack.of(base, 7).write()
    after = cloud.daemons()
    assert {daemon.name: place for place, daemon in enumerate(after) if daemon.name in before} == before
    assert {daemon.name for daemon in after} - before.keys() == {
        "forward-pr-7-backend",
        "forward-pr-7-chatbot-backend",
        "forward-pr-7-chatbot-frontend",
    }


def test_the_ports_of_an_environment_are_known_by_its_name(base):
    PreviewStack.of(base, 7).write()
    assert LocalCloud(base.instance, base).node_ports()["pr-7-backend"] == 31000
