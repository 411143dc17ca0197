"""OBR, ORC and OBX to orders and observations, grouped by position as senders really place them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from engine.domain.order import Coded, Observation, Order, OrderNumber
from engine.hl7v2.er7 import Er7Message, Segment
from engine.hl7v2.escapes import Delimiters

STANDARD = Delimiters.of("|", "^~\\&")
# Their OBX-5 has no components: `&` and `^` there are text nobody escaped (nHapi#570).
_FLAT_TYPES = frozenset({"TX", "FT", "ST", ""})
_MISNAMED = MappingProxyType({"TXT": "TX", "NUM": "NM"})


_NOTHING = Coded()
_LONGEST_CODED = 256


@dataclass(slots=True)
class Observed:
    """An OBX, its value type (see `value_type`), and the NTE behind it."""

    obx: Segment
    kind: str
    notes: list[Segment] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """One order group while it is collected: its segments, in order."""

    orc: Segment | None = None
    obr: Segment | None = None
    txa: Segment | None = None
    timing: Segment | None = None
    notes: list[Segment] = field(default_factory=list)
    observations: list[Observed] = field(default_factory=list)


def collect(message: Er7Message) -> tuple[list[Group], list[str]]:
    """Cut the message into order groups; what is out of order is taken where it stands, with a note.

    A new group begins at ORC, at OBR when the group has one already, and at TXA. NTE belongs to what stands before it;
    those before any order are the patient's and not the orders'. OBX behind SPM describe the specimen, not a result,
    and stay in the raw message; but not documents, nor what comes where no result came before the SPM.

    Source: HL7 v2.5.1 chapter 7.3.1 (ORU^R01), chapter 9.6 (MDM); senders put OBX before any OBR (hl7.md 4.1).
    """
    groups: list[Group] = []
    notes: list[str] = []
    in_specimen = False
    for segment in message.segments:
        name = segment.name
        if name in ("ORC", "OBR", "TXA"):
            in_specimen = False
            _open_group(groups, segment)
        elif name == "TQ1" and groups:
            groups[-1].timing = segment
        elif name == "SPM":
            in_specimen = bool(groups and groups[-1].observations)
        elif name == "OBX" and in_specimen and value_type(segment) not in ("ED", "RP"):
            notes.append(f"specimen observation {segment.location()} not read as a result")
        elif name == "OBX":
            _add_observation(groups, segment, notes)
        elif name == "NTE" and groups and not in_specimen:
            _add_note(groups[-1], segment)
    return groups, notes


def _open_group(groups: list[Group], segment: Segment) -> None:
    last = groups[-1] if groups else None
    if segment.name == "ORC":
        groups.append(Group(orc=segment))
    elif segment.name == "OBR":
        if last is None or last.obr is not None or last.txa is not None or last.observations:
            groups.append(Group(obr=segment))
        else:
            last.obr = segment
    elif last is not None and last.txa is None and not last.observations:
        last.txa = segment
    else:
        groups.append(Group(txa=segment))


def _add_observation(groups: list[Group], segment: Segment, notes: list[str]) -> None:
    if not groups:
        groups.append(Group())
        notes.append(f"{segment.location()} stands before any OBR")
    groups[-1].observations.append(Observed(segment, value_type(segment)))


def _add_note(group: Group, segment: Segment) -> None:
    if group.observations:
        group.observations[-1].notes.append(segment)
    else:
        group.notes.append(segment)


def patient_notes(message: Er7Message) -> tuple[str, ...]:
    """NTE between PID and the first order, in standard separators."""
    found: list[str] = []
    for segment in message.segments:
        if segment.name in ("ORC", "OBR", "OBX", "TXA"):
            break
        if segment.name == "NTE":
            found.append(line(segment))
    return tuple(found)


def order(
    group: Group, observations: tuple[Observation, ...], *, notes: Sequence[Segment] = (), status: str = ""
) -> Order:
    """One order with the discrete observations that were chosen for it.

    Args:
        group: its segments.
        observations: its discrete observations.
        notes: further NTE to keep with the order (they stood behind a document).
        status: OBX-11 of its document, used where the order itself has no status.

    Source: OBR-2/3 beat ORC-2/3 where both are sent; TXA-14/15 stand in for an MDM without OBR.
    """
    obr, txa = group.obr, group.txa
    return Order(
        placer_order_number=_number((obr, 2), (group.orc, 2), (txa, 14)),
        filler_order_number=_number((obr, 3), (group.orc, 3), (txa, 15)),
        service=coded(obr, 4) if obr else coded(txa, 2) if txa else _NOTHING,
        orc=line(group.orc) if group.orc else "",
        obr=line(obr) if obr else "",
        collected_at=obr.value(7) if obr else "",
        received_at=obr.value(14) if obr else "",
        reported_at=(obr.value(22) if obr else "") or (txa.value(6) or txa.value(7) if txa else ""),
        report_status=(obr.value(25) if obr else "") or (_status_of_document(txa.value(17)) if txa else status),
        ordering_provider=field_text(obr, 16) if obr else "",
        priority=_priority(group),
        observations=observations,
        note_lines=tuple(line(item) for item in (*group.notes, *notes)),
    )


def _number(*places: tuple[Segment | None, int]) -> OrderNumber:
    for segment, field_number in places:
        if segment is not None and segment.value(field_number).strip():
            return OrderNumber(
                number=segment.value(field_number).strip(),
                namespace=segment.value(field_number, 2).strip(),
                er7=field_text(segment, field_number),
            )
    return OrderNumber()


def _status_of_document(completion: str) -> str:
    """TXA-17 (table 0271) as a report status: authenticated is final, everything before is preliminary."""
    return "F" if completion.upper() in ("AU", "LA") else "P" if completion else ""


def _priority(group: Group) -> str:
    """`S` for a STAT order: OBR-27.6 or TQ1-9 (tables 0485 and the older quantity/timing)."""
    word = group.timing.value(9) if group.timing else ""
    word = word or (group.obr.value(27, 6) or group.obr.value(5) if group.obr else "")
    return "S" if word.strip().upper() in ("S", "STAT", "A") else ""


def coded(segment: Segment, field_number: int) -> Coded:
    """A CE or CWE field, both triplets."""
    text = segment.caret(field_number)
    if text is not None and len(text) <= _LONGEST_CODED:
        return _coded(text) if text else _NOTHING
    parts = segment.components(field_number)
    if not parts:
        return _NOTHING
    return _triplets(parts)


def _triplets(parts: tuple[str, ...]) -> Coded:
    code, text, system, alternate_code, alternate_text, alternate_system, *_ = (*map(str.strip, parts), *[""] * 5)
    return Coded(
        code=code,
        text=text,
        system=system,
        alternate_code=alternate_code,
        alternate_text=alternate_text,
        alternate_system=alternate_system,
    )


@lru_cache(maxsize=4096)  # a lab's tests and units come again with every message
def _coded(text: str) -> Coded:
    return _triplets(tuple(text.split("^")))


def observation(item: Observed, *, is_result: bool) -> Observation:
    """One OBX as a discrete observation; its line is kept for passing on."""
    obx = item.obx
    return Observation(
        location=obx.location(),
        code=coded(obx, 3),
        sub_id=obx.value(4),
        value_type=item.kind,
        values=_values(obx, item.kind),
        unit=coded(obx, 6),
        reference_range=" ".join(obx.texts(7)),
        interpretation=_first_components(obx, 8),
        status=obx.value(11),
        is_result=is_result,
        er7=line(obx),
        note_lines=tuple([line(note) for note in item.notes]),
    )


def value_type(obx: Segment) -> str:
    """OBX-2, upper case; wrong shapes seen: `CWE^^HL70125`, `TXT`, `NUM`."""
    word = obx.value(2).strip().upper()
    return _MISNAMED.get(word, word)


def _values(obx: Segment, kind: str) -> tuple[str, ...]:
    """OBX-5, one text a repetition; components in standard separators whatever the sender's are."""
    if kind in _FLAT_TYPES or obx.plain(5) is not None:
        return obx.texts(5)
    return tuple("^".join(obx.components(5, number)) for number, _ in enumerate(obx.repetitions(5), start=1))


def _first_components(obx: Segment, field_number: int) -> tuple[str, ...]:
    """Of every repetition."""
    if obx.plain(field_number) is not None:
        return obx.texts(field_number)
    return tuple(
        obx.value(field_number, repetition=number) for number, _ in enumerate(obx.repetitions(field_number), start=1)
    )


def line(segment: Segment) -> str:
    """The segment as one line in standard separators; its escape sequences keep their letters."""
    return segment.line(STANDARD)


def field_text(segment: Segment, field_number: int) -> str:
    """One field in standard separators, with all its repetitions and components."""
    fields = line(segment).split("|")
    return fields[field_number] if field_number < len(fields) else ""
