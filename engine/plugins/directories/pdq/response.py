"""Answers of a supplier, checked before they are believed, and their PIDs as records.

Source: IHE ITI TF-2, 3.21.4.2 (RSP^K22) and 3.9.4.2 (RSP^K23); HL7 v2.5 chapter 5 for QAK and DSC, table 0208.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.domain.patient import Identifier, OtherName, PatientRecord
from engine.hl7v2.ack import Ack, AckError, read_ack
from engine.hl7v2.er7 import Er7Message, Segment, parse
from engine.hl7v2.errors import Er7Error
from engine.links.failures import CallFailed, Cause
from engine.mapping import patient_in
from engine.plugins.directories.pdq.query import Asked
from engine.plugins.directories.pdq.settings import PdqSettings

_ANSWERS = {"Q22": "K22", "Q23": "K23"}
_FOUND, _NOBODY = "OK", "NF"
_REFUSES_THE_QUESTION = frozenset({"100", "101", "102", "103", "104", "204", "205"})
_WRONG_PARTNER = frozenset({"200", "201", "202", "203"})
_UNKNOWN_KEY = "204"
_NAME_ORDER = ("L", "", "D", "B", "M", "N", "A", "C", "T")
_NOT_A_NAME = frozenset({"S", "U"})
_REASONABLE = 10**9
UNDATED_DEATH = "0001-01-01"
"""Dead, nobody says since when: whatever was collected was collected later, so a person looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A usable answer.

    Attributes:
        pids: the PID segments.
        pointer: DSC-1, where it goes on; empty at the end.
        hits: QAK-4, how many there are; 0 when not said.
        remaining: QAK-6, how many are still to come; 0 when not said.
    """

    pids: tuple[Segment, ...] = ()
    pointer: str = ""
    hits: int = 0
    remaining: int = 0


def read_reply(data: bytes, asked: Asked, control_id: str) -> Reply:
    """The answer to this very query.

    Raises:
        CallFailed: no answer to it, or one that says that it could not be answered.
    """
    ack = read_ack(data)
    try:
        message = parse(data)
    except Er7Error:
        raise CallFailed(Cause.WRONG_SHAPE) from None
    if ack is None:
        raise CallFailed(Cause.WRONG_SHAPE)
    qak = message.first("QAK")
    if ack.control_id != control_id.encode("ascii") or (qak is not None and qak.value(1) != asked.tag):
        raise CallFailed(Cause.NOT_OURS)
    status = qak.value(2).upper() if qak is not None else ""
    if not ack.accepted or status in {"AE", "AR"}:
        return _refused(ack, asked)
    header = message.header
    if header.message_code != "RSP" or header.trigger_event != _ANSWERS[asked.trigger] or qak is None:
        raise CallFailed(Cause.WRONG_SHAPE)
    return _whole(message, qak, status)


def check_cancelled(data: bytes, control_id: str) -> None:
    """The answer to a cancellation, whatever it says. Raises CallFailed when it is one to something else."""
    ack = read_ack(data)
    if ack is None or ack.control_id != control_id.encode("ascii"):
        raise CallFailed(Cause.NOT_OURS)


def _whole(message: Er7Message, qak: Segment, status: str) -> Reply:
    pids, dsc = message.all("PID"), message.first("DSC")
    if status not in {_FOUND, _NOBODY} or (status == _NOBODY and pids):
        raise CallFailed(Cause.WRONG_SHAPE)
    pointer = dsc.value(1) if dsc is not None else ""
    return Reply(pids=pids, pointer=pointer, hits=_number(qak.value(4)), remaining=_number(qak.value(6)))


def _refused(ack: Ack, asked: Asked) -> Reply:
    """What an error means. That nobody has a number is an answer; TF-2 3.9.4.2.2.6 has it as an error of QPD-3.1."""
    errors = [error for error in ack.errors if error.severity.upper() not in {"W", "I"}]
    if asked.trigger == "Q23" and errors and all(_nobody_has_it(error) for error in errors):
        return Reply()
    codes = {error.code for error in errors}
    if ack.code != "AR" and codes and codes <= _REFUSES_THE_QUESTION:
        raise CallFailed(Cause.QUESTION, status=int(min(codes)))
    raise CallFailed(Cause.CLIENT_ERROR if codes & _WRONG_PARTNER else Cause.SERVER)


def _nobody_has_it(error: AckError) -> bool:
    return (error.code, error.segment, error.field) == (_UNKNOWN_KEY, "QPD", 3) and error.component in {0, 1}


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < len(str(_REASONABLE))
    return int(text) if is_number else 0


class PidReader:
    """Reads PIDs of one supplier as records."""

    def __init__(self, settings: PdqSettings) -> None:
        self._own = settings.default_authority
        self._bare = settings.default_authority if settings.bare_is_own else "(none)"
        self._oids = settings.authorities
        self._by_oid = {oid: name for name, oid in settings.authorities.items() if oid}
        self._by_name = {name.casefold(): name for name in settings.authorities}

    def record(self, pid: Segment) -> PatientRecord | None:
        """The record; None for a PID without any number."""
        numbers = self.numbers(pid)
        if not numbers:
            return None
        own = [item for item in numbers if item.authority == self._own]
        number = own[0] if own else numbers[0]
        person = patient_in.read(pid)
        name, others = _names(pid)
        return PatientRecord(
            mrn=number.value,
            assigning_authority=number.authority,
            family=name.family,
            given=name.given,
            middle=person.middle if name.given == person.given else "",
            birth_date=person.birth_date,
            sex=person.sex,
            identifiers=tuple(item for item in numbers if item != number),
            phone=person.phone,
            postcode=person.postcode,
            deceased_date=_deceased(pid),
            other_names=others,
            registered=bool(own),
        )

    def numbers(self, pid: Segment) -> list[Identifier]:
        """PID-3 with the authorities as the configuration names them."""
        found = []
        for place in range(1, len(pid.repetitions(3)) + 1):
            parts = (*pid.components(3, place), "", "", "", "", "")
            if parts[0].strip():
                authority = self._authority(*(*parts[3].split("&"), "")[:2])
                found.append(Identifier(value=parts[0].strip(), authority=authority, type=parts[4].strip()))
        return list(dict.fromkeys(found))

    def own_numbers(self, pid: Segment) -> list[str]:
        """The values of this hospital's own numbers."""
        return [item.value for item in self.numbers(pid) if item.authority == self._own]

    def _authority(self, namespace: str, oid: str) -> str:
        """The OID decides where there is one: two hospitals may use one name."""
        namespace, oid = namespace.strip(), oid.strip()
        if oid in self._by_oid:
            return self._by_oid[oid]
        known = self._by_name.get(namespace.casefold(), "")
        if known and not (oid and self._oids[known]):
            return known
        return f"{namespace}&{oid}" if oid else namespace or self._bare


def _names(pid: Segment) -> tuple[OtherName, tuple[OtherName, ...]]:
    """The legal name, and the others that tell something. Source: table 0200."""
    found: list[tuple[int, OtherName]] = []
    for place in range(1, len(pid.repetitions(5)) + 1):
        parts = (*pid.components(5, place), *[""] * 7)
        kind = parts[6].strip().upper()
        name = OtherName(family=parts[0].split("&", 1)[0].strip(), given=parts[1].strip())
        if kind not in _NOT_A_NAME and (name.family or name.given):
            found.append((_NAME_ORDER.index(kind) if kind in _NAME_ORDER else len(_NAME_ORDER), name))
    names = [name for _, name in sorted(found, key=lambda item: item[0])]
    return (names[0] if names else OtherName()), tuple(dict.fromkeys(names[1:]))


def _deceased(pid: Segment) -> str:
    return patient_in.iso_date(pid.value(29)) or (UNDATED_DEATH if pid.value(30).strip().upper() == "Y" else "")


def merged_by_number(records: Sequence[PatientRecord]) -> tuple[tuple[PatientRecord, ...], bool]:
    """One record a number, and whether none of them was told in two ways."""
    found: dict[tuple[str, str], PatientRecord] = {}
    same = True
    for record in records:
        known = found.setdefault(record.key, record)
        same = same and replace(known, identifiers=()) == replace(record, identifiers=())
    return tuple(found.values()), same
