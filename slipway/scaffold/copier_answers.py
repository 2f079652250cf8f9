"""What a team answered when it copied Slipway with copier: `copier.yml` has the questions."""

from __future__ import annotations

from pathlib import Path

from infra.config.document import DocumentError, parse_document
from slipway.scaffold.project import ProjectError

FILE = ".copier-answers.yml"
# Each of `Answers`' fields, and copier's question for it.
QUESTIONS = {"name": "project", "owner": "team", "region": "region", "registry": "registry", "zone": "zone"}


def read_copier_answers(checkout: Path) -> dict[str, str]:
    """Return the answers by the names of `Answers`' fields; none where there is no such file, or it lacks one.

    Raises:
        ProjectError: the file is not usable.
    """
    file = checkout / FILE
    if not file.is_file():
        return {}
    try:
        content = parse_document(file.read_text(encoding="utf-8"), FILE).content
    except DocumentError as error:
        raise ProjectError(str(error)) from error
    answers = content if isinstance(content, dict) else {}
    return {field: str(answers[question]) for field, question in QUESTIONS.items() if question in answers}
