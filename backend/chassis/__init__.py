"""What every Python service here is built on: server, health, metrics, logs, errors, database and migrations.

A folder of the backend and no package of its own: another service names it in its service.yaml (`shares`), its image
gets a copy, and a change of it is a change of every service that does.
"""
