"""One result read from a page as an OBX, and its comments as NTE."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from engine.domain.order import Order
from engine.domain.report import LabReport, Result
from engine.hl7v2.writer import Comp, FieldValue, MessageWriter, Rep, Text

_STATUSES = MappingProxyType({"P": "P", "A": "F", "R": "R", "C": "C", "M": "C"})
"""OBR-25 (table 0123) of the message as OBX-11 (table 0085) of what its document says; all others leave it final."""
_CORRECTED = frozenset({"C", "M"})
_SEPARATORS = ".,' \u00a0\u202f\u2009\u2019"
_ISO = re.compile(r"^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?([+-]\d\d:?\d\d)?)?)?)?$")
_TITRE = re.compile(r"^(?P<comparator>[<>]?=?)\s*1\s*:\s*(?P<number>\d+)$")
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$")
_COMPARATORS = str.maketrans({"≤": "<=", "≥": ">="})
_THOUSAND = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A result that may leave.

    Attributes:
        report: where it was read.
        result: what was read.
        order_status: OBR-25 of the message, for pages that do not say whether they are final.
        preliminary: others of its report wait for a person.
        sub_id: OBX-4; counts all results of one code in the order, those that wait too, so that it never changes.
    """

    report: LabReport
    result: Result
    order_status: str = ""
    preliminary: bool = False
    sub_id: str = ""


def write(writer: MessageWriter, items: Sequence[Outgoing], collected_at: str, *, first: int = 1) -> None:
    """Write results of one order, set ids from `first` on."""
    for number, item in enumerate(items, start=first):
        writer.segment("OBX", _fields(number, item.sub_id, item, collected_at))
        for comment_number, comment in enumerate(item.result.comments, start=1):
            writer.segment("NTE", {1: str(comment_number), 2: "L", 3: Text(comment, multiline=True)})


def numbered(reports: Iterable[LabReport], order: Order) -> list[Outgoing]:
    """Every result read for an order with its OBX-4, without those the lab sent as discrete results itself.

    OBX-4 tells results of one code apart (blood and urine never share a code; a repeated test may).
    """
    sent = {item.code.in_system("LN") for item in order.observations if item.is_result} - {""}
    seen: Counter[str] = Counter()
    found: list[Outgoing] = []
    for report in reports:
        for result in report.results:
            if result.loinc_code in sent:
                continue
            code = result.loinc_code or local_code(result)
            seen[code] += 1
            found.append(Outgoing(report=report, result=result, sub_id=str(seen[code])))
    return found


def code_parts(result: Result) -> tuple[str, str, str]:
    """The first triplet of OBX-3, to be escaped where it is written."""
    if not result.loinc_code:
        return local_code(result), result.test_name, "L"
    return result.loinc_code, result.loinc_name or result.test_name_en, "LN"


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
    """OBX-11: what the page says of the result, else of the report, else what the message says of it.

    A corrected message is one whatever the page says. A final one stays preliminary while its report is not complete;
    one without a value cannot be final.
    """
    status = item.result.status or "F"
    if status == "F":
        said = item.order_status if item.order_status in _CORRECTED else item.report.report.status
        status = document_status(said or item.order_status)
    if status == "F" and not item.result.value:
        return "I"
    return "P" if status == "F" and item.preliminary else status


def document_status(report_status: str) -> str:
    """OBX-11 for content of a report with that status (OBR-25, or as printed)."""
    return _STATUSES.get(report_status, "F")


def local_code(result: Result) -> str:
    """A code for a test by its printed name: upper case letters and digits, at most 20 characters."""
    return re.sub(r"[^A-Z0-9]+", "_", result.test_name.upper()).strip("_")[:20] or "TEST"


def _code(result: Result) -> Comp:
    local = (local_code(result), result.test_name, "L")
    return Comp(*code_parts(result), *(local if result.loinc_code else ()))


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
    if result.numeric_value is not None and _is_printed(result.numeric_value, result):
        number = format(result.numeric_value, "f")
        return ("SN", Comp(result.comparator, number)) if result.comparator else ("NM", number)
    if "\n" in result.value:
        return "TX", Rep(*result.value.split("\n"))
    return "ST", result.value


def _is_printed(number: Decimal, result: Result) -> bool:
    """Whether the page shows this very number: a separator may only mean what it can mean, no digit may change.

    A reader's mistake (or a foreign extractor's) leaves as the printed text, never as another number.
    """
    printed = result.value.strip().replace("\u2212", "-")
    printed = printed.translate(_COMPARATORS).removeprefix(result.comparator or "").strip()
    text = format(number, "f")
    if not _NUMBER.match(text) or not printed:
        return False
    whole, _, decimals = text.removeprefix("+").partition(".")
    shape = "".join(char if char not in _SEPARATORS else " " for char in printed.removeprefix("+"))
    groups = shape.split(" ")
    if decimals:
        return groups[-1] == decimals and _is_grouped(groups[:-1], whole)
    return _is_grouped(groups, whole)


def _is_grouped(groups: Sequence[str], whole: str) -> bool:
    """The digits before the decimal sign, in one run or in thousands."""
    return "".join(groups) == whole and all(len(group) == _THOUSAND for group in groups[1:])


def hl7_time(iso: str) -> str:
    """`2026-03-02T08:15` to `202603020815`, in the precision it has; anything that is no ISO time to an empty text."""
    found = _ISO.match(iso)
    if found is None:
        return ""
    *digits, offset = found.groups(default="")
    return "".join(digits) + offset.replace(":", "")
