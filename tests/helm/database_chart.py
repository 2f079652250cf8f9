"""The database's chart is rendered for an engine, and its objects are found."""

from __future__ import annotations

import yaml

from .conftest import CHARTS, one

CHART = CHARTS / "database"
ENGINES = ("postgresql", "valkey", "qdrant")
CLIENTS = ["backend", "chatbot-backend"]
LABELS = {"slipway/stack": "local", "slipway/owner": "developer"}
EXTERNAL = {"external": {"adminSecret": "postgresql-admin", "authoritySecret": "postgresql-ca"}}
RESOURCES = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}


def render_database(helm, engine, **values):
    return helm.objects("database", engine, {"engine": engine, "clients": CLIENTS, **values})


def find_server(objects):
    return one(objects, "StatefulSet")["spec"]["template"]["spec"]


def find_secrets(objects):
    return {each["metadata"]["name"]: each["stringData"] for each in objects if each["kind"] == "Secret"}


def find_job(objects):
    return next((each for each in objects if each["kind"] == "Job"), None)


def read_engine_file(engine):
    return yaml.safe_load((CHART / f"engines/{engine}.yaml").read_text())
