from __future__ import annotations


def volume(folder, storage_class, phase):
    folder.mkdir()
    (folder / "data").write_text("todo")
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": folder.name},
        "spec": {
            "storageClassName": storage_class,
            "hostPath": {"path": str(folder)},
            "claimRef": {"namespace": "pr-7", "name": "data"},
        },
        "status": {"phase": phase},
    }


def test_block_storage_whose_claim_is_gone_is_emptied_and_free_again(controller, cluster, tmp_path):
    for name, storage_class, phase in (
        ("released", "do-block-storage", "Released"),
        ("bound", "do-block-storage", "Bound"),
        ("local", "standard", "Released"),
    ):
        cluster.put("persistentvolumes", volume(tmp_path / name, storage_class, phase))
    controller.reconcile()
    claimed = {
        name: "claimRef" in cluster.get("persistentvolumes", name, None)["spec"]
        for name in ("released", "bound", "local")
    }
    assert claimed == {"released": False, "bound": True, "local": True}
    assert [name for name in claimed if (tmp_path / name / "data").exists()] == ["bound", "local"]
