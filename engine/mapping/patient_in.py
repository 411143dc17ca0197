"""PID to Demographics: every identifier given, the name as sent, dates in the precision sent."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.domain.patient import Demographics, Identifier
from engine.hl7v2.er7 import Segment

_DATE = re.compile(r"^(\d{4})(?:-?(\d{2}))?(?:-?(\d{2}))?")


def read(pid: Segment) -> Demographics:
    """The person of one PID segment.

    Source: HL7 v2.5.1 chapter 3.4.2; PID-2 and PID-4 hold identifiers in messages of 2.1 to 2.3, PID-19 a national one.
    """
    names = _legal_name(pid)
    return Demographics(
        identifiers=_identifiers(pid),
        family=_at(names, 0).split("&", 1)[0].strip(),
        given=_at(names, 1).strip(),
        middle=_at(names, 2).strip(),
        birth_date=iso_date(pid.value(7)),
        sex=pid.value(8).strip().upper(),
        phone=_phone(pid),
        postcode=pid.value(11, 5).strip(),
    )


def _legal_name(pid: Segment) -> tuple[str, ...]:
    """PID-5: the repetition marked as the legal name (table 0200), else the first; aliases and maiden names repeat."""
    repeats = [pid.components(5, number) for number, _ in enumerate(pid.repetitions(5), start=1)]
    return next((parts for parts in repeats if _at(parts, 6).strip().upper() == "L"), repeats[0] if repeats else ())


def _at(parts: tuple[str, ...], index: int) -> str:
    return parts[index] if index < len(parts) else ""


def _identifiers(pid: Segment) -> tuple[Identifier, ...]:
    found: list[Identifier] = []
    for field in (3, 2, 4):
        alone = not found
        for number in range(1, len(pid.repetitions(field)) + 1):
            item = _identifier(pid.components(field, number))
            # Beside a PID-3, bare numbers of PID-2 (external) and PID-4 (alternate) are nobody's we know.
            unspecified = field != 3 and not alone and not item.authority and not item.type
            _add(found, replace(item, type="U") if unspecified else item)
    national = pid.value(19).strip()
    if national:
        _add(found, Identifier(value=national, type="SS"))
    return tuple(found)


def identifiers(segment: Segment, field: int) -> tuple[Identifier, ...]:
    """The identifiers of any field of CX, MRG-1 say, in order."""
    found: list[Identifier] = []
    for number in range(1, len(segment.repetitions(field)) + 1):
        _add(found, _identifier(segment.components(field, number)))
    return tuple(found)


def _add(found: list[Identifier], item: Identifier) -> None:
    if item.value and all((item.value, item.authority) != (known.value, known.authority) for known in found):
        found.append(item)


def _identifier(parts: tuple[str, ...]) -> Identifier:
    """A CX; some senders put the type (`MR`) into CX.4 and leave CX.5 empty.

    An authority without a name is its universal id (an OID): somebody's number, and surely not a bare one.
    """
    value, kind = _at(parts, 0).strip(), _at(parts, 4).strip()
    name, _, universal = _at(parts, 3).partition("&")
    authority = name.strip() or universal.split("&", 1)[0].strip()
    if not kind and authority in {"MR", "MRN", "PI", "SS", "AN", "PT"}:
        return Identifier(value=value, type="MR" if authority == "MRN" else authority)
    return Identifier(value=value, authority=authority, type=kind)


def _phone(pid: Segment) -> str:
    return (pid.value(13) or pid.value(13, 12) or pid.value(13, 7)).strip()


def iso_date(value: str) -> str:
    """`19680512…` to `1968-05-12`, `196805` to `1968-05`, `1968` to `1968`; anything else to an empty text.

    Some senders write the dashes themselves. Never invents precision; a time behind the date is dropped.
    """
    found = _DATE.match(value.strip())
    if found is None:
        return ""
    year, month, day = found.groups()
    if month is not None and not 1 <= int(month) <= 12:
        return ""
    if day is not None and not 1 <= int(day) <= 31:
        return ""
    return "-".join(part for part in (year, month, day) if part is not None)
