"""`python -m delivery COMMAND`: from a merged commit to production, and back."""

from __future__ import annotations

import argparse
import sys

import pulumi

from delivery.commands import checks, releases, reports, upkeep
from delivery.github import explained
from delivery.outcome import MEANING, DeliveryError, Status
from delivery.redaction import redacted


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status is one of `outcome.Status`."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        with explained():
            status: Status = options.run(options)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    except (DeliveryError, pulumi.RunError) as error:
        print(redacted(f"error: {error}"), file=sys.stderr)
        return int(error.status if isinstance(error, DeliveryError) else Status.FAILED)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return int(status)


def _parser() -> argparse.ArgumentParser:
    statuses = "\n".join(f"  {status:d}  {meaning}" for status, meaning in MEANING.items())
    parser = argparse.ArgumentParser(
        prog="python -m delivery",
        description=__doc__,
        epilog=f"exit statuses:\n{statuses}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (releases, checks, reports, upkeep):
        module.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
