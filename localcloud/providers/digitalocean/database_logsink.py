"""Where the logs of a database cluster go: a syslog server."""

from __future__ import annotations

from localcloud.providers.checks import one_of
from localcloud.providers.digitalocean.client import Body
from localcloud.providers.digitalocean.database_parts import parts
from localcloud.providers.digitalocean.resource import DigitalOceanType
from localcloud.providers.resource_type import Input, Properties, Resource

# input: its name in the API, where it may be left out
OPTIONAL = {
    "logline": "logline", "structuredData": "sd", "caCert": "ca", "clientCert": "cert", "clientKey": "key",
}  # fmt: skip
SECRETS = frozenset({"caCert", "clientKey"})


class DatabaseLogsinkRsyslog(DigitalOceanType):
    """`digitalocean.DatabaseLogsinkRsyslog`: all but the cluster and the name changes in place."""

    token = "digitalocean:index/databaseLogsinkRsyslog:DatabaseLogsinkRsyslog"
    inputs = {
        "clusterId": Input(required=True, replaces=True),
        "name": Input(required=True, replaces=True),
        "server": Input(required=True),
        "port": Input(required=True),
        "tls": Input(default=False),
        "format": Input(default="rfc5424", problem=one_of("rfc5424", "rfc3164", "custom")),
        **{name: Input() for name in OPTIONAL},
    }
    computed = frozenset({"logsinkId"})
    secrets = SECRETS
    delete_before_replace = True

    def create(self, inputs: Properties, timeout: float) -> Resource:
        body = {"sink_name": inputs["name"], "sink_type": "rsyslog", "config": _config(inputs)}
        made = self.client.call(self.client.pydo.databases.create_logsink, inputs["clusterId"], body)["sink"]
        return self._found(inputs["clusterId"], made["sink_id"])

    def read(self, identity: str, outputs: Properties) -> Resource | None:
        cluster, sink = parts(identity)
        found = self.client.find(self.client.pydo.databases.get_logsink, cluster, sink)
        return _resource(cluster, found) if found else None

    def update(self, resource: Resource, inputs: Properties, timeout: float) -> Resource:
        cluster, sink = parts(resource.identity)
        body = {"config": _config(inputs)}
        self.client.call(self.client.pydo.databases.update_logsink, cluster, sink, body)
        return self._found(cluster, sink)

    def delete(self, resource: Resource, timeout: float) -> None:
        self.client.find(self.client.pydo.databases.delete_logsink, *parts(resource.identity))

    def _found(self, cluster: str, sink: str) -> Resource:
        return _resource(cluster, self.client.call(self.client.pydo.databases.get_logsink, cluster, sink))


def _config(inputs: Properties) -> Body:
    given = {key: str(inputs[name]).strip() for name, key in OPTIONAL.items() if inputs.get(name)}
    return {**{name: inputs[name] for name in ("server", "port", "tls", "format")}, **given}


def _resource(cluster: str, sink: Body) -> Resource:
    config = sink.get("config") or {}
    inputs = {
        "clusterId": cluster,
        "name": sink["sink_name"],
        "server": config["server"],
        "port": config["port"],
        "tls": bool(config.get("tls")),
        "format": config.get("format") or "rfc5424",
        **{name: config[key] for name, key in OPTIONAL.items() if config.get(key)},
    }
    return Resource(f"{cluster},{sink['sink_id']}", inputs, {**inputs, "logsinkId": sink["sink_id"]})
