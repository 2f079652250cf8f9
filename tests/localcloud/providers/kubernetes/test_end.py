"""The provider process ends with whoever started it, and helm with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import psutil
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from localcloud.providers.values import to_struct

URN = "urn:pulumi:s::p::kubernetes:helm.sh/v3:Release::tiny"


def test_provider_and_helm_end_with_standard_input(api, tmp_path):
    helm = tmp_path / "helm"
    helm.write_text(
        '#!/bin/sh\ncase "$*" in *" metadata "*) echo "Error: release: not found"; exit 1;; esac\n'
        f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; sleep 600\n"
    )
    helm.chmod(0o755)
    command = [sys.executable, "-m", "localcloud.providers", "kubernetes"]
    environment = {**os.environ, "SLIPWAY_HELM": str(helm)}
    root = Path(__file__).parents[4]
    with (
        subprocess.Popen(
            command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as serving,
        grpc.insecure_channel(f"127.0.0.1:{serving.stdout.readline().strip().partition(':')[2]}") as channel,
        ThreadPoolExecutor(1) as pool,
    ):
        provider = provider_pb2_grpc.ResourceProviderStub(channel)
        provider.Configure(provider_pb2.ConfigureRequest(args=to_struct({"kubeconfig": api.kubeconfig})))
        properties = to_struct({"name": "tiny", "namespace": "todo", "chart": "tiny"})
        creation = pool.submit(provider.Create, provider_pb2.CreateRequest(urn=URN, properties=properties))
        while not (tmp_path / "pid").exists():
            time.sleep(0.05)
        serving.stdin.close()
        assert serving.wait(timeout=30) == 0
        assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
        with pytest.raises(grpc.RpcError):
            creation.result()
