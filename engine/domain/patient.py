"""A person as a message, a document or the directory describes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_PATIENT_NUMBERS = frozenset({"", "MR", "MRN", "PI", "PT", "PN"})
"""Table 0203 types under which a hospital's patient number is sent; empty where the sender says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """One patient identifier: value, who assigned it (CX.4), and its type (table 0203: MR, PI, SS ...)."""

    value: str
    authority: str = ""
    type: str = ""

    @property
    def is_patient_number(self) -> bool:
        """A hospital's own number for a patient, by its type; a visit, an account or a national number is none."""
        return self.type.upper() in _PATIENT_NUMBERS

    def known_as(self, default_authority: str) -> tuple[str, str]:
        """Value and authority for comparing; only a patient number takes the default for a missing authority."""
        authority = self.authority or (default_authority if self.is_patient_number else f"({self.type})")
        return self.value, authority.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demographics:
    """What a source says of a person; everything may be missing.

    Attributes:
        identifiers: every identifier given, in order.
        family: family name as given, all parts in one text.
        given: first given name; `middle` holds the further ones.
        birth_date: ISO text in the precision given: `1968`, `1968-05` or `1968-05-12`; empty when unknown.
        sex: `F M O U A N` as given in PID-8, or empty.
    """

    identifiers: tuple[Identifier, ...] = ()
    family: str = ""
    given: str = ""
    middle: str = ""
    birth_date: str = ""
    sex: str = ""
    phone: str = ""
    postcode: str = ""

    @property
    def is_empty(self) -> bool:
        """True when nothing that could name a person is known."""
        return not (self.identifiers or self.family or self.given or self.birth_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherName:
    """A further name the directory knows a patient by: before marriage, in daily use, an alias."""

    family: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRecord:
    """One patient of the hospital's directory; the only source of an outgoing PID.

    Attributes:
        merged_into: the number the patient goes by now, where this record is no longer used.
        other_names: further names; they help to find and to doubt, and never count as much as the name itself.
        registered: false for somebody only other hospitals of a shared index know: shown to a person, never matched.
    """

    mrn: str
    assigning_authority: str = ""
    family: str = ""
    given: str = ""
    middle: str = ""
    birth_date: str = ""
    sex: str = ""
    identifiers: tuple[Identifier, ...] = ()
    phone: str = ""
    postcode: str = ""
    deceased_date: str = ""
    merged_into: str = ""
    other_names: tuple[OtherName, ...] = ()
    registered: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """What tells records apart: a number is one authority's."""
        return self.mrn, self.assigning_authority

    def numbers(self, default_authority: str) -> frozenset[tuple[str, str]]:
        """Every (value, authority) the record goes by, for comparing."""
        own = self.mrn, (self.assigning_authority or default_authority).casefold()
        return frozenset((own, *(item.known_as(default_authority) for item in self.identifiers)))


class Decision(StrEnum):
    """What matching decided."""

    MATCH = "match"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One field's part in a decision: `outcome` is agree, close, differ or missing; `weight` in bits."""

    field: str
    outcome: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The decision on who the patient is, with its evidence.

    Attributes:
        decision: match, review or none.
        record: the directory's record; set for `match`, and for `review` when there is a best candidate.
        score: 0..1, how probable the best candidate is the person.
        step: which step decided: `identifier`, `demographics`, `message` (no directory asked) or `person`.
        reason_code: for `review` and `none`, the reason code to show; empty for a match.
    """

    decision: Decision
    record: PatientRecord | None = None
    score: float = 0.0
    step: str = ""
    evidence: tuple[Evidence, ...] = ()
    reason_code: str = ""
    candidates: tuple[str, ...] = ()
