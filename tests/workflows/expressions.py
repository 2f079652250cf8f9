"""Which jobs of a workflow GitHub runs for an event: its conditions are evaluated, and its needs followed.

As far as our conditions go: comparisons, `!`, `&&`, `||`, properties, and the functions of a job's status. act evaluates
the same expressions, and needs a checkout and programs beside it.
"""

from __future__ import annotations

import re

TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||[!=]=|[!()]|[a-z]+\(\)|[A-Za-z_][\w.-]*)\s*")
PYTHON = {"&&": " and ", "||": " or ", "!": " not ", "==": "==", "!=": "!=", "(": "(", ")": ")"}
FUNCTIONS = ("always()", "cancelled()", "failure()", "success()")


class Text(str):
    """A text as GitHub compares it: upper and lower case are the same, and nothing else equals it."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other):
        return isinstance(other, str) and self.lower() == other.lower()

    def __ne__(self, other):
        return not self == other


def evaluate(condition, contexts, functions):
    """Whether a condition holds.

    Args:
        contexts: `github`, `needs`; what they lack is null.
        functions: what each of FUNCTIONS returns, by name.

    Raises:
        ValueError: it has something that is not read here.
    """
    text, names, position = condition.strip().removeprefix("${{").removesuffix("}}"), {}, 0
    code = ""
    while position < len(text.rstrip()):
        match = TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"{condition}: {text[position:]}")
        token, position = match[1], match.end()
        if token in PYTHON:
            code += PYTHON[token]
            continue
        name = f"value{len(names)}"
        names[name] = _read(token, contexts, functions)
        code += name
    return bool(eval(code, {"__builtins__": {}}, names))


def run_jobs(workflow, github, *, ends=(), outputs=(), cancelled=False):
    """How each job ends: `skipped`, or else as `ends` says, by name; `success` where it says nothing.

    Args:
        github: the context of that name.
        ends, outputs: of jobs, by name.
        cancelled: whether somebody has cancelled the run.
    """
    results = {}
    for name, job in workflow["jobs"].items():  # which stand in the order of their needs
        needed = [results[each] for each in job.get("needs", ())]
        needs = {
            each: {"result": results[each], "outputs": dict(outputs).get(each, {})} for each in job.get("needs", ())
        }
        condition = str(job.get("if", "success()"))
        if not any(function in condition for function in FUNCTIONS):
            condition = f"success() && ({condition.strip().removeprefix('${{').removesuffix('}}')})"
        functions = {
            "always()": True,
            "cancelled()": cancelled,
            "failure()": "failure" in needed,
            "success()": not cancelled and set(needed) <= {"success"},
        }
        runs = evaluate(condition, {"github": github, "needs": needs}, functions)
        results[name] = dict(ends).get(name, "success") if runs else "skipped"
    return results


def _read(token, contexts, functions):
    if token.startswith("'"):
        return Text(token[1:-1].replace("''", "'"))
    if token.endswith("()"):
        return functions[token]
    if token in {"true", "false", "null"}:
        return {"true": True, "false": False, "null": None}[token]
    value = contexts
    for part in token.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    # An output that a job did not set is the empty text.
    return Text(value or "") if isinstance(value, str) or ".outputs." in token else value
