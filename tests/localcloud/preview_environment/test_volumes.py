from __future__ import annotations

import json

from localcloud.preview_environment.volumes import free_volumes


def volume(name, folder, namespace):
    claim = {"claimRef": {"namespace": namespace, "name": "data"}} if namespace else {}
    return {"metadata": {"name": name}, "spec": {"hostPath": {"path": str(folder)}, **claim}}


def test_only_the_volumes_of_the_namespace_are_emptied(tmp_path):
    folders = {name: tmp_path / name for name in ("of-it", "of-another", "of-nobody")}
    for folder in folders.values():
        (folder / "data/deeper").mkdir(parents=True)
        (folder / "data/deeper/file").write_text("todo")
        (folder / "link").symlink_to(tmp_path)
    listed = {
        "items": [
            volume("local-0", folders["of-it"], "pr-7"),
            volume("local-1", folders["of-another"], "pr-70"),
            volume("local-2", folders["of-nobody"], None),
        ]
    }
    asked = []

    def kubectl(*words):
        asked.append(words)
        return json.dumps(listed)

    assert free_volumes(kubectl, "pr-7") == ["local-0"]
    assert not list(folders["of-it"].iterdir())
    assert all(len(list(folders[name].iterdir())) == 2 for name in ("of-another", "of-nobody"))
    assert tmp_path.exists()
    assert [words[:3] for words in asked if words[0] == "patch"] == [("patch", "persistentvolume", "local-0")]
