from __future__ import annotations

import pytest
import yaml
from lightkube.resources.core_v1 import Namespace

from localcloud.providers import operation
from localcloud.providers.errors import ProviderError
from localcloud.providers.kubernetes.cluster import Cluster, HelmError, load_kubeconfig


def test_kubeconfig_is_text_or_path(api, tmp_path):
    content = yaml.safe_load(api.kubeconfig)
    assert yaml.safe_load(load_kubeconfig(api.kubeconfig, None)) == content
    content["clusters"][0]["cluster"]["certificate-authority"] = "ca.crt"
    (tmp_path / "config").write_text(yaml.safe_dump(content))
    loaded = yaml.safe_load(load_kubeconfig(str(tmp_path / "config"), None))
    assert loaded["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "ca.crt")


def test_a_kubeconfigs_path_is_relative_to_the_folder_of_the_engine(api, tmp_path):
    (tmp_path / "config").write_text(api.kubeconfig)
    with operation.begin("", "", tmp_path):
        assert load_kubeconfig("./config", None)


@pytest.mark.parametrize(
    ("text", "context", "message"),
    [
        ("/no/such/file", None, "cannot read the kubeconfig /no/such/file: No such file"),
        ("a:\n  b", None, "cannot be used"),
        ("- a\n- b", None, "cannot be used"),
        (None, "other", "Context 'other' not found"),
    ],
)
def test_invalid_kubeconfig_is_explained(api, text, context, message):
    with pytest.raises(ProviderError, match=message):
        load_kubeconfig(text or api.kubeconfig, context)


def test_helm_gets_kubeconfig_in_a_private_file(cluster, helm):
    helm.answer("version", "v4")
    assert cluster.helm("version") == "v4"
    assert helm.read("kubeconfig") == cluster.kubeconfig
    assert helm.read("modes") == "600\n700\n"
    assert cluster.kubeconfig not in helm.read("calls")


def test_helm_error_has_its_last_lines(cluster, helm):
    helm.fail("upgrade", "".join(f"line {number}\n" for number in range(40)))
    with pytest.raises(HelmError) as caught:
        cluster.helm("upgrade")
    assert str(caught.value).splitlines()[-1] == "line 39"
    assert str(helm.program) not in str(caught.value)


def test_missing_helm_is_named(cluster, monkeypatch):
    monkeypatch.setenv("SLIPWAY_HELM", "no-such-helm")
    with pytest.raises(HelmError, match="cannot start no-such-helm"):
        cluster.helm("version")


def test_unreachable_cluster_is_named():
    kubeconfig = {
        "current-context": "x",
        "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "x", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    }
    cluster = Cluster(yaml.safe_dump(kubeconfig))
    with (
        pytest.raises(ProviderError, match="Namespace a: the cluster at http://127.0.0.1:1 does not answer"),
        cluster.explain_errors("Namespace a"),
    ):
        cluster.client.get(Namespace, "a")
    cluster.client.close()
