"""LOINC and UCUM for the discrete results a lab sent in its own codes: added where certain, the value never touched.

The lab's code and unit stay beside the added ones as the alternate triplet. Where a code would depend on something the
message does not say (the specimen), where a name is only similar, or where the alternate's place is taken, nothing
changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from engine.domain.order import Coded, Inbound, Observation, Order
from engine.extraction.codes import Match, Matcher, choose_code, specimen_in_name
from engine.extraction.packs.model import Code, Packs
from engine.hl7v2.escapes import Delimiters, escape

_CERTAIN = 100.0
_NUMBER = re.compile(r"^[<>]?=?\s*[+-]?\d+([.,]\d+)?$")
_STANDARD = Delimiters()
# OBR-15.1, tables 0070 and 0487.
_SPECIMENS = {
    "BLD": "blood", "WB": "blood", "SER": "serum", "PLAS": "serum", "PPP": "serum", "UR": "urine", "URN": "urine",
    "UR24H": "urine", "CSF": "csf", "STL": "stool",
}  # fmt: skip
_ELSEWHERE = ("urine", "csf", "stool")


def normalise(inbound: Inbound, packs: Packs) -> Inbound:
    """The same content with codes and units added where certain; every value, range, flag and status as sent."""
    matcher = Matcher(packs)
    return replace(inbound, orders=tuple(_order(item, matcher) for item in inbound.orders))


def _order(order: Order, matcher: Matcher) -> Order:
    specimen = _specimen(order)
    return replace(order, observations=tuple(_observation(item, specimen, matcher) for item in order.observations))


def _specimen(order: Order) -> str:
    fields = order.obr.split("|")
    source = re.split(r"[\^&]", fields[15])[0].strip().upper() if len(fields) > 15 else ""
    return _SPECIMENS.get(source, "other" if source else "")


def _observation(item: Observation, specimen: str, matcher: Matcher) -> Observation:
    if not item.is_result:
        return item
    ucum = _ucum(item.unit, matcher.packs)
    code = _code(item, ucum, specimen, matcher)
    fields = item.er7.split("|")
    if code is not None and len(fields) > 3:
        fields[3] = _triplets((code.loinc, code.name, "LN"), fields[3])
        item = replace(item, code=_with(item.code, code.loinc, code.name, "LN"))
    if ucum and item.unit.system != "UCUM" and not item.unit.alternate_code and len(fields) > 6:
        fields[6] = _triplets((ucum, ucum, "UCUM"), fields[6])
        item = replace(item, unit=_with(item.unit, ucum, ucum, "UCUM"))
    return replace(item, er7="|".join(fields))


def _ucum(unit: Coded, packs: Packs) -> str:
    """The UCUM code of the unit: the sender's own, or of the spelling it is sent in."""
    return unit.in_system("UCUM") or packs.units.ucum(unit.code or unit.text)


def _code(item: Observation, ucum: str, specimen: str, matcher: Matcher) -> Code | None:
    """The LOINC code to add, or None: there is one already, no room for the lab's own, or no certainty."""
    if item.code.in_system("LN") or item.code.alternate_code or specimen == "other":
        return None
    name = item.code.text or item.code.code
    match = _known(name, matcher)
    if match is None:
        return None
    told = specimen_in_name(name, matcher)
    if told and specimen and _place(told) != _place(specimen):
        return None
    specimen = specimen or told
    kind = _kind(item)
    unit = item.unit.code or item.unit.text

    def choose(where: str) -> Code | None:
        return choose_code(match, matcher.packs, ucum=ucum, unit=unit, specimen=where, kind=kind).code

    code = choose(specimen)
    if code is None or specimen:
        return code
    others = (choose(where) for where in _ELSEWHERE)
    return code if all(other is None or other.loinc == code.loinc for other in others) else None


def _place(specimen: str) -> str:
    return specimen if specimen in _ELSEWHERE else "blood"


def _known(name: str, matcher: Matcher) -> Match | None:
    """The analyte of a name that is known as it stands."""
    found = matcher.find(name) if name else None
    return found if found is not None and found.score >= _CERTAIN else None


def _kind(item: Observation) -> str:
    value = item.values[0] if item.values else ""
    if item.value_type == "SN":
        return "titre" if ":" in value else "numeric"
    return "numeric" if item.value_type == "NM" or _NUMBER.match(value.strip()) else "qualitative"


def _triplets(first: Sequence[str], sent: str) -> str:
    """The added triplet in front of the sent one, which stays in its own words; escaped for standard separators."""
    alternate = [*sent.split("^"), "", ""][:3]
    alternate[2] = alternate[2] or "L"
    return "^".join((*(escape(word, _STANDARD) for word in first), *alternate))


def _with(sent: Coded, code: str, text: str, system: str) -> Coded:
    return Coded(
        code=code, text=text, system=system,
        alternate_code=sent.code, alternate_text=sent.text, alternate_system=sent.system or "L",
    )  # fmt: skip
