"""Discrete results: one OBX per test, in the ways vendors code and type them."""

from __future__ import annotations

from tests.generators.content import Report, Row, Section
from tests.generators.messages import Dialect, Envelope, escape, join, msh, order_segments, pid


def _identifier(row: Row, coding: str) -> str:
    """OBX-3: ``first`` LOINC triplet first, ``second`` LOINC after the local code, ``local`` no LOINC."""
    local = f"{row.key.upper().replace('_', '')}^{escape(row.name)}^L"
    loinc = f"{row.loinc}^{escape(row.name)}^LN"
    return {"first": f"{loinc}^{local}", "second": f"{local}^{loinc}", "local": local}[coding]


def _plain(value: str, decimal: str, thousands: str) -> str:
    text = value.replace(thousands, "") if thousands else value
    return text.replace(decimal, ".")


def _typed_value(row: Row, report: Report) -> tuple[str, str]:
    """OBX-2 and OBX-5."""
    value = _plain(row.value, report.style.decimal, report.style.thousands) if not row.choice else row.value
    if row.choice and value[:1].isdigit() and ":" in value:
        low, high = value.split(":")
        return "SN", f"^{low}^:^{high}"
    if row.choice and value[:1].isdigit() and "-" in value:
        low, high = value.split("-")
        return "SN", f"^{low}^-^{high}"
    if value[:1] in "<>" and ":" not in value:
        return "SN", f"{value[0]}^{value[1:]}"
    if row.choice and report.style.language == "en" and value.isalpha():
        return "CWE", f"{value[:3].upper()}^{escape(value)}^L"
    return ("ST", escape(value)) if row.choice else ("NM", value)


def result_obx(row: Row, report: Report, number: int, *, coding: str, status: str) -> str:
    """One OBX with units, range, table 0078 flag and status."""
    kind, value = _typed_value(row, report)
    flag = "" if row.interpretation in {"", "N"} else row.interpretation
    reference = escape(_plain(row.reference, report.style.decimal, report.style.thousands))
    fields = [
        "OBX",
        str(number),
        kind,
        _identifier(row, coding),
        "",
        value,
        escape(row.unit),
        reference,
        flag,
        "",
        "",
        row.status or status,
    ]
    return "|".join(fields)


def _section(
    section: Section, report: Report, dialect: Dialect, envelope: Envelope, *, number: int, coding: str
) -> list[str]:
    code = f"{section.panel.upper()}^{escape(section.title)}^L"
    code = f"{section.loinc}^{escape(section.title)}^LN^{code}" if section.loinc else code
    status = "F" if envelope.status == "C" else envelope.status  # only what changed is a correction
    rows = [result_obx(row, report, n, coding=coding, status=status) for n, row in enumerate(section.rows, 1)]
    return [*order_segments(dialect, envelope, number, code), *rows]


def oru_discrete(
    dialect: Dialect,
    envelope: Envelope,
    report: Report,
    *,
    coding: str = "first",
    note: str = "",
    extra: tuple[str, ...] = (),
) -> bytes:
    """An ORU^R01 with one OBR per panel and one OBX per result; ``note`` becomes an NTE after the first result."""
    segments = [msh(dialect, envelope, "ORU^R01"), pid(dialect, envelope.patient), "PV1|1|O"]
    for number, section in enumerate(report.sections, 1):
        group = _section(section, report, dialect, envelope, number=number, coding=coding)
        if note and number == 1:
            group.insert(2 + dialect.orc, f"NTE|1|L|{escape(note)}")
        segments += group
    return join([*segments, *extra], dialect)
