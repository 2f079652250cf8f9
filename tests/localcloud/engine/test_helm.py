"""The engine's Helm releases, with a helm and a kubectl that note what they are asked and answer from files."""

from __future__ import annotations

import json

import pytest

from localcloud.engine.change import Change
from localcloud.engine.helm import Cluster
from localcloud.engine.machine import CHARTS
from localcloud.machine.command import CommandError, Commands


class Programs:
    """`helm` and `kubectl` as shell scripts; `answer` sets what a subcommand prints, or fails with."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("helm", "kubectl"):
            script = folder / name
            script.write_text(
                "#!/bin/sh\n"
                f'printf "%s\\n" "{name} $*" >> {folder}/calls\n'
                'for word in "$@"; do case "$word" in --kubeconfig=*) ;; *) break;; esac; done\n'
                f'input=""; case "$*" in *" -"*) input=$(cat);; esac; printf "%s" "$input" > {folder}/stdin.$word\n'
                f"if [ -e {folder}/fail.$word ]; then cat {folder}/fail.$word; exit 1; fi\n"
                f"cat {folder}/answer.$word 2>/dev/null || true\n"
            )
            script.chmod(0o755)

    def answer(self, word, text, *, fail=False):
        for kind in ("answer", "fail"):
            (self.folder / f"{kind}.{word}").unlink(missing_ok=True)
        (self.folder / f"{'fail' if fail else 'answer'}.{word}").write_text(text)

    def calls(self, word):
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if f" {word} " in f"{line} "]

    def stdin(self, word):
        return (self.folder / f"stdin.{word}").read_text()


@pytest.fixture
def programs(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    made = Programs(folder)
    made.answer("history", "Error: release: not found", fail=True)
    return made


@pytest.fixture
def cluster(programs, tmp_path):
    return Cluster(
        programs.folder / "helm",
        programs.folder / "kubectl",
        tmp_path / "kubeconfig",
        Commands(),
        tmp_path / "log",
        dry_run=False,
    )


@pytest.fixture
def chart(tmp_path):
    (tmp_path / "chart/templates").mkdir(parents=True)
    (tmp_path / "chart/Chart.yaml").write_text("name: service\n")
    return tmp_path / "chart"


def inputs(chart, **more):
    return {"name": "backend", "namespace": "todo", "chart": str(chart), "values": {"a": 1, "password": "hidden"},
            "atomic": True, "cleanupOnFail": True, "waitForJobs": True, "timeout": 300, "maxHistory": 10, **more}  # fmt: skip


def description(programs):
    words = programs.calls("upgrade")[-1]
    return words.partition("--description ")[2].split(" --")[0]


def test_a_new_release_is_installed_bounded_and_taken_back_when_it_fails(cluster, programs, chart):
    outcome = cluster.release(inputs(chart))
    assert (outcome.id, outcome.change) == ("todo/backend", Change.CREATE)
    (call,) = programs.calls("upgrade")
    for words in (
        "--install backend",
        "--namespace todo",
        "--rollback-on-failure --wait",
        "--wait-for-jobs",
        "--cleanup-on-fail",
        "--timeout=300s",
        "--history-max=10",
    ):
        assert words in call
    assert "hidden" not in call
    assert "password: hidden" in programs.stdin("upgrade")


def test_what_runs_already_is_left_alone_and_what_changed_is_not(cluster, programs, chart):
    cluster.release(inputs(chart))
    last = [{"status": "deployed", "description": description(programs)}]
    programs.answer("history", json.dumps(last))
    assert cluster.release(inputs(chart)).change is Change.SAME
    assert cluster.release(inputs(chart, values={"a": 2})).change is Change.UPDATE
    (chart / "templates/x.yaml").write_text("x")
    assert cluster.release(inputs(chart)).change is Change.UPDATE
    last[0]["status"] = "failed"
    programs.answer("history", json.dumps(last))
    (chart / "templates/x.yaml").unlink()
    assert cluster.release(inputs(chart)).change is Change.UPDATE


def test_a_chart_of_a_repository_comes_by_its_version(cluster, programs):
    cluster.release(
        inputs("cert-manager", version="v1", repositoryOpts={"repo": "https://charts.example"}, createNamespace=True)
    )
    assert "--repo https://charts.example --version v1" in programs.calls("upgrade")[0]
    assert "--create-namespace" in programs.calls("upgrade")[0]


def test_an_unreachable_cluster_is_no_missing_release(cluster, programs, chart):
    programs.answer("history", "Error: connection refused", fail=True)
    with pytest.raises(CommandError, match="connection refused"):
        cluster.release(inputs(chart))
    assert programs.calls("upgrade") == []


def test_a_preview_asks_and_changes_nothing(programs, chart, tmp_path):
    cluster = Cluster(
        programs.folder / "helm",
        programs.folder / "kubectl",
        tmp_path / "k",
        Commands(),
        tmp_path / "log",
        dry_run=True,
    )
    assert cluster.release(inputs(chart)).change is Change.CREATE
    programs.answer("list", json.dumps([{"name": "gone", "chart": "service-0.1.0"}]))
    assert cluster.remove_other_releases("todo", ["service"], []) == ["gone"]
    assert cluster.object("v1", "Namespace", {"metadata": {"name": "todo"}}).change is Change.CREATE
    assert programs.calls("upgrade") + programs.calls("uninstall") + programs.calls("apply") == []


def test_services_and_databases_that_are_declared_no_more_are_uninstalled_and_strangers_stay(cluster, programs):
    listed = [
        {"name": "backend", "chart": "service-0.1.0"},
        {"name": "old", "chart": "service-0.1.0"},
        {"name": "postgresql", "chart": "database-0.1.0"},
        {"name": "valkey", "chart": "database-0.1.0"},
        {"name": "qdrant", "chart": "qdrant-1.2.3"},
        {"name": "others", "chart": "my-database-0.1.0"},
    ]
    programs.answer("list", json.dumps(listed))
    assert cluster.remove_other_releases("todo", CHARTS, ["backend", "postgresql"]) == ["old", "valkey"]
    assert [call.partition("uninstall ")[2] for call in programs.calls("uninstall")] == [
        "old --namespace todo --wait",
        "valkey --namespace todo --wait",
    ]


def test_an_object_is_made_left_alone_or_changed(cluster, programs):
    namespace = {"metadata": {"name": "todo"}}
    assert cluster.object("v1", "Namespace", namespace).change is Change.CREATE
    programs.answer("get", "namespace/todo")
    assert cluster.object("v1", "Namespace", namespace).change is Change.SAME
    programs.answer("diff", "- a\n+ b", fail=True)
    outcome = cluster.object(
        "v1", "Secret", {"metadata": {"name": "s", "namespace": "todo"}, "stringData": {"a": "hidden"}}
    )
    assert (outcome.id, outcome.change) == ("todo/s", Change.UPDATE)
    assert len(programs.calls("apply")) == 2
    assert "hidden" not in (programs.folder / "calls").read_text()
