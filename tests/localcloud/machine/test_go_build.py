from __future__ import annotations

import json
import multiprocessing
import subprocess
import time
from pathlib import Path

import pytest

from localcloud import versions
from localcloud.machine.command import CommandError, Commands
from localcloud.machine.go_build import GoBuild, GoFiles, build_cache, go_program
from localcloud.machine.toolbox import BUILDS, CLIENTS, KUBERNETES, NEWER_KUBERNETES, PULUMI, Toolbox


class Compiler(Commands):
    """Writes down what it is asked to compile, and leaves one program."""

    def __init__(self, lines=(), fail=None, seconds=0.0):
        super().__init__()
        self.calls, self.lines, self.fail, self.seconds = [], lines, fail, seconds

    def run(self, command, **options):
        words = [str(word) for word in command]
        self.calls.append((words, options))
        for line in self.lines:
            options["on_line"](line)
        time.sleep(self.seconds)
        if self.fail:
            raise self.fail
        folder = words[words.index("-o") + 1]
        with (Path(folder) / "program").open("a") as program:
            program.write("built\n")
        return ""


@pytest.fixture
def module(tmp_path):
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "go.mod").write_text("module x\n")
    (folder / "main.go").write_text('package main\n\nvar version = "none"\n\nfunc main() { println(version) }\n')
    return folder


def build_of(module, **changes):
    options = {"name": "x-1", "module": module, "packages": ("./...",), "stamps": {"main.version": "v1"}}
    return GoBuild(**{**options, "package_count": 4, **changes})


def quiet(**_):
    pass


def test_build_compiles_with_go_of_the_wheel_and_stamps_the_version(module, tmp_path):
    folder = build_of(module).build(tmp_path / "tools", Commands(), tmp_path / "log", quiet)
    (program,) = folder.iterdir()
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    assert done.stderr == "v1\n"
    assert go_program().is_file()


def test_build_reports_the_share_done(module, tmp_path):
    shares = []
    compiler = Compiler(lines=["go: downloading x\n", "a\n", "b\n"])
    build_of(module).build(tmp_path / "tools", compiler, tmp_path / "log", lambda done: shares.append(done))
    assert shares == [0, 1 / 4, 2 / 4]


def test_second_build_compiles_nothing(module, tmp_path):
    compiler = Compiler()
    for _ in range(2):
        build_of(module).build(tmp_path / "tools", compiler, tmp_path / "log", quiet)
    assert len(compiler.calls) == 1


def test_failed_build_leaves_no_folder_that_looks_complete(module, tmp_path):
    with pytest.raises(CommandError):
        build_of(module).build(tmp_path / "tools", Compiler(fail=CommandError("no disk")), tmp_path / "log", quiet)
    assert not build_of(module).folder(tmp_path / "tools").exists()


def test_changed_sources_packages_or_stamps_are_rebuilt(module, tmp_path):
    before = build_of(module).folder(tmp_path)
    nested = module / "nested"
    nested.mkdir()
    (nested / "go.mod").write_text("module y\n")
    assert build_of(module).folder(tmp_path) == before
    assert build_of(module, stamps={"main.version": "v2"}).folder(tmp_path) != before
    assert build_of(module, packages=("x",)).folder(tmp_path) != before
    (module / "main.go").write_text("package main\n")
    assert build_of(module).folder(tmp_path) != before


def compile_once(module, tools, log):
    build_of(module).build(tools, Compiler(seconds=0.3), log, quiet)


def test_concurrent_builds_wait_for_each_other(module, tmp_path):
    context = multiprocessing.get_context("fork")
    arguments = (module, tmp_path / "tools", tmp_path / "log")
    workers = [context.Process(target=compile_once, args=arguments) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    folder = build_of(module).folder(tmp_path / "tools")
    assert (folder / "program").read_text() == "built\n"  # by one of them


def test_clients_and_cluster_report_their_own_versions():
    assert KUBERNETES.stamps["k8s.io/component-base/version.gitVersion"] == "v1.34.4"
    assert CLIENTS.stamps["helm.sh/helm/v4/internal/version.version"] == "v4.0.5"
    assert list(PULUMI.stamps.values()) == ["v3.259.0"]


def test_toolbox_finds_each_program_in_the_folder_of_its_build(instance):
    toolbox = Toolbox(instance.tools, instance.logs, Compiler())
    for build in (toolbox.build_kubernetes, toolbox.build_clients, toolbox.build_pulumi):
        build(quiet)
    assert not toolbox.kubernetes(versions.NEWER_KUBERNETES).parent.exists()  # only a rehearsal compiles it
    toolbox.build_kubernetes(quiet, versions.NEWER_KUBERNETES)
    assert toolbox.binaries == toolbox.kubernetes().parent == KUBERNETES.folder(instance.tools)
    assert toolbox.helm.parent == toolbox.kubectl.parent == CLIENTS.folder(instance.tools)
    assert all(build.folder(instance.tools).is_dir() for build in BUILDS)
    build_cache(instance.tools).mkdir()
    toolbox.remove_build_cache()
    assert not build_cache(instance.tools).exists()


def test_files_of_a_module_are_downloaded_once(tmp_path):
    """From the module that go.sum has the hash of; a file of another kind is left."""
    module, source, calls = tmp_path / "module", tmp_path / "source", []
    module.mkdir()
    source.mkdir()
    for name in ("go.mod", "go.sum"):
        (module / name).write_text(name)
    for name in ("a.yaml", "b.txt"):
        (source / name).write_text(name)

    class Go(Commands):
        def run(self, command, **options):
            calls.append((command[1:], options["folder"]))
            return "go: downloading x\n" + json.dumps({"Dir": str(source)})

    files = GoFiles(name="x", module=module, path="example.com/x", pattern="*.yaml")
    for _ in range(2):
        folder = files.fetch(tmp_path / "tools", Go(), tmp_path / "log")
    assert [path.name for path in folder.iterdir()] == ["a.yaml"]
    assert calls == [(["mod", "download", "-json", "example.com/x"], module)]
    (module / "go.sum").write_text("another")
    assert files.folder(tmp_path / "tools") != folder


def test_shared_sources_are_one_file():
    """Two versions of Kubernetes are built from the same program."""
    assert (NEWER_KUBERNETES.module / "main.go").resolve() == (KUBERNETES.module / "kubernetes/main.go").resolve()
