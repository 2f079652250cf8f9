"""What every Python service here is built on: server, health, metrics, logs, errors, database and migrations.

A folder beside the services and no package of its own: a service names it in the stack file (`shares`), its image
gets a copy, and a change of it is a change of every service that does.
"""
