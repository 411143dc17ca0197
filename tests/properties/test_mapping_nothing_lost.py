"""Whatever order a sender puts its segments in, everything it said arrives at the EHR."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.dossier import Dossier
from engine.domain.outcome import plan_release
from engine.hl7v2.er7 import parse
from engine.mapping.oru_out import OruOptions, build
from engine.ports.content import Content
from tests.support.dossiers import MATCHED, NOW
from tests.support.examples import examples
from tests.support.lab_messages import PDF, TIFF, b64, ed, message

_KINDS = ("orc", "obr", "nte", "nm", "st", "remark", "pdf", "tiff", "text", "spm")


def _segments(kinds: list[str]) -> list[str]:
    """One segment (or a block of lines) a kind, each with words of its own."""
    made: list[str] = []
    for n, kind in enumerate(kinds, 1):
        made += {
            "orc": [f"ORC|RE|P{n}|F{n}"],
            "obr": [f"OBR|{n}|P{n}|F{n}|X{n}^Panel^L|||20260301"],
            "nte": [f"NTE|1|L|note {n}"],
            "nm": [f"OBX|{n}|NM|N{n}^Number^L||{n}.5|mg/dL|1-9|N|||F"],
            "st": [f"OBX|{n}|ST|S{n}^Virus^L||answer {n}||||||F"],
            "remark": [f"OBX|{n}|TX|R{n}^Remark^L||remark {n}||||||F"],
            "pdf": [ed(PDF + bytes([n]), n)],
            "tiff": [ed(TIFF + bytes([n]), n)],
            "text": [f"OBX|{n}|TX|T{n}^Report^L||text {n} line {line}||||||F" for line in range(4)],
            "spm": [f"SPM|{n}|||BLD"],
        }[kind]
    return made


def _said(segments: list[str]) -> set[str]:
    """Every word of the message that must be found again: notes, values, files."""
    told: set[str] = set()
    in_specimen = results = False
    for line in segments:
        fields = line.split("|")
        if fields[0] in ("ORC", "OBR"):
            in_specimen, results = False, False
        elif fields[0] == "SPM":
            in_specimen = results
        elif fields[0] == "OBX" and (fields[2] == "ED" or not in_specimen):
            told.add(fields[5].split("^")[-1])
            results = True
        elif fields[0] == "NTE" and not in_specimen:
            told.add(fields[3])
    return told


@settings(deadline=None, max_examples=examples(150))
@given(kinds=st.lists(st.sampled_from(_KINDS), min_size=1, max_size=9))
def test_everything_said_arrives(kinds: list[str]) -> None:
    """Each note, value and file of the message is in what leaves, once the patient is certain."""
    segments = _segments(kinds)
    found = Content(message(*segments)).decoded
    dossier = Dossier(
        inbound=found.inbound, documents=tuple(item.document for item in found.documents), patient=MATCHED
    )  # fmt: skip
    if not any(line.startswith("OBX") for line in segments):
        return
    sent = build(
        dossier=dossier, documents={item.document.sha256: item for item in found.documents}, release=plan_release(dossier),
        control_id="C1", built_at=NOW, options=OruOptions(),
    ).decode()  # fmt: skip
    texts = [item.data.decode() for item in found.documents if item.document.media_type == "text/plain"]
    assert {word for word in _said(segments) if word not in sent and not any(word in text for text in texts)} == set()
    assert all(b64(item.data) in sent for item in found.documents)
    assert len(parse(sent.encode()).all("PID")) == 1
