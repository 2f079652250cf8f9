from __future__ import annotations

import pytest
from infra_stacks import ROOT

from infra.config.reference_page import make_pages, write_pages


@pytest.mark.parametrize("name", make_pages())
def test_the_committed_page_is_the_models(name):
    assert (ROOT / "docs/reference" / name).read_text() == make_pages()[name], "run `slipway config schema`"


def test_a_page_lists_each_key_with_value_default_and_description():
    page = make_pages()["service-file.md"]
    assert (
        "| `user` | the number of a user from 1 to 2147483647, as in the image's USER | `10001` | The number of the image's user. |"
        in page
    )
    assert "\n## resources.requests\n" in page


def test_only_pages_that_changed_are_written(tmp_path):
    assert len(list(write_pages(tmp_path / "reference"))) == 2
    assert list(write_pages(tmp_path / "reference")) == []
