"""CDA: the narrative of its sections as lines and table rows, or the document of its own that a nonXMLBody holds.

What the narrative shows is what was signed; coded entries are handed on beside it. The header gives the patient.
Source: HL7 CDA R2, 4.3.4 (narrative block), `recordTarget`, `nonXMLBody` with `representation="B64"`.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from engine.documents.cda_entries import Entries
from engine.documents.flow import Flow
from engine.documents.markup import XmlRefused, walk_xml
from engine.documents.pages import OpenedPages, PageLimits
from engine.documents.sniff import CDA, sniff
from engine.documents.text import pages_of_text

OpenInner = Callable[[bytes], OpenedPages]
_MOST_BYTES = 96 << 20
_LABELS: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "en": ("Patient", "Patient ID", "DOB", "Sex"),
        "es": ("Paciente", "NHC", "Fecha de nacimiento", "Sexo"),
        "fr": ("Patient", "N° patient", "Date de naissance", "Sexe"),
        "de": ("Patient", "Patienten-Nr.", "Geburtsdatum", "Geschlecht"),
        "it": ("Paziente", "Codice paziente", "Data di nascita", "Sesso"),
        "pt": ("Paciente", "ID", "Data de nascimento", "Sexo"),
    }
)
_LINES = frozenset({"paragraph", "item", "list", "caption", "title", "br", "text"})
_PARENTS_OF_TITLE = frozenset({"section", "ClinicalDocument"})


@dataclass(slots=True)
class _Patient:
    """A recordTarget as far as it is told."""

    numbers: list[str] = field(default_factory=list)
    family: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    born: str = ""
    sex: str = ""

    def lines(self, labels: tuple[str, str, str, str]) -> list[str]:
        name = ", ".join(filter(None, (" ".join(self.family), " ".join(self.given))))
        born = f"{self.born[:4]}-{self.born[4:6]}-{self.born[6:8]}" if self.born[:8].isdigit() and self.born[7:] else ""
        told = (name, " ".join(self.numbers[:1]), born, self.sex)
        return [f"{label}: {value}" for label, value in zip(labels, told, strict=True) if value]


class _Reader:
    """Writes narrative into a flow and keeps what else the document is made of."""

    def __init__(self) -> None:
        self.flow = Flow()
        self.patients: list[_Patient] = []
        self.language = ""
        self.body: list[str] = []
        self.body_told: Mapping[str, str] | None = None
        self.entries = Entries()
        self._path: list[str] = []
        self._narrative = 0

    def start(self, name: str, told: Mapping[str, str]) -> None:
        parent = self._path[-1] if self._path else ""
        self._path.append(name)
        if self._narrative or self._opens_narrative(name, parent):
            self._narrative += 1
            self._start_narrative(name, told)
        elif name == "text" and parent == "nonXMLBody":
            self.body_told = told
        elif name == "languageCode" and parent == "ClinicalDocument":
            self.language = told.get("code", "")
        elif name == "recordTarget":
            self.patients.append(_Patient())
        elif "entry" in self._path:
            self.entries.start(self._path, told)
        elif "recordTarget" in self._path:
            self._start_patient(name, parent, told)

    @staticmethod
    def _opens_narrative(name: str, parent: str) -> bool:
        return (name == "text" and parent == "section") or (name == "title" and parent in _PARENTS_OF_TITLE)

    def _start_narrative(self, name: str, told: Mapping[str, str]) -> None:
        if name in _LINES:
            self.flow.end_line(forced=name == "br")
        elif name == "table":
            self.flow.start_table()
        elif name == "tr":
            self.flow.start_row()
        elif name in ("td", "th"):
            spans = (told.get(name, "1").strip() for name in ("colspan", "rowspan"))
            columns, rows = (int(text) if text.isdecimal() and 0 < len(text) < 4 else 1 for text in spans)
            self.flow.start_cell()
            self.flow.shape_cell(columns=columns, rows=rows)
        elif name == "sup":
            self.flow.raised = True

    def _start_patient(self, name: str, parent: str, told: Mapping[str, str]) -> None:
        patient = self.patients[-1]
        if name == "id" and parent == "patientRole" and told.get("extension"):
            patient.numbers.append(told["extension"])
        elif name == "birthTime" and parent == "patient":
            patient.born = told.get("value", "")
        elif name == "administrativeGenderCode" and parent == "patient":
            patient.sex = told.get("code", "") if told.get("code") in ("F", "M") else ""

    def end(self, name: str) -> None:
        self._path.pop()
        if not self._narrative:
            self.entries.end(name)
            return
        self._narrative -= 1
        if name in _LINES:
            self.flow.end_line()
        elif name in ("td", "th"):
            self.flow.end_cell()
        elif name == "tr":
            self.flow.end_row()
        elif name == "table":
            self.flow.end_table()
        elif name == "sup":
            self.flow.raised = False

    def text(self, data: str) -> None:
        if self._narrative:
            self.flow.write(" ".join(data.replace("\t", " ").split("\n")))
        elif self._path[-2:] == ["nonXMLBody", "text"]:
            self.body.append(data)
        elif "entry" in self._path:
            self.entries.text(self._path, data)
        elif self._path[-3:-1] == ["patient", "name"] and self._path[-1] in ("family", "given") and data.strip():
            patient = self.patients[-1]
            (patient.family if self._path[-1] == "family" else patient.given).append(data.strip())


def open_cda(data: bytes, limits: PageLimits, open_inner: OpenInner) -> OpenedPages:
    """Read a CDA document.

    Args:
        data: the document; one with a document type or entities is refused.
        limits: how much of it is read.
        open_inner: opens the document in a nonXMLBody.

    Returns:
        Pages of words: those of the inner document, or the header's patient and the narrative. A body that is only
        referred to, cannot be decoded, or is a CDA document again, gives `document.unreadable`.
    """
    if len(data) > _MOST_BYTES:
        return OpenedPages(media_type=CDA, reason_code="document.too_large")
    reader = _Reader()
    try:
        walk_xml(data, start=reader.start, end=reader.end, text=reader.text)
    except XmlRefused:
        return OpenedPages(media_type=CDA, reason_code="document.unreadable")
    if reader.body_told is not None:
        return _inner(reader.body_told, "".join(reader.body), open_inner)
    labels = _LABELS.get(reader.language[:2].casefold(), _LABELS["en"])
    head = [line for patient in reader.patients for line in patient.lines(labels)]
    opened = pages_of_text("\n".join([*head, "", reader.flow.text()]), limits, CDA)
    return replace(opened, entries=tuple(reader.entries.found))


def _inner(told: Mapping[str, str], text: str, open_inner: OpenInner) -> OpenedPages:
    unreadable = OpenedPages(media_type=CDA, reason_code="document.unreadable")
    data = _decoded(told, text)
    media_type = sniff(data) if data else ""
    if data is None or media_type in ("", CDA):
        return replace(unreadable, notes=("nonXMLBody without a document",))
    opened = open_inner(data)
    return replace(opened, media_type=CDA, notes=(*opened.notes, f"nonXMLBody: {media_type}"))


def _decoded(told: Mapping[str, str], text: str) -> bytes | None:
    if told.get("representation", "TXT").upper() != "B64":
        return text.encode("utf-8")
    try:
        return binascii.a2b_base64("".join(text.split()).encode("ascii"), strict_mode=True)
    except (ValueError, UnicodeEncodeError):
        return None
