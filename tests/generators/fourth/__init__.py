"""The fourth set of forms, drawn apart from the reader.

Holds: twelve invented laboratories' forms with the truth of what they print, their own names, units, ranges and codes.
May import: the sheet, the patients and the truth of the generators.
May touch: nothing.
Never: the engine or its parser; the truth must not depend on what is measured against it.
"""

from __future__ import annotations

from tests.generators.fourth import american, british, clinic, french, german, italian, letter, portuguese, spanish
from tests.generators.fourth.model import Form, make

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        british.FORM, american.FLOWSHEET, american.RECEIPT, clinic.FORM, spanish.FORM, french.FORM, letter.FORM, german.MVZ,
        german.SMALL, italian.FORM, portuguese.FORM, portuguese.CARDS,
    )
}  # fmt: skip

__all__ = ["FORMS", "Form", "make"]
