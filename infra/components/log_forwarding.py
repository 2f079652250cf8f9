"""Send the logs of services and databases to the one destination of the stack file, by Fluent Bit on each node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import pulumi

from infra.components.helm_release import HelmReleaseArgs, helm_release
from infra.components.secret import SecretReference, make_secret
from infra.config.alerts import LogDestination
from infra.naming import Naming
from infra.versions import FLUENT_BIT

NAMESPACE = "kube-system"  # it reads files of the node, which the stack's own namespace forbids
SECRET = "log-destination"  # noqa: S105 - a name
TOKEN = "LOG_TOKEN"  # noqa: S105 - the name of a variable
INSTALL_SECONDS = 600  # a new node has to pull the image
PORTS = {"https": 443, "http": 80}
# Where a URL has no path: what each destination's own documentation has.
PATHS = {"loki": "/loki/api/v1/push", "opentelemetry": "/v1/logs", "http": "/"}
SERVICE = """\
[SERVICE]
    Daemon Off
    Flush 1
    Log_Level warn
    Parsers_File /fluent-bit/etc/parsers.conf
    HTTP_Server On
    HTTP_Listen 0.0.0.0
    HTTP_Port 2020
    Health_Check On
    storage.path /buffer/logs
    storage.max_chunks_up 32
"""
SYSLOG = {
    "Mode": "tcp",
    "Syslog_Format": "rfc5424",
    "Syslog_Hostname_Key": "pod_pod_name",
    "Syslog_Appname_Key": "pod_container_name",
    "Syslog_Message_Key": "log",
}
# What the destination does not take is kept on disk: 200 MB a node, the oldest goes first.
RETRIES = {"Retry_Limit": "no_limits", "storage.total_limit_size": "200M"}


@dataclass(frozen=True, kw_only=True)
class LogForwardingArgs:
    """`settings` is the stack file's `logs.forwardTo`; `token` is None where none is sent."""

    naming: Naming
    settings: LogDestination
    token: pulumi.Output[str] | None
    namespace: str
    kubeconfig: pulumi.Output[str]


class LogForwarding(pulumi.ComponentResource):
    """A Fluent Bit on each node, which reads the logs of the stack's namespace."""

    def __init__(self, name: str, args: LogForwardingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:logs:LogForwarding", name, {}, opts)
        secret = None
        if args.token is not None:
            namespace = pulumi.Output.from_input(NAMESPACE)
            secret = make_secret(SECRET, {TOKEN: args.token}, args.naming, namespace, self)
        helm_release(
            FLUENT_BIT.name,
            HelmReleaseArgs(
                chart=FLUENT_BIT,
                namespace=NAMESPACE,
                values=list_values(args.settings, args.naming, args.namespace, secret),
                seconds=INSTALL_SECONDS,
                kubeconfig=args.kubeconfig,
            ),
            parent=self,
        )
        self.register_outputs({})


def list_values(
    settings: LogDestination, naming: Naming, namespace: str, secret: SecretReference | None
) -> dict[str, Any]:
    """The chart's values.

    Args:
        secret: with the token, which reaches the configuration as a variable and is never in a release's values.
    """
    values: dict[str, Any] = {
        "labels": naming.marks(),
        "testFramework": {"enabled": False},
        "config": {
            "service": SERVICE,
            "inputs": _write_section("INPUT", _list_input(namespace)),
            "filters": "\n".join(_write_section("FILTER", each) for each in _list_filters(settings, naming)),
            "outputs": _write_section("OUTPUT", list_output(settings, naming)),
            "customParsers": "",
        },
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "extraVolumes": [{"name": "buffer", "emptyDir": {"sizeLimit": "300Mi"}}],
        "extraVolumeMounts": [{"name": "buffer", "mountPath": "/buffer"}],
        "tolerations": [{"operator": "Exists"}],  # pools with taints have logs, too
    }
    if secret is not None:
        reference = {"secretKeyRef": {"name": secret.name, "key": TOKEN}}
        values["env"] = [{"name": TOKEN, "valueFrom": reference}]
        values["podAnnotations"] = {"slipway/token": secret.checksum}  # a new token is a new pod
    return values


def _list_input(namespace: str) -> dict[str, str]:
    return {
        "Name": "tail",
        "Path": f"/var/log/containers/*_{namespace}_*.log",
        "multiline.parser": "cri",
        "Tag": "kube.*",
        "DB": "/buffer/positions.db",  # a container that starts again reads no line twice
        "Skip_Long_Lines": "On",
        "storage.type": "filesystem",
    }


def _list_filters(settings: LogDestination, naming: Naming) -> list[dict[str, str]]:
    filters = [
        {"Name": "kubernetes", "Match": "kube.*", "Merge_Log": "On", "Keep_Log": "On", "Annotations": "Off"},
        {"Name": "record_modifier", "Match": "kube.*", "Record": f"stack {naming.stack}"},
    ]
    if settings.kind == "syslog":  # which reads keys of the record itself, not of mappings in it
        lift = {"Operation": "lift", "Nested_under": "kubernetes", "Add_prefix": "pod_"}
        filters.append({"Name": "nest", "Match": "kube.*", **lift})
    return filters


def list_output(settings: LogDestination, naming: Naming) -> dict[str, str]:
    """The section of Fluent Bit's configuration that names the destination."""
    url = urlsplit(settings.url)
    output = {"Match": "kube.*", **_list_address(url), **RETRIES}
    bearer = {"Header": f"Authorization Bearer ${{{TOKEN}}}"} if settings.token else {}
    path = url.path or PATHS.get(settings.kind, "")
    match settings.kind:
        case "http":
            return {"Name": "http", **output, "URI": path, "Format": "json_lines", **bearer}
        case "loki":
            labels = f"stack={naming.stack}, service=$kubernetes['labels']['app.kubernetes.io/name']"
            token = {"bearer_token": f"${{{TOKEN}}}"} if settings.token else {}
            return {"Name": "loki", **output, "uri": path, "labels": labels, "line_format": "json", **token}
        case "opentelemetry":
            return {"Name": "opentelemetry", **output, "logs_uri": path, "logs_body_key": "log", **bearer}
        case "datadog":
            tags = {"dd_service": naming.prefix, "dd_tags": f"stack:{naming.stack}", "dd_message_key": "log"}
            return {"Name": "datadog", **output, "apikey": f"${{{TOKEN}}}", "compress": "gzip", **tags}
        case "syslog":
            return {"Name": "syslog", **output, **SYSLOG}


def _list_address(url: SplitResult) -> dict[str, str]:
    secure = url.scheme in {"https", "tls"}
    encryption = {"tls": "On", "tls.verify": "On"} if secure else {"tls": "Off"}
    return {"Host": url.hostname or "", "Port": str(url.port or PORTS.get(url.scheme, 0)), **encryption}


def _write_section(name: str, entries: dict[str, str]) -> str:
    return "\n".join([f"[{name}]", *(f"    {key} {value}" for key, value in entries.items()), ""])
