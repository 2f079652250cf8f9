"""Modules, functions and names of tests are no longer than CONTRIBUTING.md says."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
SERVICES = ["backend/app", "backend/chassis", "chatbot_backend/app"]
CODE = [*PACKAGES, *SERVICES, "tests"]
MODULE_LINES = 250
FUNCTION_LINES = 50
TEST_NAME = 59  # characters after `test_`


def list_modules(package):
    path = ROOT / package
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def list_functions(files):
    """Each function of the files, with its file's path from the root."""
    return [
        (file.relative_to(ROOT), node)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_the_limits_are_those_of_the_contributing_page():
    assert (
        f"{MODULE_LINES} at most; functions of {FUNCTION_LINES} lines at most"
        in (ROOT / "CONTRIBUTING.md").read_text()
    )


@pytest.mark.parametrize("package", CODE)
def test_no_module_is_too_long(package):
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in list_modules(package)}
    assert lengths, f"{package} has no module"
    assert {file: lines for file, lines in lengths.items() if lines > MODULE_LINES} == {}


@pytest.mark.parametrize("package", CODE)
def test_no_function_is_too_long(package):
    lengths = {
        f"{file}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for file, node in list_functions(list_modules(package))
    }
    assert {function: lines for function, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_no_name_of_a_test_is_too_long():
    names = {
        f"{file}: {node.name}": len(node.name.removeprefix("test_"))
        for file, node in list_functions(sorted((ROOT / "tests").rglob("test_*.py")))
        if node.name.startswith("test_")
    }
    assert len(names) > len(PACKAGES)
    assert {name: length for name, length in names.items() if length > TEST_NAME} == {}
