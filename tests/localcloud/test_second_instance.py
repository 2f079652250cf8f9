from __future__ import annotations

import shutil

import pytest

from localcloud import second_instance
from localcloud.instance import Instance, InstanceError


@pytest.fixture
def first(tmp_path, monkeypatch):
    monkeypatch.setattr("localcloud.instance.RUN", tmp_path / "run")
    made = Instance(number=3, cache=tmp_path)
    made.create_folders()
    return made


def test_the_next_number_is_taken_and_found_again(first):
    assert second_instance.find(first) is None
    taken = second_instance.claim(first)
    assert (taken.number, taken.cache) == (4, first.cache)
    taken.create_folders()
    assert second_instance.claim(first) == second_instance.find(first) == taken


def test_somebodys_local_cloud_is_never_taken(first):
    Instance(number=4, cache=first.cache).create_folders()
    with pytest.raises(InstanceError, match="instance 4, .* is in use; remove it \\(`SLIPWAY_INSTANCE=4 make down"):
        second_instance.claim(first)
    assert second_instance.find(first) is None


def test_the_last_number_has_no_next(tmp_path):
    with pytest.raises(InstanceError, match="SLIPWAY_INSTANCE is 9, and a rehearsal takes the next one, too"):
        second_instance.claim(Instance(number=9, cache=tmp_path))


def test_a_local_cloud_that_came_after_the_rehearsals_is_not_taken(first):
    taken = second_instance.claim(first)
    shutil.rmtree(taken.home)  # `down PURGE=1` of its own, and then `make up`
    taken.create_folders()
    assert second_instance.find(first) is None
    with pytest.raises(InstanceError, match="is in use"):
        second_instance.claim(first)
