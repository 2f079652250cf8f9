"""A kubeconfig that holds no token: doctl is asked for one whenever it is used.

The token in DigitalOcean's own kubeconfig ends after seven days, and the recorded one is what every later
preview, update and refresh would use (pulumi-digitalocean issues 312 and 445).
"""

from __future__ import annotations

import json


def doctl_kubeconfig(name: str, endpoint: str, authority: str, cluster_id: str) -> str:
    """The text of a kubeconfig.

    Args:
        name: of cluster, context and user.
        endpoint: URL of the API server.
        authority: its certificate authority, PEM in base64.
        cluster_id: as doctl takes it.
    """
    exec_credential = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "doctl",
        "args": ["kubernetes", "cluster", "kubeconfig", "exec-credential", "--version=v1beta1", cluster_id],
        "interactiveMode": "Never",
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "users": [{"name": name, "user": {"exec": exec_credential}}],
    }
    return json.dumps(config)
