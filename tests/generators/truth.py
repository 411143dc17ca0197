"""What a generated report says, to compare a reading with."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthResult:
    """One result as printed.

    Attributes:
        test_name: The printed name, wrapped lines joined by a blank.
        loinc: The right code for this test in this unit and specimen.
        value: Characters of the value as printed, comparator included, flag excluded.
        unit: Unit as printed, empty when the report prints none.
        reference: Reference range as printed, wrapped lines joined by a blank.
        flag: Flag as printed (``H``, ``*``, arrow...), empty when none.
        interpretation: Table 0078 code the value deserves (N, L, H, LL, HH, A), empty where nothing says.
        section: Heading the row stands under, empty when the report has none.
        page: Page number from 1.
        status: Table 0085 status.
        comment: Remark printed under the result, empty when none.
    """

    test_name: str
    loinc: str
    value: str
    unit: str
    reference: str
    flag: str
    interpretation: str
    section: str
    page: int
    status: str = "F"
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthPatient:
    """The patient block; ``birth_date`` ISO."""

    family: str
    given: str
    mrn: str
    birth_date: str
    sex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A whole report; times are ISO to the minute, local to the lab."""

    layout: str
    language: str
    pages: int
    patient: TruthPatient
    lab_name: str
    accession: str
    collected: str
    received: str
    reported: str
    status: str
    results: tuple[TruthResult, ...]

    def to_json(self) -> str:
        """The truth as JSON with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
