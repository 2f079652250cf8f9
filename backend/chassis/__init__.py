"""The code shared by all Python services here: server, health, metrics, logs, errors, database and migrations.

A folder of the backend rather than a package: another service lists it in its service.yaml (`shares`) and gets a copy
in its image. A change of it is a change of every such service.
"""
