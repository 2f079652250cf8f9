"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from delivery.healthy import TIMEOUT_SECONDS
from delivery.pulumi_stack import PulumiStack


def stack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, help="staging or prod")
    parser.add_argument("--config-file", type=Path, help="instead of Pulumi.<stack>.yaml")


def chosen_stack(options: argparse.Namespace) -> PulumiStack:
    return PulumiStack(options.stack, config_file=options.config_file)


def repository(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", metavar="OWNER/NAME", help="default: GITHUB_REPOSITORY")


def verification(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--url",
        action="append",
        default=[],
        metavar="SERVICE=URL",
        help="where a service answers, if not as exported",
    )
    parser.add_argument(
        "--timeout", type=float, default=TIMEOUT_SECONDS, metavar="SECONDS", help="to become healthy in (300)"
    )
    parser.add_argument(
        "--evidence", type=Path, metavar="FOLDER", help="write there what runs, for those who ask later"
    )


def urls(options: argparse.Namespace) -> dict[str, str]:
    """By service.

    Raises:
        argparse.ArgumentTypeError: an entry is not SERVICE=URL.
    """
    pairs = [entry.partition("=") for entry in options.url]
    if wrong := [name for name, equals, url in pairs if not equals or not url.startswith(("http://", "https://"))]:
        raise argparse.ArgumentTypeError(
            f"--url takes SERVICE=URL, such as backend=https://api.example.com: {wrong[0]!r}"
        )
    return {name: url for name, _, url in pairs}
