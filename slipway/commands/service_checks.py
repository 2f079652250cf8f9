"""The commands of `slipway stack` that ask a service from outside: is it ready, does it work."""

from __future__ import annotations

from delivery.outcome import Report, Status
from slipway import stack_options as own
from slipway.declaration import create_group, declare
from slipway.options import TIMEOUT_SECONDS, ConfigFile, Timeout

app = create_group("What a service answers from outside.")


@declare(
    app,
    "smoke",
    examples=[
        "stack smoke https://todo.example.com --service chatbot-frontend",
        "stack smoke https://todo.example.com --service chatbot-frontend --tag 3f2a91c4d5e6",
    ],
    statuses=(Status.FAILED, Status.UNREACHABLE, Status.MISSING),
)
def smoke(  # noqa: PLR0917 - Typer's options
    url: own.ServiceUrl,
    service: own.Service,
    stack: own.Stack = "staging",
    config_file: ConfigFile = None,
    tag: own.Tag = None,
    image: own.Image = None,
) -> Report:
    """Test a service from outside: ready, TLS, and what `verify` of its service.yaml says."""
    from delivery.commands import smoke

    return smoke.smoke_test(url, service, stack=stack, config_file=config_file, tag=tag, image=image)


@declare(
    app,
    "wait",
    examples=["stack wait https://todo.example.com https://todo.staging.example.com --timeout 60"],
    statuses=(Status.UNREACHABLE,),
    streams=True,
)
def wait(
    url: own.ServiceUrls,
    path: own.ReadyPath = "/readyz",
    timeout: Timeout = TIMEOUT_SECONDS,
) -> Report:
    """Wait until services answer that they are ready."""
    from delivery.commands import smoke

    return smoke.wait(url, path=path, timeout=timeout)
