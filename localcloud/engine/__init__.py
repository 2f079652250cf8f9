"""The engine for machines without the Pulumi CLI: it makes each resource as the program registers it.

It stands on Pulumi's own hook for tests, which hands over every resource with its inputs resolved and in
the order of their dependencies. It keeps no state: what is there is asked of the cloud, the registry and
Helm each time, and only what differs is changed. It knows the resource types of this program and no others.
"""
