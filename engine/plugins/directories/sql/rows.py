"""From rows of a foreign database to patient records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from engine.domain.patient import Identifier, OtherName, PatientRecord
from engine.mapping.patient_in import iso_date

Row = Mapping[str, object]
REQUIRED = frozenset({"mrn", "family", "given", "birth_date"})
_SEXES = frozenset("FMOUAN")


def missing_columns(names: Sequence[str]) -> list[str]:
    """Columns that a query must name and does not."""
    return sorted(REQUIRED - {name.casefold() for name in names})


def records(rows: Sequence[Row], default_authority: str) -> dict[tuple[str, str], PatientRecord]:
    """One record a number; further rows of the same number add their identifiers and names."""
    found: dict[tuple[str, str], PatientRecord] = {}
    for row in rows:
        record = _record(row, default_authority)
        known = found.get(record.key)
        found[record.key] = _joined(known, record) if known is not None else record
    return found


def _record(row: Row, default_authority: str) -> PatientRecord:
    cells = defaultdict(str, {name.casefold(): _text(value) for name, value in row.items()})
    sex = cells["sex"].upper()
    return PatientRecord(
        mrn=cells["mrn"],
        assigning_authority=cells["assigning_authority"] or default_authority,
        family=cells["family"],
        given=cells["given"],
        middle=cells["middle"],
        birth_date=_date(cells["birth_date"]),
        sex=sex if sex in _SEXES else "",
        identifiers=tuple(_identifiers(cells["identifiers"])),
        phone=cells["phone"],
        postcode=cells["postcode"],
        deceased_date=_date(cells["deceased_date"]),
        merged_into=cells["merged_into"],
        registered=bool(cells["mrn"]),
    )


def _joined(known: PatientRecord, other: PatientRecord) -> PatientRecord:
    """What the row of a join adds. Two birth dates under one number are nobody's: neither counts as known."""
    more = tuple(item for item in other.identifiers if item not in known.identifiers)
    name = OtherName(family=other.family, given=other.given)
    is_new = (other.family, other.given) != (known.family, known.given) and name not in known.other_names
    return replace(
        known,
        identifiers=known.identifiers + more,
        other_names=known.other_names + ((name,) if is_new else ()),
        registered=known.registered and known.birth_date == other.birth_date,
        merged_into=known.merged_into or other.merged_into,
        deceased_date=known.deceased_date or other.deceased_date,
    )


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case date():
            return value.isoformat()[:10]
        case float() if value.is_integer():
            return str(int(value))
        case Decimal():
            return format(value, "f")
        case bytes():
            return value.decode("utf-8", "replace").strip()
        case _:
            return str(value).strip()


def _date(text: str) -> str:
    """ISO; what is no date stays as it is, agrees with none, and so goes to a person."""
    return iso_date(text) or text


def _identifiers(text: str) -> list[Identifier]:
    """`authority:value` separated by `;`; a value without an authority names nobody and is left out."""
    parts = [item.strip().partition(":") for item in text.split(";")]
    return [Identifier(value=value.strip(), authority=name.strip()) for name, _, value in parts if value.strip()]
