"""The machine a local cloud runs on: its node, daemons, network, registry, Docker and tools."""
