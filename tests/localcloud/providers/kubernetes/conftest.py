"""A cluster whose API serves from memory and whose helm is a script that answers from files."""

from __future__ import annotations

import pytest

from localcloud.providers.kubernetes.cluster import HELM_VARIABLE, Cluster
from tests.infra.kubernetes_api import KubernetesApi


class Helm:
    """A helm that notes its arguments and its input; `answer` sets what a subcommand prints, `fail` what it dies of."""

    def __init__(self, folder):
        self.folder = folder
        self.program = folder / "helm"
        self.program.write_text(
            "#!/bin/sh\n"
            f'printf "%s\\n" "$*" >> {folder}/calls\n'
            f'kubeconfig="${{1#--kubeconfig=}}"; cp "$kubeconfig" {folder}/kubeconfig\n'
            f'stat -c "%a" "$kubeconfig" "$(dirname "$kubeconfig")" > {folder}/modes\n'
            'shift; word="$1"; [ "$word" = get ] && word="$2"\n'
            f'case "$*" in *--values=-*) cat > {folder}/stdin;; esac\n'
            f'if [ -e "{folder}/fail.$word" ]; then cat "{folder}/fail.$word"; exit 1; fi\n'
            f'if [ -e "{folder}/after.$word" ]; then mv "{folder}/after.$word" {folder}/answer.metadata; '
            f"rm -f {folder}/fail.metadata; fi\n"
            f'cat "{folder}/answer.$word" 2>/dev/null || true\n'
        )
        self.program.chmod(0o755)
        self.fail("metadata", "Error: release: not found")
        self.answer("values", "null")

    def answer(self, word, text):
        (self.folder / f"fail.{word}").unlink(missing_ok=True)
        (self.folder / f"answer.{word}").write_text(text)

    def fail(self, word, text):
        (self.folder / f"fail.{word}").write_text(text)

    def after(self, word, metadata):
        """What `get metadata` answers once `word` was called."""
        (self.folder / f"after.{word}").write_text(metadata)

    def calls(self, word):
        lines = (self.folder / "calls").read_text().splitlines() if (self.folder / "calls").exists() else []
        return [line for line in lines if f" {word} " in f"{line} "]

    def read(self, name):
        return (self.folder / name).read_text()


@pytest.fixture
def api():
    made = KubernetesApi()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def helm(tmp_path, monkeypatch):
    folder = tmp_path / "helm"
    folder.mkdir()
    made = Helm(folder)
    monkeypatch.setenv(HELM_VARIABLE, str(made.program))
    return made


@pytest.fixture
def cluster(api):
    made = Cluster(api.kubeconfig)
    yield made
    made.client.close()
