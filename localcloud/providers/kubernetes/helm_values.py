"""Write values for `helm --values=-`."""

from __future__ import annotations

import json
import re
from typing import Any

# JSON that YAML readers take too: Go's refuses these raw (https://yaml.org/spec/1.2.2/#51-character-set), folds the
# line separators, and refuses JSON's surrogate pairs for what is above U+FFFF.
ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def write_values(values: Any) -> str:
    """Return a text from which Helm reads exactly these values: no text becomes a number, a date or a truth value."""
    return ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(values, ensure_ascii=False))
