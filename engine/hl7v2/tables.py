"""HL7 tables the engine decides by; small on purpose, unknown codes are never an error.

Source: HL7 v2 chapter 2 (0008, 0125, 0155, 0357, 0516), chapter 4 (0123) and chapter 7 (0078, 0085).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ACK_CODES: Mapping[str, str] = MappingProxyType(
    {
        "AA": "application accept",
        "AE": "application error",
        "AR": "application reject",
        "CA": "commit accept",
        "CE": "commit error",
        "CR": "commit reject",
    }
)
"""Table 0008, MSA-1."""

ACK_CONDITIONS: Mapping[str, str] = MappingProxyType(
    {"AL": "always", "NE": "never", "ER": "error or reject only", "SU": "success only"}
)
"""Table 0155, MSH-15 and MSH-16."""

MESSAGE_ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "0": "Message accepted",
        "100": "Segment sequence error",
        "101": "Required field missing",
        "102": "Data type error",
        "103": "Table value not found",
        "104": "Value too long",
        "198": "Non-conformant cardinality",
        "199": "Other HL7 error",
        "200": "Unsupported message type",
        "201": "Unsupported event code",
        "202": "Unsupported processing id",
        "203": "Unsupported version id",
        "204": "Unknown key identifier",
        "205": "Duplicate key identifier",
        "206": "Application record locked",
        "207": "Application internal error",
    }
)
"""Table 0357, ERR-3."""

SEVERITIES: Mapping[str, str] = MappingProxyType({"E": "error", "W": "warning", "I": "information", "F": "fatal error"})
"""Table 0516, ERR-4."""

OBSERVATION_STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "A": "amended",
        "B": "appended",
        "C": "correction, replaces a final result",
        "D": "deletes the observation",
        "F": "final",
        "I": "specimen in the lab, result pending",
        "N": "not asked",
        "O": "order detail only, no result",
        "P": "preliminary",
        "R": "entered, not verified",
        "S": "partial",
        "U": "changed to final without sending the result again",
        "V": "verified",
        "W": "wrong, for instance the wrong patient",
        "X": "cannot be obtained",
    }
)
"""Table 0085, OBX-11."""

REPORT_STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "A": "some results available",
        "C": "correction of a final report",
        "F": "final",
        "I": "specimen in the lab, procedure incomplete",
        "M": "corrected, not final",
        "N": "procedure done, results pending",
        "O": "order received, no specimen yet",
        "P": "preliminary",
        "R": "stored, not verified",
        "S": "scheduled, no results yet",
        "X": "order cancelled",
        "Y": "no order on record",
        "Z": "no record of this patient",
    }
)
"""Table 0123, OBR-25."""

VALUE_TYPES: frozenset[str] = frozenset(
    {"AD", "CE", "CF", "CK", "CN", "CNE", "CP", "CWE", "CX", "DR", "DT", "DTM"}
    | {"ED", "FT", "HD", "ID", "IS", "MA", "MO", "NA", "NM", "NR", "PN", "RP"}
    | {"SN", "ST", "TM", "TN", "TS", "TX", "XAD", "XCN", "XON", "XPN", "XTN"}
)
"""Table 0125, OBX-2, all versions."""

TEXT_TYPES: frozenset[str] = frozenset({"ST", "TX", "FT"})
"""Value types whose OBX-5 is never split into components."""

INTERPRETATIONS: Mapping[str, str] = MappingProxyType(
    {
        "L": "below low normal",
        "H": "above high normal",
        "LL": "below lower panic limit",
        "HH": "above upper panic limit",
        "LU": "significantly low",
        "HU": "significantly high",
        "<": "below absolute low, off instrument scale",
        ">": "above absolute high, off instrument scale",
        "N": "normal",
        "A": "abnormal",
        "AA": "very abnormal",
        "U": "significant change up",
        "D": "significant change down",
        "B": "better",
        "W": "worse",
        "S": "susceptible",
        "R": "resistant",
        "I": "intermediate",
        "MS": "moderately susceptible",
        "VS": "very susceptible",
        "POS": "positive",
        "NEG": "negative",
        "IND": "indeterminate",
        "DET": "detected",
        "ND": "not detected",
        "RR": "reactive",
        "NR": "non-reactive",
        "WR": "weakly reactive",
        "IE": "insufficient evidence",
        "QCF": "quality control failure",
        "TOX": "cytotoxic substance present",
        "AC": "anti-complementary substances present",
        "SDD": "susceptible, dose dependent",
        "NS": "non-susceptible",
        "E": "equivocal",
        "EX": "outside threshold",
    }
)
"""Table 0078, OBX-8."""
