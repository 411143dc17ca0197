"""The patient, the laboratory and the times of a report, from its labelled values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from engine.documents.pages import Word
from engine.domain.report import PrintedIdentifier, ReportHeader, ReportLab, ReportPatient
from engine.extraction.dates import PrintedDate, parse_date
from engine.extraction.folding import fold
from engine.extraction.labels import Labelled, is_labelled_line, label_key, name_like
from engine.extraction.layout import Line
from engine.extraction.packs.model import Language
from engine.extraction.person import sex_of, starred_birth

_DOCTOR = re.compile(r"^dra?\.?\s|,?\s(?:md|m\.d\.|do|np|pa-c|facp|fcap|phd)\.?$", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_TITLES = re.compile(
    r"^(?:mr|mrs|ms|miss|mx|sr|sra|srta|d|dña|dna|don|doña|master|baby of|monsieur|madame"
    r"|mademoiselle|mme|mlle|m|herrn?|frau|sig|sigra|sig\.ra|dott|dott\.ssa)\.?\s+",
    re.IGNORECASE,
)
_AGE = re.compile(r"\d{1,3}\s*(?:[a-zA-Zñáéíóú]+\.?)?(?:\s*\d{1,2}\s*[a-zA-Z]+)?")
_TAIL = re.compile(r"\s*[(\[|].*$")
_TYPES = (
    (re.compile(r"nhs|health card|sip|cip|tarjeta|rut|nass"), "NH"),
    (re.compile(r"dni|nif|nie|curp|cedula|documento"), "NI"),
    (re.compile(r"mrn|medical|hospital|nhc|histori|unit|chart|uhid|med rec|mr no|mr #|exped"), "MR"),
)
_PARTICLES = frozenset({"de", "del", "della", "di", "da", "lo", "la", "li"})
_BRACKET = re.compile(r"\(([^()]{3,30})\)\s*$")
_TITLE_WORDS = (
    "report", "results", "informe", "reporte", "resultados", "copy", "services", "servicio",
    "referto", "befund", "compte rendu", "laudo",
)  # fmt: skip
_NO_TITLE = frozenset(
    {
        "lab",
        "laboratory",
        "report",
        "results",
        "patient",
        "final",
        "test",
        "informe",
        "resultados",
        "de",
        "laboratorio",
        "copy",
        "page",
        "the",
    }
)
_ADDRESS = re.compile(
    r"^\d+\s+[A-Z][A-Za-z]{2,}|\b\d{4,6}\b|^(?:c/|calle|av|avda|avenida|paseo|plaza|cra|carrera)\b|,\s*\d+\b|[A-Za-z]\.?,\s+[A-Z]",
    re.IGNORECASE,
)
_POSTAL = re.compile(r"\d\D*,.*\b\d{4,6}\b|\b\d{5}\b.*\d{2}[ .-]?\d{2}")
_LAB_WORDS = re.compile(
    r"\b(lab|labs|laborator\w*|patholog\w*|diagnos\w*|hospital|clinic\w*|medical|health\w*|cl[ií]nica|analisis|centro|labor\w*|centre|ospedale|hopital|krankenhaus|klinik\w*|analisi|analises|mvz)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the labelled values of a document say."""

    patient: ReportPatient
    patient_count: int
    lab: ReportLab
    times: ReportHeader


def read_header(
    found: Sequence[Labelled], lines: Sequence[Line], top: Sequence[Line], language: Language, order: str
) -> Header:
    """Read the header fields of a document.

    Args:
        found: the labelled values of all pages.
        lines: the lines of all pages.
        top: the lines of the first page above its first table.
        language: words and date order.
        order: the document's own date order, or empty.
    """
    patient = _patient(found, top, language, order)
    return Header(
        patient=patient,
        patient_count=max(count_patients(found, language, order), 1 if patient.name else 0),
        lab=_lab(found, top, patient.name, language),
        times=ReportHeader(
            collected_at=_date_of(found, "collected", language, order)[0],
            received_at=_date_of(found, "received", language, order)[0],
            reported_at=_date_of(found, "reported", language, order)[0]
            or _date_of(found, "printed", language, order)[0],
            status=_status(found, lines, language),
            ordering_provider=_first_text(found, "provider"),
        ),
    )


def _values(found: Sequence[Labelled], key: str) -> list[Labelled]:
    return [item for item in found if item.key == key and item.words]


def _first_text(found: Sequence[Labelled], key: str) -> str:
    return next((item.text for item in _values(found, key) if item.text.strip(" -:")), "")


def _patient(found: Sequence[Labelled], top: Sequence[Line], language: Language, order: str) -> ReportPatient:
    name = _name_text(found)
    labelled = bool(name)
    name = name or _name_above(found, top, language)
    family, given, sure = split_name(name, language)
    birth, guessed = _date_of(found, "birth_date", language, order)
    if not birth:
        birth, guessed = _date_of(found, "birth_sex", language, order)
    birth = birth or starred_birth(top, language, order)
    sex = sex_of(found, top, language, name)
    confidence = 0.97 if name and birth else 0.6 if name or birth else 0.0
    if guessed:
        confidence = min(confidence, 0.7)
    if name and not sure:
        confidence = min(confidence, 0.85)
    if name and not labelled:
        confidence = min(confidence, 0.75)
    return ReportPatient(
        name=name,
        family=family,
        given=given,
        identifiers=_identifiers(_of_first(found)),
        birth_date=birth[:10],
        sex=sex,
        age=_age(found),
        confidence=confidence,
    )


def _name_text(found: Sequence[Labelled]) -> str:
    names = [_clean_name(item.text) for item in _values(found, "patient_name")]
    names = list(dict.fromkeys(name for name in names if name))
    family, given = _first_text(found, "family"), _first_text(found, "given")
    if family and (given or not names):
        return f"{family}, {given or names[0]}" if given or names else family
    if given and len(names) == 1 and "," not in names[0] and fold(given) not in fold(names[0]):
        return f"{names[0]}, {given}"  # `Nom: Le Guennec`, `Prénom: Éloïse`
    if family and names:
        return names[0] if fold(family) in fold(names[0]) else f"{family}, {names[0]}"
    return next((name for name in names if name_like(name)), names[0] if names else "")


def _name_above(found: Sequence[Labelled], top: Sequence[Line], language: Language) -> str:
    """A name without label: the cell above the birth date or the patient's number, at the same left edge."""
    for item in found:
        if item.key not in ("birth_date", "patient_id", "birth_sex"):
            continue
        above = [line for line in top if line.page == item.page and item.y0 - 50 < line.y0 < item.y0 - 2]
        for line in reversed(above):
            for cell in line.cells:
                if abs(cell.x0 - item.x0) >= 8 or _LAB_WORDS.search(cell.folded) or _DOCTOR.search(cell.text):
                    continue
                if name_like(cell.text) and not label_key(cell.text, language):
                    return _clean_name(cell.text)
    return ""


def _clean_name(text: str) -> str:
    name = _TAIL.sub("", text).strip(" ,;-")
    return "" if _DIGIT.search(name) or _DOCTOR.search(name) else _TITLES.sub("", name)


def split_name(name: str, language: Language) -> tuple[str, str, bool]:
    """Family name, given names without single-letter initials, and whether a comma made the split sure."""
    if "," in name:
        family, given = (part.strip() for part in name.split(",", 1))
        return family, _without_initials(given), True
    words = name.split()
    if len(words) < 2:
        return name, "", False
    shouted = [word for word in words if word.isupper() and len(word) > 1]
    if shouted and len(shouted) < len(words):  # `DUPONT Marie`, `Marie DUPONT`: the family name is in capitals
        return " ".join(shouted), " ".join(word for word in words if word not in shouted), False
    # `Cognome e nome`, and a French name all in capitals: the family name is printed first
    if language.code == "it" or (language.code == "fr" and len(shouted) == len(words)):
        own = 2 if len(words) > 2 and words[0].casefold() in _PARTICLES else 1
        return " ".join(words[:own]), " ".join(words[own:]), False
    if language.code == "es":
        own = 2 if len(words) == 4 else 1
        return " ".join(words[own:]), " ".join(words[:own]), False
    return words[-1], _without_initials(" ".join(words[:-1])), False


def _without_initials(given: str) -> str:
    words = given.replace(",", " ").split()
    kept = [word for word in words if len(word.strip(".")) > 1]
    return " ".join(kept or words)


def _of_first(found: Sequence[Labelled]) -> list[Labelled]:
    """The labelled values up to the page that names another patient than the first."""
    first = ""
    out: list[Labelled] = []
    for item in found:
        name = fold(_clean_name(item.text)) if item.key == "patient_name" and item.words else ""
        if name and first and not _same_name(name, first):
            return [kept for kept in out if kept.page < item.page] or out
        first = first or name
        out.append(item)
    return out


def _identifiers(found: Sequence[Labelled]) -> tuple[PrintedIdentifier, ...]:
    out: dict[str, PrintedIdentifier] = {}
    for item in _values(found, "patient_id"):
        value = id_text(item.words)
        label = fold(item.label)
        if value:
            type_ = next((name for pattern, name in _TYPES if pattern.search(label)), "")
            out.setdefault(value, PrintedIdentifier(value=value, type=type_, label=item.label))
    return tuple(out.values())


def id_text(words: Sequence[Word]) -> str:
    """An identifier: the first word with a digit, and digit groups that follow it (`943 476 5919`)."""
    texts = [word.text.strip(",;").rstrip(".") for word in words]
    start = next((i for i, text in enumerate(texts) if _DIGIT.search(text)), -1)
    if start < 0 or start > 2:
        return ""
    end = start + 1
    while end < len(texts) and texts[start].isdigit() and texts[end].isdigit() and len(texts[end]) <= 4:
        end += 1
    return " ".join(
        texts[max(start - (start > 0 and texts[start - 1].isupper() and len(texts[start - 1]) <= 4), 0) : end]
    )


def _date_of(found: Sequence[Labelled], key: str, language: Language, order: str) -> tuple[str, bool]:
    for item in _values(found, key):
        date = first_date([word.text for word in item.words], language, order)
        if date is not None:
            return date.iso, date.guessed and not order
    return "", False


def first_date(texts: Sequence[str], language: Language, order: str) -> PrintedDate | None:
    """The date at the start of some words (after at most two others), the longest form first."""
    for start in range(min(3, len(texts))):
        for end in range(min(len(texts), start + 7), start, -1):
            date = parse_date(" ".join(texts[start:end]), language, order)
            if date is not None:
                return date
    return None


def _age(found: Sequence[Labelled]) -> str:
    for key in ("age", "age_sex", "sex_age"):
        for item in _values(found, key):
            match = _AGE.search(item.text)
            if match:
                return match.group().strip()
    return ""


def _status(found: Sequence[Labelled], lines: Sequence[Line], language: Language) -> str:
    """The report's status: a correction banner first, then the labelled status, then a cell that is only a status."""
    banners = {
        status
        for line in lines
        if line.tokens & language.status_tokens
        for cell in line.cells
        if (len(line.cells) <= 3 or cell.text.endswith(")")) and (status := _banner(cell.text, language))
    }
    if "C" in banners:
        return "C"
    for item in _values(found, "status"):
        found_status = language.status.get(fold(item.text)) or language.status.get(fold(item.words[0].text))
        if found_status:
            return found_status
    return next((status for status in ("P", "F") if status in banners), "")


def _banner(text: str, language: Language) -> str:
    """The status a whole cell, or a bracket at its end, speaks of."""
    if len(text) > 60:
        return ""
    inner = _BRACKET.search(text)
    folded = fold(text.strip(" *#-=—"))
    status = language.status.get(folded) or (language.status.get(fold(inner.group(1)), "") if inner else "")
    if not status and " " in folded and text.strip(" *#-=—").isupper():
        status = next((s for word, s in language.status.items() if s == "C" and " " in word and word in folded), "")
    return status if status in ("F", "P", "C") else ""


def _lab(found: Sequence[Labelled], top: Sequence[Line], patient: str, language: Language) -> ReportLab:
    accession = ""
    for key in ("accession", "specimen", "order"):
        accession = accession or next(
            (v for item in _values(found, key) if (v := id_text(item.words)) and _id_like(v)), ""
        )
    named = next((item for item in _values(found, "lab") if item.text.strip() and not item.text[0].isdigit()), None)
    title = _letterhead(top, patient, language)
    address = _address(top[:14], title, language) if title else ""
    name = title or (named.text if named else "")
    confidence = (0.85 if accession else 0.7) if name else 0.0
    return ReportLab(name=name, accession=accession, address=address, confidence=confidence)


def _id_like(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 3


def _letterhead(top: Sequence[Line], patient: str, language: Language) -> str:
    """The lab's name: the largest print near the top, preferring words like `laboratory`."""
    best, best_score = "", 0.0
    for line in top[:12]:
        for cell in line.cells:
            text = cell.text
            letters = sum(c.isalpha() for c in text)
            if (
                len(text) < 4
                or ":" in text
                or letters < 0.6 * len(text)
                or text == patient
                or label_key(text, language)
            ):
                continue
            score = max(word.y1 - word.y0 for word in cell.words) * (1.5 if _LAB_WORDS.search(fold(text)) else 1.0)
            if text[-1] in ".,;" or set(cell.folded.split()) <= _NO_TITLE:
                continue
            if any(word in cell.folded for word in _TITLE_WORDS):
                score *= 0.5
            if _POSTAL.search(text):
                score *= 0.6  # an address names the laboratory at most besides
            if score > best_score * 1.02:
                best, best_score = text, score
    return best


def _address(top: Sequence[Line], title: str, language: Language) -> str:
    """Up to two cells with a number under the lab's name, as long as no labelled or other line comes between."""
    at = next((index for index, line in enumerate(top) if any(cell.text == title for cell in line.cells)), len(top))
    name = next((cell for line in top[at : at + 1] for cell in line.cells if cell.text == title), None)
    kept: list[str] = []
    for line in top[at + 1 : at + 5] if name else ():
        under = [cell for cell in line.cells if name and (cell.x0 < name.x1 + 40 and cell.x1 > name.x0 - 40)]
        if not under or is_labelled_line(line, language) or label_key(under[0].text, language):
            break
        if _ADDRESS.search(under[0].text):
            kept.append(under[0].text)
    return ", ".join(kept[:2])


def count_patients(found: Sequence[Labelled], language: Language, order: str) -> int:
    """How many different patients the labelled values name, over all pages."""
    names: list[str] = []
    for item in _values(found, "patient_name"):
        name = _clean_name(item.text)
        folded = fold(name)
        if name_like(name) and not any(_same_name(folded, known) for known in names):
            names.append(folded)
    by_label: dict[str, set[str]] = {}
    for item in _values(found, "patient_id"):
        value = id_text(item.words)
        if value:
            by_label.setdefault(fold(item.label), set()).add(fold(value).replace(" ", ""))
    most_ids = max((len(values) for values in by_label.values()), default=0)
    births = {
        date.iso
        for item in _values(found, "birth_date")
        if (date := first_date([word.text for word in item.words], language, order)) is not None
    }
    return max(len(names), most_ids, len(births), 1 if _values(found, "family") else 0)


def _same_name(a: str, b: str) -> bool:
    """Equal up to word order, left-out middle names and small misspellings."""
    left, right = set(a.split()), set(b.split())
    return left <= right or right <= left or fuzz.token_sort_ratio(a, b) >= 88
