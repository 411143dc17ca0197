"""A set of forms that are no PDF: RTF, HTML, DOCX, plain text and text in OBX, drawn apart from the reader.

Holds: invented laboratories' reports in the other formats hospitals receive, with the truth of what they print.
May import: the patients and the truth of the generators, what the forms of the fourth set share.
May touch: nothing.
Never: the engine or its parser; the truth must not depend on what is measured against it.
"""

from __future__ import annotations

from tests.generators.formats import (
    american,
    brazilian,
    british,
    canadian,
    cumulative,
    french,
    german,
    italian,
    reference,
    spanish,
)
from tests.generators.formats.model import Form, make

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        german.FORM, american.FORM, spanish.FORM, british.FORM, french.FORM, italian.FORM, reference.FORM, brazilian.FORM,
        cumulative.FORM, canadian.FORM,
    )
}  # fmt: skip

__all__ = ["FORMS", "Form", "make"]
