"""A project declares objects and Helm releases for Slipway's kubernetes and docker providers."""

from __future__ import annotations

from pathlib import Path

NEVER_READY = """
{{- if .Values.stuck }}
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: x, image: "127.0.0.1:1/no:such"}]}
{{- end }}
"""
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {text: {{ .Values.text | quote }}}
"""


def write_chart(folder: Path) -> None:
    """A chart of one ConfigMap, and of a Deployment that is never ready where the values say `stuck`."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: tiny\nversion: 0.1.0\nappVersion: '7'\n")
    (folder / "values.yaml").write_text("text: none\nstuck: false\n")
    (folder / "templates/settings.yaml").write_text(SETTINGS)
    (folder / "templates/deployment.yaml").write_text(NEVER_READY)


def declare_namespace(name, /, **labels):
    return {"type": "kubernetes:core/v1:Namespace", "properties": {"metadata": {"name": name, "labels": labels}}}


def declare_secret(name, /, *, type_=None, **texts):
    properties = {"metadata": {"name": "words", "namespace": name}, "stringData": texts, "type": type_}
    return {"type": "kubernetes:core/v1:Secret", "properties": properties, "after": ["ns"]}


def declare_release(name, release_name="tiny", **properties):
    properties = {"name": release_name, "namespace": name, "chart": "tiny", "timeout": 60, **properties}
    return {"type": "kubernetes:helm.sh/v3:Release", "properties": properties, "after": ["ns"]}
