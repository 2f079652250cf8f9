"""Request bodies, checked against DigitalOcean's published description."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.api import clients
from localcloud.api.replies import ApiError

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

FILE = Path(__file__).with_name("descriptions.json")
NAMES = {
    "string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "an object", "array": "a list",
}  # fmt: skip


def check_body(route: str, body: Any) -> None:
    """Refuse a body that DigitalOcean's description does not allow.

    Args:
        route: method and path, with {} for each parameter.

    Raises:
        ApiError: 422 for an unknown or missing field and for a value that is none of the known ones; 400 for a wrong
            type.
    """
    validator = _validator(route)
    if validator is not None:
        errors = sorted(validator.iter_errors(without_nulls(body)), key=lambda error: len(error.path))
        if errors:
            raise _describe(errors[0])


def without_nulls(value: Any) -> Any:
    """A body without its nulls and objects of nulls.

    The official provider sends both for what it leaves as it is, and the keys of taints capitalised, as godo's type
    has no JSON names.
    """
    if isinstance(value, dict):
        inner = {key: without_nulls(each) for key, each in value.items() if not _is_null(each)}
        if isinstance(inner.get("taints"), list):
            inner["taints"] = [_with_small_keys(taint) for taint in inner["taints"]]
        return inner
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def _is_null(value: Any) -> bool:
    return value is None or (
        isinstance(value, dict) and bool(value) and all(_is_null(each) for each in value.values())
    )


def _with_small_keys(taint: Any) -> Any:
    return {key.lower(): value for key, value in taint.items()} if isinstance(taint, dict) else taint


def _describe(error: ValidationError) -> ApiError:
    """The refusal, in DigitalOcean's words."""
    at = _path(error)
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema["properties"]))
        return ApiError(422, f'unknown field "{at}{"." if at else ""}{unknown[0]}"')
    if error.validator == "required":
        missing = next(name for name in error.schema["required"] if name not in error.instance)
        return ApiError(422, f"{at}{'.' if at else ''}{missing} is required.")
    if error.validator == "minLength":
        return ApiError(422, f"{at} is required.")
    if error.validator == "enum":
        values = ", ".join(error.schema["enum"])
        return ApiError(422, f"{at} is invalid: {error.instance!r} is none of {values}")
    return ApiError(
        400, f"error parsing request body: {at or 'the body'} must be {NAMES[str(error.validator_value)]}"
    )


def _path(error: ValidationError) -> str:
    text = ""
    for part in error.absolute_path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


@cache
def _descriptions() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text())
    return found


@cache
def _validator(route: str) -> Validator | None:
    from jsonschema import Draft202012Validator  # slow to import: only a request with a body needs it

    for name in _spellings(route):
        if name in _descriptions():
            schema = copy.deepcopy(_descriptions()[name])
            _complete(name, schema)
            validator: Validator = Draft202012Validator(schema)
            return validator
    return None


def _spellings(route: str) -> Iterator[str]:
    """The route, and as it was before an account could have several registries, or is since."""
    yield route
    yield route.replace("/v2/registry/", "/v2/registries/").replace("/v2/registry", "/v2/registries")
    yield route.replace("/v2/registries/", "/v2/registry/")
    yield route.replace("/v2/databases/{}/{}/", "/v2/databases/{}/")


def _complete(route: str, schema: dict[str, Any]) -> None:
    """Add what the templates lack."""
    for (name, field), extra in clients.FIELDS.items():
        if name == route:
            schema["properties"][field] = extra
    for (name, field), values in clients.VALUES.items():
        if name == route:
            schema["properties"][field]["enum"] = list(values)
    required = [*clients.REQUIRED.get(route, ()), *schema.get("required", ())]
    if required:
        schema["required"] = list(dict.fromkeys(required))
    for field in schema.get("required", ()):
        declared = schema["properties"][field]
        if declared.get("type") == "string" and "enum" not in declared:
            declared["minLength"] = 1
