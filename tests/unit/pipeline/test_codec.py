"""The dossier as JSON: what is encoded decodes to an equal dossier, and old ones still decode."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.document import Document
from engine.domain.dossier import Dossier, Gate
from engine.domain.order import Inbound
from engine.domain.patient import Decision, Demographics, Evidence, Identifier, Match, PatientRecord
from engine.domain.reasons import REASONS, Reason
from engine.domain.report import (
    LabReport,
    PreviousResult,
    PrintedIdentifier,
    Provenance,
    ReadDocument,
    ReportHeader,
    ReportPatient,
    Result,
    Section,
)
from engine.domain.version import Older
from engine.pipeline import codec
from engine.ports.content import Content
from tests.support.dossiers import dossier_of, report, result
from tests.support.examples import examples
from tests.support.lab_messages import NUMBER, OBR, PDF, ed, message

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_SHARE = st.floats(0, 1)
_POINT = st.floats(-1e4, 1e4)
_BOX = st.tuples(_POINT, _POINT, _POINT, _POINT)
_DECIMAL = st.one_of(st.none(), st.decimals(allow_nan=False, allow_infinity=False, places=3), st.just(Decimal("5.10")))
_REASONS = st.lists(st.builds(Reason, code=st.sampled_from(sorted(REASONS)), text=_TEXT, field=_TEXT), max_size=2).map(
    tuple
)


def _many(item: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(item, max_size=2).map(tuple)


_RESULT = st.builds(
    Result, id=_TEXT, test_name=_TEXT, value=_TEXT, comparator=st.one_of(st.none(), st.just("<")), numeric_value=_DECIMAL,
    reference_low=_DECIMAL, comments=_many(_TEXT), previous=_many(st.builds(PreviousResult, date=_TEXT, value=_TEXT)),
    confidence=_SHARE, field_confidence=st.dictionaries(_TEXT, _SHARE, max_size=2), review_reasons=_REASONS,
    provenance=st.one_of(
        st.none(), st.builds(Provenance, page=st.integers(1, 9), box=_BOX, fields=st.dictionaries(_TEXT, _BOX, max_size=2))
    ),
)  # fmt: skip
_REPORT = st.builds(
    LabReport,
    document=st.builds(ReadDocument, sha256=_TEXT, text_layer=_many(st.booleans())),
    patient=st.builds(ReportPatient, name=_TEXT, identifiers=_many(st.builds(PrintedIdentifier, value=_TEXT))),
    report=st.builds(ReportHeader, collected_at=_TEXT), sections=_many(st.builds(Section, name=_TEXT, results=_many(_RESULT))),
    confidence=_SHARE, review_reasons=_REASONS, pages_failed=_many(st.integers(1, 9)), packs=st.dictionaries(_TEXT, _TEXT, max_size=2),
)  # fmt: skip
_RECORD = st.builds(
    PatientRecord, mrn=_TEXT, family=_TEXT, identifiers=_many(st.builds(Identifier, value=_TEXT, authority=_TEXT))
)
_DOSSIER = st.builds(
    Dossier,
    inbound=st.one_of(
        st.none(),
        st.builds(Inbound, kind=_TEXT, patient=st.builds(Demographics, family=_TEXT), notes=_many(_TEXT)),
        st.just(Content(message(OBR, NUMBER, "NTE|1|L|a", ed(PDF, 2))).decoded.inbound),
    ),
    documents=_many(st.builds(Document, sha256=_TEXT, media_type=_TEXT, size_bytes=st.integers(0), complete=st.booleans())),
    reports=_many(_REPORT),
    patient=st.one_of(
        st.none(),
        st.builds(
            Match, decision=st.sampled_from(Decision), record=st.one_of(st.none(), _RECORD), score=_SHARE,
            evidence=_many(st.builds(Evidence, field=_TEXT, outcome=_TEXT, weight=_POINT)), candidates=_many(_TEXT),
        ),
    ),
    fingerprints=_many(st.tuples(_TEXT, _TEXT)), reasons=_REASONS, metadata=st.dictionaries(_TEXT, _TEXT, max_size=2),
    gate=st.builds(Gate, on_partial=st.sampled_from(["split", "hold_all"])), normalise=st.booleans(),
)  # fmt: skip


@settings(deadline=None, max_examples=examples(150))
@given(dossier=_DOSSIER)
def test_what_is_encoded_decodes_to_the_same(dossier: Dossier) -> None:
    """Every field of every value survives, Decimals with their digits."""
    again = codec.decode(codec.encode(dossier))
    assert again == dossier
    assert codec.encode(again) == codec.encode(dossier)
    for before, after in zip(dossier.reports, again.reports, strict=True):
        assert [str(item.numeric_value) for item in before.results] == [
            str(item.numeric_value) for item in after.results
        ]


@settings(deadline=None, max_examples=examples(100))
@given(dossier=_DOSSIER, supersedes=st.sampled_from(["", "01J"]))
def test_what_is_said_leaves_out_the_links_and_nothing_else(dossier: Dossier, supersedes: str) -> None:
    """The text put together decodes to the dossier; the other one to the dossier without what it is linked to."""
    older = (Older(message_id=supersedes, is_whole=True),) if supersedes else ()
    linked = replace(dossier, supersedes=supersedes, older=older)
    text, said = codec.encode_said(linked)
    assert codec.decode(text) == linked
    assert said == codec.encode(replace(linked, supersedes="", older=(), fingerprints=(), versions=()))


def test_a_dossier_of_an_earlier_version_decodes() -> None:
    """Keys that did not exist then take their defaults; keys that are gone are passed over."""
    made = dossier_of(OBR, NUMBER, ed(PDF, 2))
    data = json.loads(
        codec.encode(
            Dossier(inbound=made.inbound, documents=made.documents, reports=(report(made.documents[0], result(1)),))
        )
    )
    for name in ("note_lines", "visit", "patient_count"):
        data["inbound"].pop(name, None)
    for item in data["inbound"]["orders"][0]["observations"]:
        item.pop("is_result", None)
    data["documents"][0].pop("status", None)
    data["inbound"]["patient_id_er7"] = "4711^^^HOSP"
    old = codec.decode(json.dumps(data))
    assert old.inbound is not None
    assert old.inbound.orders[0].observations[0].is_result
    assert old.documents[0].status == ""
    assert old.reports[0].results[0].numeric_value == Decimal(105)


def test_nothing_is_an_empty_dossier() -> None:
    """A message no stage has seen."""
    assert codec.decode("") == Dossier()


@pytest.mark.parametrize("text", ["[]", "{", '{"inbound": 3}', '{"reports": [{"sections": 1}]}', "null"])
def test_what_is_no_dossier_is_an_error_without_content(text: str) -> None:
    """The message counts the fields and shows none."""
    with pytest.raises(codec.DossierError) as caught:
        codec.decode(text)
    assert "fields do not fit" in str(caught.value)
