import pytest

from perf.command import RunError
from perf.past_updates import PastUpdates


@pytest.fixture
def folder(tmp_path):
    """The history of a stack with two updates."""
    for moment in (1_795_755_000_000_000_000, 1_795_755_100_000_000_000):
        (tmp_path / f"local-{moment}.history.json").write_text(f"record {moment}")
        (tmp_path / f"local-{moment}.checkpoint.json").write_text("{}")
    return tmp_path


def test_history_grows_at_its_old_end(folder):
    newest = sorted(folder.glob("*.history.json"))
    PastUpdates(folder).grow_to(10)
    records = sorted(folder.glob("*.history.json"))
    assert len(records) == 10
    assert records[-2:] == newest
    assert records[0].read_text() == newest[0].read_text()
    assert len(list(folder.glob("*.checkpoint.json"))) == 10


def test_history_grows_further(folder):
    updates = PastUpdates(folder)
    updates.grow_to(5)
    updates.grow_to(9)
    assert len(list(folder.glob("*.history.json"))) == 9


def test_copies_are_removed(folder):
    before = set(folder.iterdir())
    updates = PastUpdates(folder)
    updates.grow_to(10)
    updates.remove()
    assert set(folder.iterdir()) == before


def test_a_stack_without_updates_is_an_error(tmp_path):
    with pytest.raises(RunError, match="make up"):
        PastUpdates(tmp_path).grow_to(10)
