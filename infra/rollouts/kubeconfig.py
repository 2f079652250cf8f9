"""A kubeconfig that holds no token: it asks for one whenever it is used.

The token in DigitalOcean's own kubeconfig ends after seven days, and the recorded one is what every later
preview, update and refresh would use (pulumi-digitalocean issues 312 and 445).

doctl gives an administrator's token. Where VIEW_TOKEN is set, as in the previews of pull requests, that token is used
instead: it belongs to a service account that may only read (infra/rollouts/preview-access.yaml). The kubeconfig's
text is the same for both, so that a preview does not show a change of it.
"""

from __future__ import annotations

import json

VIEW_TOKEN = "KUBERNETES_VIEW_TOKEN"  # noqa: S105 - a variable's name
# The token goes through a shell builtin: it never is an argument of a process.
CREDENTIAL = f"""
if [ -n "${{{VIEW_TOKEN}:-}}" ]; then
  printf '{{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{{"token":"%s"}}}}' \
"${VIEW_TOKEN}"
else
  exec doctl kubernetes cluster kubeconfig exec-credential --version=v1beta1 "$1"
fi
""".strip()


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
        "command": "sh",
        "args": ["-c", CREDENTIAL, "credential", cluster_id],
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
