"""An ADT message to what it says of each patient: who they are, merges, links, deletions.

Source: HL7 v2.5.1 chapter 3 (events A01 to A62, table 0003), chapter 3.4.2 (PID), 3.4.9 (MRG).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from engine.domain import register
from engine.domain.patient import Identifier
from engine.domain.register import Key, PatientNews
from engine.hl7v2.er7 import Er7Message, Segment
from engine.hl7v2.errors import TimeError
from engine.hl7v2.times import Hl7Time
from engine.mapping import patient_in

_PRESENT = frozenset({
    "A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A09", "A10", "A11", "A12", "A13", "A14", "A15", "A16",
    "A21", "A22", "A25", "A26", "A27", "A28", "A31", "A32", "A33", "A38", "A52", "A53", "A54", "A55", "A60", "A61",
    "A62",
})  # fmt: skip
"""Events whose PID describes the patient as of now."""
_MERGES = frozenset({"A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"})
"""Events that retire the number in MRG in favour of the one in PID; a changed number (A46, A47) is no other thing."""
_OF_VISITS = frozenset({"A17", "A19", "A20", "A23", "A35", "A41", "A42", "A44", "A45", "A49", "A50", "A51"})
"""Events about beds, visits and accounts; they do not change who a patient is."""
_LINK, _UNLINK, _DELETE = "A24", "A37", "A29"
_OTHER_THINGS = frozenset({
    "AN", "ANC", "ANT", "BA", "BC", "BR", "CC", "DL", "EI", "EN", "GI", "HC", "JHN", "LN", "MA", "MC", "MCR", "NH",
    "NI", "PEN", "PPN", "SR", "SS", "U", "VN", "WC", "XX",
})  # fmt: skip
"""Types of table 0203 that are no number of a patient, even where the directory's own authority gives them."""
_CLOCKS_DIFFER = timedelta(hours=26)
"""The farthest zone, east of UTC by 14 hours, and a clock that is fast."""
_EARLIEST_YEAR = 1900


class UnclearAdt(Exception):
    """The message cannot be applied as a whole; says what is missing and where, never what is there.

    Attributes:
        what: one sentence for a person.
        field: the place, `PID-3`.
    """

    log_safe = True

    def __init__(self, what: str, field: str) -> None:
        super().__init__(f"{field}: {what}")
        self.what = what
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class AdtContext:
    """What the message itself does not say.

    Attributes:
        authority: whose a bare number is.
        message_id: what it was received under; ids sort by arrival.
        now: aware; a message from the future would never be replaced by a later one and is refused.
    """

    authority: str = ""
    message_id: str = ""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """What all news of one message share."""

    around: AdtContext
    at: datetime
    sent: datetime | None

    def news(self, key: Key, said: dict[str, str]) -> PatientNews:
        return PatientNews(key=key, said=said, at=self.at, sent=self.sent, tie=self.around.message_id)


def is_adt(message: Er7Message) -> bool:
    """Whether the message is about patients at all (MSH-9)."""
    return message.header.message_code == "ADT"


def event_of(message: Er7Message) -> str:
    """The trigger event: MSH-9.2, or EVN-1 where a sender of 2.1 or 2.2 leaves it out."""
    msh, evn = message.first("MSH"), message.first("EVN")
    return (msh.value(9, 2) if msh else "").strip() or (evn.value(1).strip() if evn else "")


def read(message: Er7Message, around: AdtContext) -> tuple[PatientNews, ...]:
    """Everything the message says of patients; empty when its event says nothing of who a patient is.

    Raises:
        UnclearAdt: a time or a number is missing, or the event cannot be applied; the sender got its AA before.
    """
    event = event_of(message)
    if event in _OF_VISITS:
        return ()
    pids = message.all("PID")
    if not pids:
        raise UnclearAdt("the message names no patient", "PID")
    frame = _frame(message, around)
    if event in _MERGES:
        return tuple(_merges(message, frame))
    if event in (_LINK, _UNLINK):
        return tuple(_linked(pids, frame, value=register.YES if event == _LINK else ""))
    if event != _DELETE and event not in _PRESENT:
        raise UnclearAdt("this event is not known, or moves numbers between patients", "EVN-1")
    if len(pids) > 1:
        raise UnclearAdt("the message names more than one patient", "PID")
    key = _key(pids[0], frame.around)
    return (frame.news(key, {register.REMOVED: register.YES} if event == _DELETE else _facts(pids[0], key)),)


def _frame(message: Er7Message, around: AdtContext) -> _Frame:
    evn, msh = message.first("EVN"), message.first("MSH")
    recorded, sent = (_time(evn.value(2)) if evn else None), (_time(msh.value(7)) if msh else None)
    at = recorded or sent
    if at is None:
        raise UnclearAdt("neither EVN-2 nor MSH-7 is a date and time of HL7", "EVN-2")
    if _at_latest(at) > around.now + _CLOCKS_DIFFER:
        raise UnclearAdt("the message was recorded in the future", "EVN-2")
    return _Frame(around=around, at=at, sent=sent)


def _time(text: str) -> datetime | None:
    try:
        found = Hl7Time.parse(text.strip()).floor()
    except TimeError:
        return None
    return found if found.year >= _EARLIEST_YEAR else None


def _at_latest(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _merges(message: Er7Message, frame: _Frame) -> list[PatientNews]:
    """Each MRG retires its numbers in favour of the PID before it.

    The survivor is said to be alive, so that a merge taken back by the opposite one leaves no circle.
    """
    found: list[PatientNews] = []
    pid: Segment | None = None
    for segment in message.segments:
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG":
            if pid is None:
                raise UnclearAdt("an MRG stands before any PID", "MRG")
            found += _merge(pid, segment, frame)
    if not found:
        raise UnclearAdt("a merge without an MRG", "MRG")
    return found


def _merge(pid: Segment, mrg: Segment, frame: _Frame) -> list[PatientNews]:
    survivor = _key(pid, frame.around)
    retired = [key for key in _retired(mrg, frame.around) if key != survivor]
    if not retired:
        raise UnclearAdt("the number that is retired is missing, or is the surviving one", mrg.location(1))
    gone = {register.MERGED_INTO: register.key_fact(survivor)}
    return [
        frame.news(survivor, {**_facts(pid, survivor), register.MERGED_INTO: ""}),
        *(frame.news(key, gone) for key in retired),
    ]


def _retired(mrg: Segment, around: AdtContext) -> list[Key]:
    """MRG-1 holds the internal numbers; MRG-4 the external one, alone in merges by external number (A39)."""
    found = patient_in.identifiers(mrg, 1) or patient_in.identifiers(mrg, 4)
    return [
        (item.value, item.authority or around.authority) for item in found if _rank(item, around.authority) is not None
    ]


def _linked(pids: Sequence[Segment], frame: _Frame, *, value: str) -> list[PatientNews]:
    keys = [_key(pid, frame.around) for pid in pids]
    if len(set(keys)) < 2:
        raise UnclearAdt("a link takes two patients", "PID")
    return [
        frame.news(key, {**_facts(pid, key), **{register.link_name(o): value for o in keys if o != key}})
        for key, pid in zip(keys, pids, strict=True)
    ]


def _key(pid: Segment, around: AdtContext) -> Key:
    """The record's number: one of the directory's own authority, else the first patient number."""
    given = patient_in.read(pid).identifiers
    ranked = [(rank, item) for item in given if (rank := _rank(item, around.authority)) is not None]
    if not ranked:
        raise UnclearAdt("no number that names a patient here (MR, PI, or one of `default_authority`)", pid.location(3))
    _, first = min(ranked, key=itemgetter(0))
    return first.value, first.authority or around.authority


def _rank(item: Identifier, authority: str) -> int | None:
    """How well a number names a record here, the lowest best; None for a visit's, an account's, a nation's."""
    if item.is_patient_number:
        return 0 if item.authority == authority or not authority else 1 if not item.authority else 3
    is_own = bool(authority) and item.authority == authority
    return 2 if is_own and item.type.upper() not in _OTHER_THINGS else None


def _facts(pid: Segment, key: Key) -> dict[str, str]:
    """What a PID says: fields that are absent say nothing, `""` takes away what was known."""
    person = patient_in.read(pid)
    said = {register.REMOVED: ""}
    if person.family or person.given:
        said[register.NAME] = register.name_fact(person.family, person.given, person.middle)
        said[register.ALIASES] = register.alias_fact(_aliases(pid, (person.family, person.given)))
    values = (
        (register.BIRTH_DATE, 7, person.birth_date),
        (register.SEX, 8, person.sex),
        (register.POSTCODE, 11, person.postcode),
        (register.PHONE, 13, person.phone),
        (register.DECEASED_DATE, 29, patient_in.iso_date(pid.value(29))),
    )
    said |= {name: value for name, field, value in values if value or pid.is_null(field)}
    alive = {register.DECEASED_DATE: "", register.DEAD: ""}
    dead = {register.DEAD: register.YES}
    indicator = pid.value(30).strip().upper()
    said |= dead if indicator == "Y" else alive if indicator == "N" or pid.is_null(30) else {}
    numbers = [item for item in person.identifiers if item.authority or item.value != key[0]]
    return {**said, **register.number_facts(key, numbers, whole=True)}


def _aliases(pid: Segment, own: tuple[str, str]) -> list[tuple[str, str]]:
    """Further repetitions of PID-5 (maiden names, aliases) and PID-9."""
    found = []
    for field in (5, 9):
        for number in range(1, len(pid.repetitions(field)) + 1):
            parts = (*pid.components(field, number), "", "")
            name = parts[0].split("&", 1)[0].strip(), parts[1].strip()
            if name != own and any(name):
                found.append(name)
    return found
