"""Every kind of service with options that have gone wrong before: what each check of the rendered charts looks at."""

from __future__ import annotations

KINDS = {
    "web": {"route": {"host": "todo.example.com", "hsts": 300}, "ports": [{"name": "metrics", "port": 9090}]},
    "worker": {"health": {"liveness": {"command": ["pgrep", "-x", "worker"]}, "readiness": {"tcp": 9000}}},
    "cron": {"cron": {"schedule": "*/5 * * * 1-5", "timeZone": "Europe/Berlin", "concurrency": "replace"}},
    "job": {"job": {"when": "after", "deadlineSeconds": 60, "retries": 0}},
}
COMMON = {
    "imagePullSecrets": [{"name": "registry"}],
    "release": {"sha": "123456789e12", "stack": "2024", "owner": "no", "chart": "0123"},
    "environment": {"LEVEL": "1e3", "FLAG": "true", "PRICE": "$(PORT) $$", "PEM": "-----BEGIN X-----\nMIIB\n"},
    "secretEnvironment": ["postgresql-backend", "backend"],
    "secretFiles": [{"secret": "postgresql-ca", "mountPath": "/run/databases/postgresql"}],
    "migration": {"enabled": True, "command": ["python", "-m", "app.migrate"]},
    "test": {"command": ["fetch", "a: b", "#no"]},
}
# A web service with a route, Secrets, a migration and a node pool.
EVERYTHING = {
    "replicas": 3,
    "imagePullSecrets": [{"name": "registry"}],
    "release": {"sha": "3f2a91c4d5e6", "stack": "staging", "owner": "platform", "chart": "abc"},
    "environment": {"LEVEL": "INFO", "FLAG": "true"},
    "secretEnvironment": ["postgresql-backend", "backend"],
    "secretFiles": [{"secret": "postgresql-ca", "mountPath": "/run/databases/postgresql"}],
    "secretChecksum": "0123",
    "route": {"host": "todo.example.com", "hsts": 300},
    "migration": {"enabled": True, "command": ["python", "-m", "app.migrate"]},
    "networkPolicy": {"allowFrom": [{"podSelector": {}}], "extraEgress": [{"ports": [{"port": 9000}]}]},
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "podAnnotations": {"c": "d"},
    "command": ["run"],
}
STORED = {"replicas": 1, "persistence": {"enabled": True, "storageClassName": "fast"}}
OPTIONS: dict[str, dict] = {
    "alone": {},
    "everything": COMMON,
    "words": {"command": ["no", "1e3", "", "a\nb", "$$"], "args": ["- a", "{x}", "null"]},
    "annotations": {"podAnnotations": {"example.com/port": "9090", "example.com/scrape": "true"}},
    "nothing writable": {"writableDirectories": []},
    "no probe": {"health": {"liveness": "", "readiness": ""}},
    "grpc": {"health": {"liveness": {"grpc": 50051}, "readiness": {"grpc": 50051}}},
    "placed": {
        "nodeSelector": {"slipway/pool": "1"},
        "tolerations": [{"key": "only", "operator": "Exists"}],
        "priorityClassName": "high",
    },
    "stored": STORED,
    "scaled": {
        "autoscaling": {
            "enabled": True,
            "targetCPUUtilizationPercentage": 70,
            "targetMemoryUtilizationPercentage": 80,
        }
    },
    "by a metric": {
        "autoscaling": {
            "enabled": True,
            "metrics": [
                {
                    "type": "External",
                    "external": {
                        "metric": {"name": "queue", "selector": {"matchLabels": {"queue": "1e3"}}},
                        "target": {"type": "AverageValue", "averageValue": "30"},
                    },
                }
            ],
        }
    },
    "for some": {"networkPolicy": {"clients": ["chat", "no"], "extraEgress": [{"ports": [{"port": 587}]}]}},
    "its own pod": {
        "pod": {
            "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["no", "1e3"]}],
            "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
            "securityContext": {"supplementalGroups": [1_000_000]},
            "initContainers": [
                {
                    "name": "proxy",
                    "image": "r.example/proxy:1",
                    "restartPolicy": "Always",
                    "args": ["\x85\x9f\ufeff", "no"],
                    "resources": {"requests": {"cpu": "10m"}},
                }
            ],
            "volumes": [{"name": "shared", "emptyDir": {"medium": "Memory"}}],
        },
        "container": {
            "volumeMounts": [{"name": "shared", "mountPath": "/shared"}],
            "livenessProbe": {"periodSeconds": 30},
            "workingDir": "/app",
        },
    },
}
# A probe's timing alone is no probe: it goes with one of the service.
NEEDS_A_PROBE = ("cron", "job")


def values_of(kind: str, option: str) -> dict:
    """The chart's values for a kind with an option."""
    values = {"kind": kind, **KINDS[kind], **OPTIONS[option]}
    if kind in NEEDS_A_PROBE and "container" in values:
        values["container"] = {key: value for key, value in values["container"].items() if key != "livenessProbe"}
    return values


CASES = [(kind, option) for kind in KINDS for option in OPTIONS]
