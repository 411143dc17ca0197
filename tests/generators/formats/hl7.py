"""Text as the segments of a message carry it."""

from __future__ import annotations

from tests.generators.fourth.model import Case

ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}


def escaped(text: str) -> str:
    """Text with the separators of the message escaped."""
    return "".join(ESCAPES.get(sign, sign) for sign in text)


def message(case: Case, observations: list[str], *, sender: str, charset: str, codec: str, version: str) -> bytes:
    """An ORU message of one order with these OBX."""
    who, stamp = case.patient, "%Y%m%d%H%M"
    family, given = escaped(who.family), escaped(who.given)
    segments = [
        rf"MSH|^~\&|{sender}|LAB|EPR|HOSP|{case.reported:%Y%m%d%H%M%S}||ORU^R01|{case.accession}-1|P|{version}||||||{charset}".rstrip("|"),
        f"PID|1||{who.mrn}^^^HOSP^MR||{family}^{given}||{who.birth_date:%Y%m%d}|{who.sex}",
        f"OBR|1||{escaped(case.accession)}|REP^Laboratory report^L|||{case.collected:{stamp}}|||||||{case.received:{stamp}}||||||||{case.reported:{stamp}}|||F",
        *observations,
    ]  # fmt: skip
    return ("\r".join(segments) + "\r").encode(codec)
