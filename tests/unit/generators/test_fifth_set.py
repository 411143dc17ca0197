"""The fifth set of forms: what the truth says is what the pages print."""

from __future__ import annotations

import pypdfium2
import pytest

from tests.generators.fifth import FORMS, make

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("seed", [91, 92, 93, 94, 95])
def test_truth_is_on_its_page(name: str, seed: int):
    """Each result's name, value, unit, range, flag and remark can be read in the text of the page the truth names."""
    data, truth = make(FORMS[name], seed)
    pdf = pypdfium2.PdfDocument(data)
    pages = [squeezed(page.get_textpage().get_text_bounded()) for page in pdf]
    pdf.close()
    assert len(pages) == truth.pages
    for result in truth.results:
        page = pages[result.page - 1]
        for printed in (result.value, result.unit, result.reference, result.flag, result.comment):
            assert squeezed(printed) in page, (result, printed)
        assert all(word in page for word in result.test_name.split()), result


@pytest.mark.parametrize("name", FORMS)
def test_the_same_seed_draws_the_same_report(name: str):
    """A report is its seed's, byte for byte."""
    assert make(FORMS[name], 91)[0] == make(FORMS[name], 91)[0]
