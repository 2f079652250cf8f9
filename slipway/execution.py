"""Running one command: what it prints, its exit status, and what becomes of its errors."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import typer
from typer.exceptions import TyperException

from delivery.outcome import Report, Status
from slipway.failures import Failure, explain


def execute(command: Any, arguments: Sequence[str]) -> int:
    """Parse the arguments and run what they name; returns the exit status.

    Args:
        command: what Typer makes of an application.
        arguments: without the program's name.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # half a character, which a program may say, is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    try:
        status = command.main(list(arguments), prog_name="slipway", standalone_mode=False)
    except TyperException as error:
        return refuse(error, arguments)
    except BrokenPipeError:  # `slipway logs | head`: the reader has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is flushed at the end
        return Status.OK
    except (typer.Abort, KeyboardInterrupt):
        failure = Failure("stopped", Status.INTERRUPTED)
        if _asks_for_json(arguments):
            _print_json({"status": failure.status, **failure.facts()})
        else:
            print(failure, file=sys.stderr)
        return Status.INTERRUPTED
    return int(status or Status.OK)


def run(
    action: Callable[[], Report], *, as_json: bool, streams: bool = False, hints: Mapping[Status, str] | None = None
) -> int:
    """Run a command's action, and print its facts or its error; returns the exit status.

    Args:
        as_json: whether standard output has one JSON object and nothing else.
        streams: whether what the action prints is progress, which then goes to standard error; else it says in words
            what the facts say, and is left out.
        hints: the command to run next, by exit status.
    """
    with _reserve_output(keep=streams) if as_json else contextlib.nullcontext():
        result = _try(action, hints or {})
    if as_json:
        facts = result.facts() if isinstance(result, Failure) else result.facts
        _print_json({"status": int(result.status), **facts})
    elif isinstance(result, Failure):
        print(_encodable(str(result)), file=sys.stderr)
    return int(result.status)


def _try(action: Callable[[], Report], hints: Mapping[Status, str]) -> Report | Failure:
    try:
        return action()
    except (TyperException, typer.Exit, BrokenPipeError):
        raise  # of a check of an option: it is refused with the others; and of a reader who has enough
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is, a person reads a sentence
        return explain(error, hints)


def refuse(error: TyperException, arguments: Sequence[str]) -> int:
    """Print what is wrong with a command line; returns the exit status.

    An error without a text has nothing to print: Typer printed the help.
    """
    if text := error.format_message():
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "slipway"
        if value := _find_value(error, arguments):
            text += "" if value in text else f", and is {value!r}"
        failure = Failure(text.replace("Value error, ", "").rstrip("."), error.exit_code, f"{path} --help")
        if _asks_for_json(arguments):
            _print_json({"status": failure.status, **failure.facts()})
        else:
            print(_encodable(str(failure)), file=sys.stderr)
    return error.exit_code


def _find_value(error: TyperException, arguments: Sequence[str]) -> str | None:
    """What was written for the option that an error is about; None where it is about no option with a value."""
    for name in getattr(getattr(error, "param", None), "opts", ()):
        for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
            if word == name:
                return following or None
            if word.startswith(f"{name}="):
                return word.removeprefix(f"{name}=")
    return None


def _asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether a command line that cannot be parsed has `--json`; after `--` it would be another program's."""
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in own


@contextlib.contextmanager
def _reserve_output(*, keep: bool) -> Iterator[None]:
    """Keep standard output free. What programs print there goes to standard error.

    Args:
        keep: whether what this process prints goes there, too.
    """
    sys.stdout.flush()
    output = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr if keep else io.StringIO()):
            yield
    finally:
        os.dup2(output, 1)
        os.close(output)


def _print_json(facts: Mapping[str, Any]) -> None:
    print(_encodable(json.dumps(facts, indent=2, ensure_ascii=False, default=str)))


def _encodable(text: str) -> str:
    """The text with what is no Unicode, such as a byte of an argument that is no UTF-8, as an escape."""
    return text.encode(errors="backslashreplace").decode()
