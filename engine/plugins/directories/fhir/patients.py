"""A Patient resource as the records it stands for.

Source: FHIR R4 Patient, HumanName, Identifier (use), and Patient.link (replaced-by).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from engine.domain.patient import Identifier, OtherName, PatientRecord

Resource = Mapping[str, Any]
_BIRTH = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_GENDERS = MappingProxyType({"male": "M", "female": "F", "other": "O", "unknown": "U"})
_NAME_USES = ("official", "usual", "", "temp", "maiden", "nickname", "old")
_NUMBER_USES = ("official", "usual", "", "secondary", "temp")
_REFERENCE = re.compile(r"(?:.*/)?(Patient/[A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?")
_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
NOT_IN_USE = "(not in use)"
"""In place of the survivor's number when a record is out of use and nobody says for whom."""
UNDATED_DEATH = "0001-01-01"
"""Dead, nobody says since when: whatever was collected was collected later, so a person looks."""


class UnreadablePatient(ValueError):
    """A Patient that is not as R4 says; no content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One resource.

    Attributes:
        reference: `Patient/id`; empty when the server gave no id.
        record: the patient.
        former: numbers that were this patient's and are out of use, each as a record merged into it.
        replaced_by: reference of the resource that took its place.
    """

    reference: str
    record: PatientRecord
    former: tuple[PatientRecord, ...] = ()
    replaced_by: str = ""


class PatientReader:
    """Reads resources of one server.

    Args:
        systems: identifier systems by authority.
        own: the authority whose numbers are this hospital's.
    """

    def __init__(self, systems: Mapping[str, str], own: str) -> None:
        self._authorities = {system: name for name, system in systems.items()}
        self._own = own

    def read(self, resource: Resource) -> Known:
        """The patient. Raises UnreadablePatient."""
        key = _text(resource, "id")
        reference = f"Patient/{key}" if key else ""
        numbers = _by_use(_objects(resource, "identifier"), (*_NUMBER_USES, "old"))
        current = [self._identifier(item) for item in numbers if _text(item, "use") != "old" and _text(item, "value")]
        own = [item for item in current if item.authority == self._own]
        record = self._described(resource, own, current, reference)
        replaced_by = _replaced_by(resource)
        if replaced_by or resource.get("active") is False:
            record = replace(record, merged_into=replaced_by or NOT_IN_USE)
        old = [self._identifier(item) for item in numbers if _text(item, "use") == "old"]
        return Known(reference=reference, record=record, former=self._former(record, old, own), replaced_by=replaced_by)

    def _described(
        self, resource: Resource, own: Sequence[Identifier], current: Sequence[Identifier], reference: str
    ) -> PatientRecord:
        number = own[0] if own else current[0] if current else Identifier(value=reference, authority="(none)")
        name, others = _names(resource)
        given = _strings(name, "given")
        return PatientRecord(
            mrn=number.value,
            assigning_authority=number.authority,
            family=_text(name, "family"),
            given=given[0] if given else "",
            middle=" ".join(given[1:]),
            birth_date=_birth_date(resource),
            sex=_GENDERS.get(_text(resource, "gender"), ""),
            identifiers=tuple(item for item in current if item != number),
            phone=_first(_objects(resource, "telecom"), "value", system="phone"),
            postcode=_first(_objects(resource, "address"), "postalCode"),
            deceased_date=_deceased(resource),
            other_names=tuple(others),
            registered=bool(own),
        )

    def _former(
        self, record: PatientRecord, old: Sequence[Identifier], own: Sequence[Identifier]
    ) -> tuple[PatientRecord, ...]:
        """Own numbers out of use, unless one is in use as well."""
        in_use = {item.value for item in own}
        values = dict.fromkeys(item.value for item in old if item.authority == self._own and item.value)
        return tuple(
            replace(record, mrn=value, merged_into=record.mrn, identifiers=())
            for value in values
            if own and value not in in_use
        )

    def _identifier(self, item: Resource) -> Identifier:
        system = _text(item, "system")
        kinds = item.get("type") or {}
        codings = _objects(kinds, "coding") if isinstance(kinds, dict) else []
        kind = next((_text(one, "code") for one in codings if _text(one, "system") == _TYPES), "")
        authority = self._authorities.get(system, system) or f"({kind or 'no system'})"
        return Identifier(value=_text(item, "value"), authority=authority, type=kind)


def _names(resource: Resource) -> tuple[Resource, list[OtherName]]:
    """The name to go by, and the others that tell something."""
    usable = [item for item in _objects(resource, "name") if _text(item, "family") or _strings(item, "given")]
    ordered = [item for item in _by_use(usable, _NAME_USES) if _text(item, "use") != "anonymous"]
    others = [
        OtherName(family=_text(item, "family"), given=next(iter(_strings(item, "given")), "")) for item in ordered[1:]
    ]
    return (ordered[0] if ordered else {}), list(dict.fromkeys(others))


def _by_use(items: Sequence[Resource], uses: Sequence[str]) -> list[Resource]:
    """In the order of the uses; one of an unknown use counts as one without."""
    places = {use: place for place, use in enumerate(uses)}
    return sorted(items, key=lambda item: places.get(_text(item, "use"), places[""]))


def _birth_date(resource: Resource) -> str:
    found = _text(resource, "birthDate")
    if found and not _BIRTH.fullmatch(found):
        raise UnreadablePatient("birthDate is no date")
    return found


def _deceased(resource: Resource) -> str:
    moment = _text(resource, "deceasedDateTime")[:10]
    if moment and not _BIRTH.fullmatch(moment):
        raise UnreadablePatient("deceasedDateTime is no date")
    return moment or (UNDATED_DEATH if resource.get("deceasedBoolean") is True else "")


def _replaced_by(resource: Resource) -> str:
    """Reference of the survivor of a merge."""
    for link in _objects(resource, "link"):
        if _text(link, "type") == "replaced-by":
            other = link.get("other")
            found = _REFERENCE.fullmatch(_text(other, "reference")) if isinstance(other, dict) else None
            return found[1] if found else NOT_IN_USE
    return ""


def _first(items: Sequence[Resource], key: str, *, system: str = "") -> str:
    """The value of the first item in use, one at home before others."""
    usable = [item for item in items if _text(item, "use") != "old" and (not system or _text(item, "system") == system)]
    ordered = sorted(usable, key=lambda item: _text(item, "use") != "home")
    return next((value for item in ordered if (value := _text(item, key))), "")


def _objects(holder: Resource, key: str) -> list[Resource]:
    found = holder.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise UnreadablePatient(f"{key} is no list of objects")
    return found


def _strings(holder: Resource, key: str) -> list[str]:
    found = holder.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(item is None or isinstance(item, str) for item in found):
        raise UnreadablePatient(f"{key} is no list of texts")
    return [item.strip() for item in found if item and item.strip()]


def _text(holder: Resource, key: str) -> str:
    found = holder.get(key)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise UnreadablePatient(f"{key} is no text")
    return found.strip()
