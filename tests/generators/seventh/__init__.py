"""The seventh set of forms, drawn apart from the reader.

Holds: six invented laboratories' forms with the truth of what they print, their own names, units, ranges and codes.
May import: the sheet, the patients and the truth of the generators, what the forms of the fourth set share.
May touch: nothing.
Never: the engine or its parser; the truth must not depend on what is measured against it.
"""

from __future__ import annotations

from tests.generators.fourth.model import Form, make
from tests.generators.seventh import american, australian, colombian, french, german, portuguese

FORMS: dict[str, Form] = {
    form.name: form
    for form in (american.FORM, australian.FORM, german.FORM, french.FORM, colombian.FORM, portuguese.FORM)
}

__all__ = ["FORMS", "Form", "make"]
