"""The OpenAPI document of a service, as a file that the web app's types are made from.

`cd backend && PYTHONPATH=.:../tests python -m services.openapi` writes it; `make openapi` does so for all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_type_hints

from fastapi import FastAPI

FILE = "openapi.json"


def render_document(app: FastAPI) -> str:
    """The document as JSON, in an order of its own so that a diff shows what changed."""
    return json.dumps(app.openapi(), indent=2, sort_keys=True) + "\n"


def main() -> None:
    """Write the document of the service whose folder this is."""
    from app.main import create_app

    settings = get_type_hints(create_app)["settings"]()
    Path(FILE).write_text(render_document(create_app(settings)))


if __name__ == "__main__":
    main()
