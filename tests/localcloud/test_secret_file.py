from __future__ import annotations

import pytest

from localcloud.secret_file import read_or_create


def test_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    file = tmp_path / "folder/secret"
    assert read_or_create(file, lambda: "one") == "one"
    assert read_or_create(file, lambda: "two") == "one"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_of_two_that_create_it_at_once_one_wins(tmp_path):
    file = tmp_path / "secret"

    def create():
        read_or_create(file, lambda: "of the other")
        return "ours"

    assert read_or_create(file, create) == "of the other"


def test_a_failure_leaves_no_file(tmp_path):
    def fail():
        raise OSError

    with pytest.raises(OSError):
        read_or_create(tmp_path / "secret", fail)
    assert not (tmp_path / "secret").exists()
