"""Providers for Pulumi's engine, for machines that cannot install the official plugins.

They speak Pulumi's provider protocol and know the resource types that this program declares, and no others. The
engine attaches them through PULUMI_DEBUG_PROVIDERS, Pulumi's own way to debug a provider.
"""
