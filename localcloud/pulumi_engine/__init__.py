"""Pulumi's own engine on this machine: where its CLI, its Python language host and its providers come from."""
