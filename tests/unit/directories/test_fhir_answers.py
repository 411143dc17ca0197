"""Whatever a FHIR server answers: it is read, or refused by one of two errors without content."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.links.failures import CallFailed
from engine.plugins.directories.fhir.bundles import issue_codes, page_of, target_numbers
from engine.plugins.directories.fhir.patients import PatientReader, UnreadablePatient
from tests.support.examples import examples

HOSP = "urn:oid:2.999.1"
READER = PatientReader({"HOSP": HOSP}, "HOSP")
_WORDS = st.sampled_from(
    ["Patient", "Bundle", "searchset", "next", "replaced-by", "old", "official", HOSP, "1968-05-12", "phone", "", "x"]
)
_LEAVES = st.none() | st.booleans() | st.integers(-2, 2) | _WORDS
_KEYS = st.sampled_from(
    [
        "resourceType",
        "type",
        "entry",
        "resource",
        "search",
        "mode",
        "link",
        "relation",
        "url",
        "total",
        "identifier",
        "system",
        "value",
        "use",
        "name",
        "family",
        "given",
        "birthDate",
        "gender",
        "telecom",
        "address",
        "postalCode",
        "deceasedDateTime",
        "deceasedBoolean",
        "active",
        "other",
        "reference",
        "coding",
        "code",
        "id",
        "issue",
        "severity",
        "parameter",
        "valueIdentifier",
    ]
)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=25
)


@settings(max_examples=examples(200), deadline=None)
@given(_JSON)
def test_any_json_is_an_answer_or_a_refusal(content: Any) -> None:
    """Bundles, Parameters and outcomes of any shape raise CallFailed or nothing."""
    body = json.dumps(content).encode()
    issue_codes(body)
    for read in (page_of, lambda data: target_numbers(data, HOSP)):
        with contextlib.suppress(CallFailed):
            read(body)


@settings(max_examples=examples(200), deadline=None)
@given(st.dictionaries(_KEYS, _JSON, max_size=8))
def test_any_object_is_a_patient_or_unreadable(resource: dict[str, Any]) -> None:
    """A Patient of any shape becomes records with a number, or raises UnreadablePatient."""
    try:
        known = READER.read(resource)
    except UnreadablePatient:
        return
    for record in (known.record, *known.former):
        assert isinstance(record.mrn, str)
        assert record.assigning_authority


@pytest.mark.parametrize("body", [b"", b"\xff", b"null", b"[]", b'{"resourceType": 1}', b'{"resourceType": "Bundle"'])
def test_what_is_no_resource_is_no_answer(body: bytes) -> None:
    """Neither JSON nor a resource: CallFailed, and no codes."""
    with pytest.raises(CallFailed):
        page_of(body)
    assert issue_codes(body) == frozenset()
