"""Protection of what holds data."""

from __future__ import annotations

import pulumi

from infra.data_kinds import DATA_KINDS


def protect_data() -> None:
    """Have the engine refuse the deletion of whatever holds data, wherever the program declares it from here on.

    The engine also refuses to replace it. `pulumi state unprotect` lifts that.
    """
    pulumi.runtime.register_stack_transformation(_protect)


def _protect(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    """The resource's options with protection, where it holds data and belongs to this stack."""
    if args.type_ not in DATA_KINDS or args.opts.id is not None:  # with an id it is read, and another stack's
        return None
    options = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=True))
    return pulumi.ResourceTransformationResult(args.props, options)
