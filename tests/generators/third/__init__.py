"""The third set of forms, drawn apart from the reader.

Holds: twelve invented laboratories' forms with the truth of what they print, their own names, units, ranges and codes.
May import: the sheet, the patients and the truth of the generators.
May touch: nothing.
Never: the engine or its parser; the truth must not depend on what is measured against it.
"""

from __future__ import annotations

from tests.generators.third import american, australian, british, french, german, italian, latin, modern, portuguese
from tests.generators.third.model import Form, make

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        american.FORM, british.FORM, australian.FORM, latin.FORM, latin.CARDS, french.FORM, german.FORM, italian.FORM,
        portuguese.WIDE, portuguese.BLOCKS, modern.BARS, modern.LETTER,
    )
}  # fmt: skip

__all__ = ["FORMS", "Form", "make"]
