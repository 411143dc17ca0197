"""One result read from a page as an OBX, and its comments as NTE."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.report import LabReport, Result
from engine.hl7v2.writer import Comp, FieldValue, MessageWriter, Rep

_TITRE = re.compile(r"^(?P<comparator>[<>]?=?)\s*1\s*:\s*(?P<number>\d+)$")
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A result that may leave; `preliminary` while others of its report wait for a person."""

    report: LabReport
    result: Result
    preliminary: bool = False


def write(writer: MessageWriter, items: Sequence[Outgoing], collected_at: str) -> int:
    """Write all results of one order; returns the number of OBX written.

    OBX-4 tells results of one code apart (blood and urine never share a code; a repeated test may).
    """
    seen: Counter[str] = Counter()
    for number, item in enumerate(items, start=1):
        code = item.result.loinc_code or local_code(item.result)
        seen[code] += 1
        writer.segment("OBX", _fields(number, str(seen[code]), item, collected_at))
        for comment_number, comment in enumerate(item.result.comments, start=1):
            writer.segment("NTE", {1: str(comment_number), 2: "L", 3: comment})
    return len(items)


def _fields(number: int, sub_id: str, item: Outgoing, collected_at: str) -> dict[int, FieldValue]:
    result, report = item.result, item.report
    kind, value = _value(result)
    return {
        1: str(number),
        2: kind if result.value else "",
        3: _code(result),
        4: sub_id,
        5: value,
        6: _unit(result),
        7: result.reference_range,
        8: result.interpretation,
        11: _status(item),
        14: collected_at or hl7_time(report.report.collected_at),
        17: Comp("", result.method) if result.method else "",
        23: report.lab.name,
    }


def _status(item: Outgoing) -> str:
    """OBX-11: what the page says of the result; a final one stays preliminary while its report is not complete."""
    status = item.result.status or "F"
    if status == "F" and item.report.report.status in ("C", "P"):
        status = item.report.report.status
    return "P" if status == "F" and item.preliminary else status


def local_code(result: Result) -> str:
    """A code for a test by its printed name: upper case letters and digits, at most 20 characters."""
    return re.sub(r"[^A-Z0-9]+", "_", result.test_name.upper()).strip("_")[:20] or "TEST"


def _code(result: Result) -> Comp:
    local = (local_code(result), result.test_name, "L")
    if not result.loinc_code:
        return Comp(*local)
    return Comp(result.loinc_code, result.loinc_name or result.test_name_en, "LN", *local)


def _unit(result: Result) -> FieldValue:
    """UCUM first with the printed unit beside it; the printed one alone when it has no UCUM form here."""
    if result.unit_ucum and result.unit_ucum != "1":
        same = result.unit == result.unit_ucum
        return Comp(result.unit_ucum, result.unit_ucum, "UCUM", *(() if same else (result.unit, result.unit, "L")))
    return Comp(result.unit) if result.unit else ""


def _value(result: Result) -> tuple[str, FieldValue]:
    """OBX-2 and OBX-5: NM for a plain number, SN for comparators and titres, text for the rest; digits as printed.

    Source: HL7 v2.5.1 chapter 2A.49 (NM), 2A.72 (SN).
    """
    titre = _TITRE.match(result.value.strip())
    if titre:
        return "SN", Comp(titre["comparator"], "1", ":", titre["number"])
    number = format(result.numeric_value, "f") if result.numeric_value is not None else ""
    if number and _NUMBER.match(number):
        if result.comparator:
            return "SN", Comp(result.comparator, number)
        return "NM", number
    if "\n" in result.value:
        return "TX", Rep(*result.value.split("\n"))
    return "ST", result.value


def hl7_time(iso: str) -> str:
    """`2026-03-02T08:15` to `202603020815`, in the precision it has; empty stays empty."""
    return re.sub(r"[-:T]", "", iso)
