"""The instance's registry stores images, and asks for a login."""

from __future__ import annotations

import json
import socket
import subprocess
import time

import bcrypt
import docker
import httpx
import yaml

from localcloud.machine import registry
from localcloud.machine.daemons import listens
from tests.tools import find_debian


def test_registry_stores_images_in_the_instance(instance, toolbox):
    registry.write_configuration(instance)
    written = yaml.safe_load((instance.home / "registry.yaml").read_text())
    assert written["storage"]["filesystem"]["rootdirectory"] == str(instance.home / "registry")
    assert written["storage"]["delete"]["enabled"] is True
    assert written["http"] == {"addr": ":6300"}
    assert written["auth"]["htpasswd"]["path"] == str(instance.home / "registry.htpasswd")
    assert registry.daemon(instance, toolbox).command[-1] == instance.home / "registry.yaml"


def test_registry_login_is_created_once_and_private(instance):
    registry.write_configuration(instance)
    before = {path: path.read_text() for path in instance.home.glob("registry.*")}
    registry.write_configuration(instance)
    assert {path: path.read_text() for path in before} == before
    assert {path.name for path in before} == {"registry.htpasswd", "registry.password", "registry.yaml"}
    assert {path.stat().st_mode & 0o777 for path in before} == {0o600}
    user, _, hashed = (instance.home / "registry.htpasswd").read_text().strip().partition(":")
    assert user == registry.USER
    assert bcrypt.checkpw(registry.credentials(instance).password.encode(), hashed.encode())


def test_docker_config_has_login_and_users_proxies(instance, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / ".docker/config.json"
    own.parent.mkdir()
    own.write_text(json.dumps({"proxies": {"default": {}}, "credsStore": "desktop", "auths": {"x": {"auth": "s"}}}))
    before = own.read_bytes()
    folder = registry.docker_config(instance)
    login = registry.credentials(instance)
    written = json.loads((folder / "config.json").read_text())
    assert (written["auths"], written["proxies"]) == ({login.host: {"auth": login.basic}}, {"default": {}})
    assert "credsStore" not in written
    assert (folder / "config.json").stat().st_mode & 0o777 == 0o600
    assert own.read_bytes() == before
    found = docker.auth.load_config(config_path=str(folder / "config.json")).resolve_authconfig(login.host)
    assert (found["username"], found["password"]) == (login.user, login.password)


def test_registry_requires_the_login(instance, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(type(instance), "registry_port", property(lambda _: port))
    registry.write_configuration(instance)
    login, url = registry.credentials(instance), f"http://127.0.0.1:{port}/v2/"
    with subprocess.Popen([find_debian("docker-registry"), "serve", instance.home / "registry.yaml"]) as process:
        try:
            deadline = time.monotonic() + 20
            while not listens("127.0.0.1", port):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            manifest = f"{url}a/manifests/sha256:{'0' * 64}"
            assert [httpx.get(url).status_code, httpx.delete(manifest).status_code] == [401, 401]
            assert httpx.get(url, auth=login.auth).status_code == 200
            assert httpx.get(f"{login.url}/v2/").status_code == 200
            assert httpx.get(url, auth=("slipway", "guess")).status_code == 401
        finally:
            process.terminate()
