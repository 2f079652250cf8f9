from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest
import yaml

from localcloud import versions
from localcloud.instance import Instance
from localcloud.machine import registry
from localcloud.machine.command import Commands
from localcloud.machine.control_plane import ControlPlane
from localcloud.machine.etcd import Etcd
from localcloud.machine.place import LOCAL_RANGES
from localcloud.machine.single_node import SingleNode
from localcloud.machine.toolbox import KUBERNETES_VERSIONS, Toolbox


@pytest.fixture
def files(instance, toolbox):
    """Of the node of the local stack, beside its control plane's."""
    made = SingleNode(instance, toolbox)
    made.write_files()
    return made.node.files


def test_writing_twice_changes_nothing(files, instance, toolbox):
    def content():
        return {path: path.read_bytes() for path in instance.home.rglob("*") if path.is_file()}

    before = content()
    SingleNode(instance, toolbox).write_files()
    assert content() == before


def test_unchanged_files_are_not_written_again(files):
    """Programs watch their files."""
    written = [path for path in files.folder.rglob("*") if path.is_file()]
    for path in written:
        os.utime(path, (0, 0))
    files.write()
    assert len(written) > 5
    assert {path.stat().st_mtime for path in written} == {0}


def test_host_kubeconfig_is_admin_on_loopback(files):
    config = yaml.safe_load(files.place.kubeconfig.read_text())
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:7300"
    assert files.place.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_api_gets_the_same_credentials(files, instance, toolbox):
    body = json.loads(SingleNode(instance, toolbox).files.credentials.read_text())
    config = yaml.safe_load(files.place.kubeconfig.read_text())
    assert body["client_key_data"] == config["users"][0]["user"]["client-key-data"]
    assert body["server"] == config["clusters"][0]["cluster"]["server"]


def test_kubelet_has_own_cgroup_and_authentication(files):
    kubelet = yaml.safe_load((files.folder / "kubelet.yaml").read_text())
    assert kubelet["cgroupRoot"] == "/slipway-8"
    assert kubelet["authentication"]["anonymous"] == {"enabled": False}
    assert kubelet["authorization"] == {"mode": "Webhook"}
    assert kubelet["clusterDNS"] == [LOCAL_RANGES.dns_service] == ["10.96.0.10"]


def test_containerd_stores_everything_in_the_instance(files):
    config = tomllib.loads((files.folder / "containerd.toml").read_text())
    cri = config["plugins"]["io.containerd.grpc.v1.cri"]
    inside = (files.place.home, files.place.run)
    for path in (config["root"], config["state"], config["grpc"]["address"], cri["cni"]["conf_dir"]):
        assert any(Path(path).is_relative_to(folder) for folder in inside), path
    assert cri["sandbox_image"] == "127.0.0.1:6300/slipway/pause:1"
    assert cri["restrict_oom_score_adj"] is True
    assert cri["netns_mounts_under_state_dir"] is True


def test_docker_hub_images_come_from_local_registry(files):
    """By the name under which charts ask for them; containerd looks for a file of the host's name."""
    config = tomllib.loads((files.folder / "containerd.toml").read_text())
    mirrors = Path(config["plugins"]["io.containerd.grpc.v1.cri"]["registry"]["config_path"])
    hosts = tomllib.loads((mirrors / "docker.io/hosts.toml").read_text())
    login = registry.credentials(files.place)
    header = {"authorization": f"Basic {login.basic}"}
    assert hosts["host"] == {f"http://{login.host}": {"capabilities": ["pull", "resolve"], "header": header}}
    own = tomllib.loads((mirrors / login.host / "hosts.toml").read_text())
    assert own["host"] == hosts["host"]
    assert (mirrors / "docker.io/hosts.toml").stat().st_mode & 0o777 == 0o600
    assert hosts["server"] == "https://registry-1.docker.io"
    assert mirrors.is_relative_to(files.place.home)


def test_files_with_keys_are_private(files):
    modes = {path.name: path.stat().st_mode & 0o777 for path in files.folder.glob("*.kubeconfig")}
    assert set(modes.values()) == {0o600}
    assert set(modes) == {
        f"{name}.kubeconfig" for name in ("controller-manager", "scheduler", "kubelet", "kube-proxy")
    }


def test_every_program_runs_in_the_namespace(instance, toolbox):
    daemons = SingleNode(instance, toolbox).daemons()
    assert [daemon.name for daemon in daemons][:2] == ["etcd", "kube-apiserver"]
    for daemon in daemons:
        assert list(daemon.command)[:2] == ["nsenter", "--net=/run/netns/slipway-8"]


@pytest.mark.parametrize("version", [versions.KUBERNETES, versions.NEWER_KUBERNETES])
def test_built_version_is_the_pinned_one(version):
    module = (KUBERNETES_VERSIONS[version].module / "go.mod").read_text()
    assert f"k8s.io/kubernetes v{version}\n" in module
    staging = version.replace("1.", "0.", 1)
    replaced = [line for line in module.splitlines() if "=>" in line]
    assert len(replaced) > 20
    assert all(line.endswith(f" v{staging}") for line in replaced)


def test_containerd_paths_may_have_spaces_and_quotes(tmp_path, instance):
    odd = Instance(number=8, cache=tmp_path / 'a "b" c')
    node = SingleNode(odd, Toolbox(odd.tools, odd.logs, Commands()))
    node.write_files()
    config = tomllib.loads((node.node.files.folder / "containerd.toml").read_text())
    assert config["root"] == str(odd.home / "containerd")
    plugins = config["plugins"]["io.containerd.grpc.v1.cri"]["cni"]["bin_dir"]
    assert plugins == str(odd.tools / "debian/containernetworking-plugins/usr/lib/cni")


def test_kubelet_has_own_folders_and_image_gc(files, instance, toolbox):
    kubelet = yaml.safe_load((files.folder / "kubelet.yaml").read_text())
    assert Path(kubelet["volumePluginDir"]).is_relative_to(files.place.home)
    assert kubelet["imageMaximumGCAge"] == "72h"
    daemons = {each.name: list(map(str, each.command)) for each in SingleNode(instance, toolbox).daemons()}
    for name in ("kubelet", "containerd"):
        assert f"--mount={files.place.run}/namespaces/mount" in daemons[name]


def test_control_plane_starts_in_order(instance, toolbox, monkeypatch):
    class Recorder:
        def __init__(self):
            self.names = []

        def ensure(self, name, ready, seconds):
            self.names.append(name)

    recorder, node = Recorder(), SingleNode(instance, toolbox)
    monkeypatch.setattr(Etcd, "answers", lambda _: True)
    node.start_control_plane(recorder, Commands(), lambda **_: None)
    node.start_kubelet(recorder)
    assert recorder.names[:2] == ["etcd", "kube-apiserver"]
    assert recorder.names.index("containerd") < recorder.names.index("kubelet")
    assert set(recorder.names) == {daemon.name for daemon in node.daemons()}


def test_missing_api_server_does_not_answer(instance, toolbox, monkeypatch):
    monkeypatch.setattr(type(instance), "node_address", "127.0.0.1")
    assert SingleNode(instance, toolbox).control_plane.answers() is False


def test_control_plane_of_an_account_reaches_api_services_in_pods(instance, toolbox):
    """It has no kube-proxy beside it, and its Nodes come with their ranges."""
    made = ControlPlane(instance, toolbox, managed=True)
    made.write_files()
    flags = {daemon.name: list(map(str, daemon.command)) for daemon in made.daemons()}
    assert "--enable-aggregator-routing" in flags["kube-apiserver"]
    files = [word.partition("=")[2] for word in flags["kube-apiserver"] if "proxy-client" in word]
    assert all(Path(file).exists() for file in files)
    assert len(files) == 2
    assert "--allocate-node-cidrs" not in flags["kube-controller-manager"]
    local = {daemon.name: list(map(str, daemon.command)) for daemon in ControlPlane(instance, toolbox).daemons()}
    assert "--allocate-node-cidrs" in local["kube-controller-manager"]
    assert not any("requestheader" in word for word in local["kube-apiserver"])
