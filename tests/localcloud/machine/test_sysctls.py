"""Kernel parameters are set for the local cloud, and restored after it."""

from __future__ import annotations

from localcloud.machine import sysctls


def test_sysctls_are_restored_unless_others_changed_them(tmp_path, monkeypatch):
    monkeypatch.setattr(sysctls, "ROOT", tmp_path)
    monkeypatch.setattr(sysctls, "SAVED", tmp_path / "saved.json")
    for name in ("a", "b"):
        (tmp_path / name).write_text("0\n")
        for _ in range(2):  # a second `up` must not take our value for the first one
            sysctls.set_and_save(name, "1")
    assert (tmp_path / "a").read_text() == "1"
    (tmp_path / "b").write_text("2")
    sysctls.restore()
    assert [(tmp_path / name).read_text() for name in "ab"] == ["0", "2"]
    assert not (tmp_path / "saved.json").exists()


def test_sysctl_is_raised_only_where_it_is_too_low(tmp_path, monkeypatch):
    monkeypatch.setattr(sysctls, "ROOT", tmp_path)
    monkeypatch.setattr(sysctls, "SAVED", tmp_path / "saved.json")
    (tmp_path / "low").write_text("128\n")
    (tmp_path / "high").write_text("8192\n")
    for name in ("low", "high", "missing"):
        sysctls.raise_to(name, 1024)
    assert [(tmp_path / name).read_text().strip() for name in ("low", "high")] == ["1024", "8192"]
    sysctls.restore()
    assert (tmp_path / "low").read_text() == "128"
