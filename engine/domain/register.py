"""What is known of each patient from messages that come twice, late and out of order.

A record is a set of facts, each with the stamp of the message that said it; a fact is replaced only by a newer one.
So the order in which messages are applied does not matter, nor how often: every order ends in the same record.

Source: HL7 v2.5.1 chapter 2.10.4 (a field that is absent says nothing, `""` takes the value away) and chapter 3.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.domain.patient import Identifier, OtherName, PatientRecord

Key = tuple[str, str]
"""Number and assigning authority: what tells records apart."""
Facts = Mapping[str, tuple[str, str]]
"""By name of the fact: the stamp of the message that said it, and the value; an empty value is one taken away."""

NAME, ALIASES, BIRTH_DATE, SEX, PHONE, POSTCODE = "name", "aliases", "birth_date", "sex", "phone", "postcode"
DECEASED_DATE, DEAD = "deceased_date", "dead"
"""The date of death, and that somebody died, which may come without a date."""
UNDATED_DEATH = "0001-01-01"
"""Stands for a death without a date: every specimen was collected later, so a person decides."""
MERGED_INTO, REMOVED = "merged_into", "removed"
_NUMBERS, _LINK = "numbers:", "link:"
_PLAIN = (BIRTH_DATE, SEX, PHONE, POSTCODE)
YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientNews:
    """What one message says of one patient.

    Attributes:
        key: the record it is about; it need not exist yet.
        said: by name of the fact; an empty value takes it away, a fact that is not there is not touched.
        at: when it was recorded (EVN-2, else MSH-7); without an offset the sender's local time.
        sent: when it was sent (MSH-7), as `at`; breaks ties.
        tie: breaks the last ties, the same at every repetition; message ids sort by arrival.
    """

    key: Key
    said: Mapping[str, str]
    at: datetime
    sent: datetime | None = None
    tie: str = ""


def fold(known: Facts, said: Mapping[str, str], stamp: str) -> dict[str, tuple[str, str]]:
    """The record with what was said, where it is newer; commutative, associative, and idempotent for one stamp."""
    return {**known, **{name: max(known.get(name, ("", "")), (stamp, value)) for name, value in said.items()}}


def record_of(key: Key, facts: Facts) -> PatientRecord:
    """The record as the directory shows it."""
    family, given, middle = _name(_value(facts, NAME))
    merged = successor(facts)
    return PatientRecord(
        mrn=key[0],
        assigning_authority=key[1],
        family=family,
        given=given,
        middle=middle,
        birth_date=_value(facts, BIRTH_DATE),
        sex=_value(facts, SEX),
        identifiers=tuple(_identifiers(facts)),
        phone=_value(facts, PHONE),
        postcode=_value(facts, POSTCODE),
        deceased_date=_value(facts, DECEASED_DATE) or (UNDATED_DEATH if _value(facts, DEAD) else ""),
        merged_into=merged[0] if merged else "",
        other_names=_other_names(facts),
    )


def is_removed(facts: Facts) -> bool:
    """Whether the record was deleted (A29) and nothing newer was said of the patient."""
    return _value(facts, REMOVED) == YES


def successor(facts: Facts) -> Key | None:
    """The record this one was merged into."""
    text = _value(facts, MERGED_INTO)
    return _key(text) if text else None


def links(facts: Facts) -> tuple[Key, ...]:
    """Records that are said to be the same person (A24), sorted."""
    return tuple(_key(name.removeprefix(_LINK)) for name in sorted(facts) if _is_set(facts, name, _LINK))


def name_fact(family: str, given: str, middle: str) -> str:
    """A name is one fact: a new family name without a given one is a new name."""
    return json.dumps([family, given, middle], ensure_ascii=False)


def alias_fact(names: Iterable[tuple[str, str]]) -> str:
    """The value of `ALIASES`."""
    return json.dumps(sorted({*names}), ensure_ascii=False)


def key_fact(key: Key) -> str:
    """The value of `MERGED_INTO`."""
    return json.dumps(key, ensure_ascii=False)


def link_name(key: Key) -> str:
    """The name of the fact that links a record to that one; its value is `YES` or empty."""
    return _LINK + key_fact(key)


def number_facts(key: Key, identifiers: Iterable[Identifier], *, whole: bool) -> dict[str, str]:
    """Identifiers besides the record's own number; those of one authority are one fact, others stay as known.

    Args:
        key: the record.
        identifiers: as given; without an authority those of one type are one fact.
        whole: the record's own authority was listed whole, as PID-3 lists it: what is not there is taken away.
    """
    groups: dict[str, list[tuple[str, str]]] = {_group(key[1], ""): []} if whole and key[1] else {}
    for item in identifiers:
        if (item.value, item.authority) != key:
            groups.setdefault(_group(item.authority, item.type), []).append((item.value, item.type))
    return {name: json.dumps(values, ensure_ascii=False) if values else "" for name, values in groups.items()}


def _group(authority: str, kind: str) -> str:
    return _NUMBERS + json.dumps([authority] if authority else ["", kind], ensure_ascii=False)


def facts_of(record: PatientRecord, key: Key) -> dict[str, str]:
    """What a row of a patient file says of the record of that key; an empty cell says nothing."""
    said = {name: getattr(record, name) for name in (*_PLAIN, DECEASED_DATE) if getattr(record, name)}
    if record.family or record.given:
        said[NAME] = name_fact(record.family, record.given, record.middle)
    if record.merged_into:
        said[MERGED_INTO] = key_fact((record.merged_into, key[1]))
    return {**said, **number_facts(key, record.identifiers, whole=False), REMOVED: ""}


def _value(facts: Facts, name: str) -> str:
    return facts[name][1] if name in facts else ""


def _is_set(facts: Facts, name: str, prefix: str) -> bool:
    return name.startswith(prefix) and bool(facts[name][1])


def _key(text: str) -> Key:
    number, authority = json.loads(text)
    return str(number), str(authority)


def _name(text: str) -> tuple[str, str, str]:
    if not text:
        return "", "", ""
    family, given, middle = json.loads(text)
    return str(family), str(given), str(middle)


def _other_names(facts: Facts) -> tuple[OtherName, ...]:
    text = _value(facts, ALIASES)
    return tuple(OtherName(family=family, given=given) for family, given in json.loads(text)) if text else ()


def _identifiers(facts: Facts) -> Iterable[Identifier]:
    for name in sorted(facts):
        if _is_set(facts, name, _NUMBERS):
            authority = str(json.loads(name.removeprefix(_NUMBERS))[0])
            for value, kind in json.loads(facts[name][1]):
                yield Identifier(value=value, authority=authority, type=kind)
