"""The program: what a stack is, read from top to bottom."""

from __future__ import annotations

import pulumi

from infra.chart_repository import check_repositories
from infra.cluster_version import check_upgrade
from infra.config.schema import NO_IMAGES, StackSettings
from infra.config.secrets import read_secrets
from infra.irreversible_changes import refuse_irreversible_changes
from infra.protection import protect_data
from infra.runbook import name_runbook_entries
from infra.source.release import Release
from infra.stack.databases import declare_databases
from infra.stack.images import resolve_images
from infra.stack.monitoring import declare_cluster_monitoring, declare_monitoring
from infra.stack.outputs import export_canary, export_outputs
from infra.stack.platform import declare_platform, declare_registry_alone, share_platform
from infra.stack.services import declare_services
from infra.stack.stack import Stack, read_stack
from infra.versions import FLUENT_BIT, METRICS_SERVER, PROMETHEUS, Chart


def deploy() -> None:
    """Declare the stack, and have each failure followed by the runbook's entry for it; raises as `declare_stack`."""
    name_runbook_entries()
    declare_stack()


def declare_stack() -> None:
    """Declare the stack.

    Raises:
        SettingsError, ReleaseError, DigestError, VersionError, IrreversibleChangeError, ChartRepositoryError: before
            anything is declared.
    """
    stack = read_stack()
    if stack.settings.images == NO_IMAGES:
        declare_registry_alone(stack)
        return
    secrets = read_secrets(stack.settings)
    release = read_release(stack.settings)
    refuse_impossible_changes(stack)
    check_repositories(list_charts(stack.settings))
    images = resolve_images(stack, release)
    if stack.settings.protect:
        protect_data()
    if stack.settings.pull_request is None:
        platform = declare_platform(stack, secrets.certificate, pushes=bool(images.build))
    else:  # a preview environment runs in another stack's cluster
        platform = share_platform(stack, stack.settings.pull_request)
    databases = declare_databases(stack, platform)
    declare_monitoring(stack, platform, databases, secrets)
    declare_cluster_monitoring(stack, platform, databases, secrets)
    services = declare_services(stack, platform, databases, images, secrets.services)
    if stack.settings.canary:
        export_canary(stack, images)
        return
    export_outputs(stack, release, platform, services)


def refuse_impossible_changes(stack: Stack) -> None:
    """Stop before a change that loses data, and before an upgrade that Kubernetes does not make.

    A preview environment has no data to lose, and no cluster.
    """
    if stack.settings.pull_request is not None:
        return
    refuse_irreversible_changes(stack.settings, stack.state)
    check_upgrade(stack.settings.cluster.version, stack.state.cluster_version)


def read_release(settings: StackSettings) -> Release:
    """Return the commit to deploy; uncommitted changes are refused unless the stack file sets `allowDirty`."""
    release = Release(settings.release)
    if not settings.allow_dirty:
        folders = [folder for service in settings.services.values() for folder in service.folders]
        release.refuse_changes([*folders, f"Pulumi.{pulumi.get_stack()}.yaml"])
    return release


def list_charts(settings: StackSettings) -> list[Chart]:
    """The charts of public repositories that the stack file switches on."""
    switches = {
        METRICS_SERVER: settings.addons.metrics_server,
        PROMETHEUS: settings.addons.prometheus,
        FLUENT_BIT: settings.logs.forward_to is not None,
    }
    return [chart for chart, on in switches.items() if on]
