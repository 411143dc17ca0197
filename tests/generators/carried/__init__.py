"""A second set of forms that are no PDF: exports, e-mails, portals and prints, drawn apart from the reader.

Holds: invented laboratories' reports as HTML, RTF, DOCX, plain text and text in OBX, with the truth of what they print.
May import: the patients and the truth of the generators, what the forms of the fourth and the formats set share.
May touch: nothing.
Never: the engine or its parser; the truth must not depend on what is measured against it.
"""

from __future__ import annotations

from tests.generators.carried import cards, mailed, mainframe, message, richtext, template
from tests.generators.carried.model import Form, make

FORMS: dict[str, Form] = {
    form.name: form for form in (mailed.FORM, cards.FORM, richtext.FORM, template.FORM, mainframe.FORM, message.FORM)
}

__all__ = ["FORMS", "Form", "make"]
