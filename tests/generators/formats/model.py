"""What the forms of the set share: content as the fourth set draws it, written as another kind of file than a PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.generators.fourth import model as fourth
from tests.generators.fourth.model import Case, Test
from tests.generators.sheet import Sheet
from tests.generators.truth import Truth

RTF, HTML, TEXT, HL7 = "application/rtf", "text/html", "text/plain", "x-application/hl7-v2+er7"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SUPERSCRIPTS = {"⁰": "0", "¹": "1", "²": "2", "³": "3", "⁶": "6", "⁹": "9"}
"""Raised digits and what they are set as: a document raises plain digits, the truth names the sign that is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A laboratory's form: what it says, and how it is written as a file of ``media_type``.

    ``write`` gives the bytes and the number of pages, which begin at form feeds and at page breaks set by hand only.
    """

    says: fourth.Form
    write: Callable[[Case], tuple[bytes, int]]
    media_type: str

    @property
    def name(self) -> str:
        """Key of the form."""
        return self.says.name

    @property
    def language(self) -> str:
        """Language of the report."""
        return self.says.language


def _no_sheet(_sheet: Sheet, _case: Case) -> None:
    """No form of this set is drawn on a sheet."""


def says(
    name: str,
    language: str,
    lab: str,
    accession: str,
    sections: tuple[tuple[str, tuple[Test, ...]], ...],
    *,
    series: str = "formats",
    **habits: object,
) -> fourth.Form:
    """What a form says: its laboratory, its tests, and its habits of printing; the set ``series`` seeds its numbers."""
    return fourth.Form(
        name=name, language=language, lab=lab, accession=accession, sections=sections, draw=_no_sheet, series=series,
        **habits,  # type: ignore[arg-type]
    )  # fmt: skip


def make(form: Form, seed: int) -> tuple[bytes, Truth]:
    """A report as the bytes that are sent and its truth."""
    case = fourth.compose(form.says, seed)
    data, pages = form.write(case)
    return data, fourth.truth_of(case, pages)
