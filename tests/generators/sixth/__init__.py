"""The sixth set of forms, drawn apart from the reader.

Holds: eight invented laboratories' forms with the truth of what they print, their own names, units, ranges and codes.
May import: the sheet, the patients and the truth of the generators, what the forms of the fourth set share.
May touch: nothing.
Never: the engine or its parser; the truth must not depend on what is measured against it.
"""

from __future__ import annotations

from tests.generators.fourth.model import Form, make
from tests.generators.sixth import argentine, brazilian, french, german, italian, spanish

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        german.CHAIN,
        german.HOSPITAL,
        french.GROUP,
        french.HOSPITAL,
        italian.FORM,
        spanish.FORM,
        argentine.FORM,
        brazilian.FORM,
    )
}

__all__ = ["FORMS", "Form", "make"]
