"""Every kind of ORU the engine builds is a valid 2.5.1 message that says what was known, and nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.dossier import Dossier
from engine.domain.outcome import Release, ReleaseKind, plan_release
from engine.domain.patient import PatientRecord
from engine.domain.reasons import reason
from engine.domain.report import Result
from engine.hl7v2.er7 import Er7Message, parse
from engine.mapping.oru_out import OruOptions, build
from engine.ports.content import Content
from tests.support.dossiers import MATCHED, NOW, RECORD, report, result
from tests.support.examples import examples
from tests.support.lab_messages import HEAD, NUMBER, OBR, PDF, PID, TIFF, ed, message

CONTROL_ID = "HRABCDEFGHIJKLMNOPQR"
DOUBT = reason("value.ambiguous", field="results[r2].value")


def _dossier(raw: bytes, *results: Result, status: str = "", **changes: object) -> Dossier:
    """What the stages leave of a message, with these results read from its first document."""
    found = Content(raw).decoded
    documents = tuple(item.document for item in found.documents)
    reports = (report(documents[0], *results, status=status),) if results else ()
    values = {"inbound": found.inbound, "documents": documents, "reports": reports, "patient": MATCHED} | changes
    return Dossier(**values)  # type: ignore[arg-type]  # the caller's words


def _built(
    raw: bytes,
    dossier: Dossier,
    *,
    release: Release | None = None,
    options: OruOptions = OruOptions(),  # noqa: B008
) -> Er7Message:
    """The outgoing message, judged by hl7apy and read again."""
    sent = build(
        dossier=dossier, documents={item.document.sha256: item for item in Content(raw).decoded.documents},
        release=release or plan_release(dossier), control_id=CONTROL_ID, built_at=NOW, options=options,
    )  # fmt: skip
    found = parse(sent)
    # hl7apy takes ED-5 for an ST of 199 characters; it is a TX without that limit.
    short = re.sub(r"(?<=\^Base64\^)[^|]{199,}", "SGVhZHJhY2U=", sent.decode(found.codec))
    parse_message(short, validation_level=VALIDATION_LEVEL.STRICT, find_groups=True).validate()
    return found


def _lines(found: Er7Message, name: str) -> list[str]:
    return [item.text for item in found.all(name)]


def _fields(found: Er7Message, name: str, *numbers: int) -> list[tuple[str, ...]]:
    return [tuple(item.raw_field(number) for number in numbers) for item in found.all(name)]


def test_a_pdf_with_results() -> None:
    """Patient of the directory, the lab's numbers, results with code and unit, a note on their origin, the original last."""
    raw = message("ORC|RE|P100|F200", OBR, ed(PDF))
    found = _built(raw, _dossier(raw, result(1), result(2, "5.10")))
    assert [item.name for item in found.segments] == ["MSH", "PID", "PV1", "ORC", "OBR", "NTE", "OBX", "OBX", "OBX"]
    assert _fields(found, "MSH", 9, 10, 12, 18) == [("ORU^R01^ORU_R01", CONTROL_ID, "2.5.1", "UNICODE UTF-8")]
    assert _fields(found, "PID", 3, 5, 7, 8) == [("4711^^^HOSP^MR", "Marlow^Ada^", "19680512", "F")]
    assert _fields(found, "ORC", 1, 2, 3) == [("RE", "P100", "F200")]
    assert _fields(found, "OBR", 2, 3, 25) == [("P100", "F200", "F")]
    assert [item[:3] for item in _fields(found, "OBX", 2, 5, 11)][:2] == [("NM", "105", "F"), ("NM", "5.10", "F")]
    original = found.all("OBX")[-1]
    assert original.value(2) == "ED"
    assert base64.b64decode(original.value(5, 5)) == PDF


def test_part_of_the_results_leaves_as_preliminary() -> None:
    """What is sure goes as P, under OBR-25 P, and the note says how many are held."""
    raw = message(OBR, ed(PDF))
    dossier = _dossier(raw, result(1), result(2, review_reasons=(DOUBT,)))
    found = _built(raw, dossier)
    assert _fields(found, "OBX", 2, 11) == [("NM", "P"), ("ED", "P")]
    assert _fields(found, "OBR", 25) == [("P",)]
    assert [item.value(1) for item in found.all("NTE")] == ["1", "2"]
    assert "1 of 2" in found.all("NTE")[1].value(3)


def test_the_original_alone() -> None:
    """Nothing could be read: the document and a note, also where attaching is switched off."""
    raw = message(OBR, ed(PDF), "NTE|1|L|Called.")
    dossier = _dossier(raw, reasons=(reason("document.unreadable", field="OBX[1]-5"),))
    found = _built(raw, dossier, options=OruOptions(attach_original=False))
    assert plan_release(dossier).kind is ReleaseKind.ORIGINAL
    assert _fields(found, "OBX", 2) == [("ED",)]
    assert found.all("NTE")[0].value(3) == "Called."


def test_discrete_results_pass_byte_for_byte() -> None:
    """OBX and NTE as sent but for OBX-1, with escapes, repeats and odd types; NTE of patient and order too."""
    obx = [
        "OBX|9|CWE|ABO^Blood \\T\\ group^L^882-1^ABO^LN|1.2|A^A \\S\\ B^L~O^^L||0-1|A|||C|||20260301||^Tech",
        "OBX|3|SN|S^Titre^L||>^1^:^128|||A~H|||F|||20260301|LAB^^L",
    ]
    raw = message("NTE|1|L|patient", OBR, "NTE|1|L|order", obx[0], "NTE|7|L|result", obx[1])
    found = _built(raw, _dossier(raw))
    assert _lines(found, "OBX") == [f"OBX|{n}|{line.split('|', 2)[2]}" for n, line in enumerate(obx, 1)]
    assert _lines(found, "NTE") == ["NTE|1|L|patient", "NTE|1|L|order", "NTE|7|L|result"]
    assert _fields(found, "OBR", 25) == [("F",)]


def test_a_remark_beside_a_pdf_hides_no_result() -> None:
    """The lab's line of text and the results read from its PDF leave together, numbered through."""
    raw = message(OBR, "OBX|1|TX|REM^Remark^L||See the report.||||||F", ed(PDF, 2))
    found = _built(raw, _dossier(raw, result(1)))
    assert _fields(found, "OBX", 1, 2) == [("1", "TX"), ("2", "NM"), ("3", "ED")]


def test_a_result_the_lab_sent_itself_is_not_sent_twice() -> None:
    """Read beside discrete results, only what they lack is added."""
    raw = message(OBR, NUMBER, ed(PDF, 2))
    found = _built(raw, _dossier(raw, result(1, loinc_code="2345-7"), result(2)))
    assert _fields(found, "OBX", 2, 3)[:2] == [
        ("NM", "2345-7^Glucose^LN"),
        ("NM", "1002-1^^LN^TEST_2^Test 2^L"),
    ]


def test_a_text_report() -> None:
    """Lines of text become results, and the text itself travels as the original."""
    raw = message(OBR, *(f"OBX|{n}|TX|R^Report^L||line {n} 5.0||||||F" for n in range(1, 5)))
    found = _built(raw, _dossier(raw, result(1)))
    assert _fields(found, "OBX", 2) == [("NM",), ("ED",)]
    assert found.all("OBX")[-1].components(5)[1:3] == ("TEXT", "PLAIN")


@pytest.mark.parametrize(("completion", "status"), [("LA", "F"), ("AU", "F"), ("DI", "P")])
def test_an_mdm(completion: str, status: str) -> None:
    """TXA's numbers and status stand in for OBR; not authenticated is not final."""
    txa = f"TXA|1|LAB^Lab report^L|AP||20260301|20260301||||||D2^LIS||P9|F9||{completion}"
    raw = message("EVN|T02|20260301", "PV1|1|O", txa, ed(PDF), head=HEAD.replace("ORU^R01^ORU_R01", "MDM^T02^MDM_T02"))
    found = _built(raw, _dossier(raw, result(1)))
    assert _fields(found, "OBR", 2, 3, 4, 25) == [("P9", "F9", "11502-2^Laboratory report^LN^LAB^Lab report^L", status)]
    assert [item.value(11) for item in found.all("OBX")] == [status, status]


@pytest.mark.parametrize(
    ("obr", "printed", "sent"), [("P", "", "P"), ("C", "", "C"), ("F", "C", "C"), ("", "P", "P"), ("A", "", "F")]
)
def test_a_status_the_message_or_the_page_tells(obr: str, printed: str, sent: str) -> None:
    """Neither a preliminary nor a corrected result leaves as a plain final one."""
    raw = message(f"{OBR[:-1]}{obr}", ed(PDF))
    found = _built(raw, _dossier(raw, result(1), status=printed))
    assert found.all("OBX")[0].value(11) == sent


def test_several_orders_keep_their_documents() -> None:
    """Each order's results and document stay under its OBR."""
    raw = message(OBR, ed(PDF), "OBR|2|P101|F201|X^Other^L|||20260301", ed(TIFF))
    dossier = _dossier(raw, result(1))
    dossier = replace(dossier, reports=(*dossier.reports, report(dossier.documents[1], result(2))))
    found = _built(raw, dossier)
    assert [item.name for item in found.segments][3:] == ["ORC", "OBR", "NTE", "OBX", "OBX"] * 2
    assert _fields(found, "OBR", 3) == [("F200",), ("F201",)]


@pytest.mark.parametrize(
    ("value", "number", "comparator", "kind", "sent"),
    [
        ("105", "105", None, "NM", "105"),
        ("5.10", "5.10", None, "NM", "5.10"),
        ("5,10", "5.10", None, "NM", "5.10"),
        ("1.234,5", "1234.5", None, "NM", "1234.5"),
        ("12 500", "12500", None, "NM", "12500"),
        ("-3.0", "-3.0", None, "NM", "-3.0"),
        ("\u22123.0", "-3.0", None, "NM", "-3.0"),
        ("<0.5", "0.5", "<", "SN", "<^0.5"),
        ("≥ 60", "60", ">=", "SN", ">=^60"),
        ("1:128", None, None, "SN", "^1^:^128"),
        ("<1:40", None, None, "SN", "<^1^:^40"),
        ("5,4", "54", None, "ST", "5,4"),
        ("5.4", "5.40", None, "ST", "5.4"),
        ("3+", "3", None, "ST", "3+"),
        ("5.1", "51", None, "ST", "5.1"),
        ("105 mg", "105", None, "ST", "105 mg"),
        ("5", "-5", None, "ST", "5"),
        ("1E+3", "1E+3", None, "ST", "1E+3"),
        ("105", "NaN", None, "ST", "105"),
        ("Negative", None, None, "ST", "Negative"),
        ("a|b^c&d~e\\f", None, None, "ST", "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f"),
        ("x\rOBX|9|NM|HACK", None, None, "ST", "x\\X0D\\OBX\\F\\9\\F\\NM\\F\\HACK"),
        ("line one\nline two", None, None, "TX", "line one~line two"),
    ],
)
def test_values_leave_as_printed(value: str, number: str | None, comparator: str | None, kind: str, sent: str) -> None:
    """NM only for the very number on the page, with a dot; all else as text, and nothing turns into structure."""
    raw = message(OBR, ed(PDF))
    read = result(1, value, numeric_value=None if number is None else Decimal(number), comparator=comparator)
    assert _fields(_built(raw, _dossier(raw, read)), "OBX", 2, 5)[0] == (kind, sent)


def test_flag_range_unit_and_comment_stand_in_their_fields() -> None:
    """OBX-6 UCUM with the printed unit beside it, OBX-7 as printed, OBX-8 a code, NTE behind."""
    read = result(
        1, unit="mg/dl", reference_range="70 - 110", interpretation="H", comments=("fasting\nrepeat & call",), method="HPLC"
    )  # fmt: skip
    raw = message(OBR, ed(PDF))
    found = _built(raw, _dossier(raw, read))
    assert _fields(found, "OBX", 6, 7, 8, 17)[0] == ("mg/dL^mg/dL^UCUM^mg/dl^mg/dl^L", "70 - 110", "H", "^HPLC")
    assert found.all("NTE")[1].value(3) == "fasting\nrepeat & call"


def test_sub_ids_tell_repeats_apart_and_stay() -> None:
    """The same code twice is 1 and 2; the document's own sub-id does not move when more results come."""
    raw = message(OBR, ed(PDF))
    twice = _built(raw, _dossier(raw, result(1), result(2, "110", loinc_code="1001-1"), result(3)))
    assert _fields(twice, "OBX", 4) == [("1",), ("2",), ("1",), ("1",)]
    keys = _fields(twice, "OBX", 3, 4)
    assert len(set(keys)) == len(keys)
    once = _built(raw, _dossier(raw, result(1)))
    assert _fields(once, "OBX", 3, 4)[-1] == keys[-1]


def test_a_result_without_value_is_told_as_pending() -> None:
    """A printed test without a value leaves as I, never as an empty final one."""
    raw = message(OBR, ed(PDF))
    found = _built(raw, _dossier(raw, result(1, ""), result(2)))
    assert _fields(found, "OBX", 2, 5, 11)[:2] == [("", "", "I"), ("NM", "105", "F")]


@pytest.mark.parametrize(
    ("family", "given"), [("Núñez-O'Neill", "Zoë"), ("石井", "花子"), ("Ivánová & Söhne", "A|b^c"), ("x\rPID|9", "y")]
)
def test_names_leave_whole(family: str, given: str) -> None:
    """Any script and any separator in a name comes out as the same name."""
    raw = message(OBR, NUMBER)
    record = replace(RECORD, family=family, given=given)
    found = _built(raw, _dossier(raw, patient=replace(MATCHED, record=record)))
    assert (found.all("PID")[0].value(5), found.all("PID")[0].value(5, 2)) == (family.replace("\r", "\n"), given)
    assert len(found.all("PID")) == 1


def test_a_character_the_charset_lacks_is_an_error() -> None:
    """8859/1 takes Núñez and refuses Ištvan; never a question mark in a name."""
    raw = message(OBR, NUMBER)
    latin = OruOptions(charset="8859/1")
    spanish = replace(MATCHED, record=replace(RECORD, family="Núñez"))
    assert _built(raw, _dossier(raw, patient=spanish), options=latin).first("PID").value(5) == "Núñez"  # type: ignore[union-attr]
    other = _dossier(raw, patient=replace(MATCHED, record=replace(RECORD, family="Ištvan")))
    with pytest.raises(ValueError, match="iso8859"):
        build(
            dossier=other, documents={}, release=plan_release(other), control_id=CONTROL_ID, built_at=NOW, options=latin
        )


def test_fields_of_later_versions_are_left_out() -> None:
    """An inbound OBR of 2.8 leaves within the 50 fields of 2.5.1."""
    raw = message(OBR + "|" * 28 + "X51|X52", NUMBER)
    assert _built(raw, _dossier(raw)).all("OBR")[0].field_count <= 50


def _filler(raw: bytes, *results: Result, patient: PatientRecord = RECORD, accession: str = "A-77") -> str:
    dossier = _dossier(raw, *results, patient=replace(MATCHED, record=patient))
    reports = tuple(replace(item, lab=replace(item.lab, accession=accession)) for item in dossier.reports)
    return _built(raw, replace(dossier, reports=reports)).all("OBR")[0].raw_field(3)


BARE = "OBR|1|||X^Panel^L|||20260301"


def test_a_derived_filler_number_is_stable_and_short() -> None:
    """The same for a re-send, a correction and another file of the report; at most 20 characters."""
    first = _filler(message(BARE, ed(PDF)), result(1))
    assert first == _filler(
        message(BARE + "|" * 18 + "C", ed(TIFF), head=HEAD.replace("M1", "M2")), result(1, "99"), result(2)
    )
    assert len(first.split("^")[0]) <= 20
    assert first.endswith("^HEADRACE")


def test_a_derived_filler_number_is_nobody_elses() -> None:
    """Another accession, patient, panel, time or (where all are missing) content is another order."""
    other = replace(RECORD, mrn="4712")
    fillers: Sequence[str] = [
        _filler(message(BARE, ed(PDF)), result(1)),
        _filler(message(BARE, ed(PDF)), result(1), accession="A-78"),
        _filler(message(BARE, ed(PDF)), result(1), patient=other),
        _filler(message(BARE.replace("X^", "Y^"), ed(PDF)), result(1)),
        _filler(message(BARE, ed(PDF)), result(1), accession=""),
        _filler(message(BARE, NUMBER)),
        _filler(message(BARE.replace("20260301", "20260302"), NUMBER)),
        _filler(message("OBR|1|||X^Panel^L", NUMBER)),
        _filler(message("OBR|1|||X^Panel^L", NUMBER.replace("105", "106"))),
        _filler(message(BARE, NUMBER), patient=other),
        _filler(message("OBR|1|PL9||X^Panel^L", NUMBER)),
    ]
    assert len(set(fillers)) == len(fillers)


def test_without_a_patient_or_a_release_nothing_is_built() -> None:
    """ValueError, never a message about nobody."""
    raw = message(OBR, NUMBER, pid="PID|1||||Marlow^Ada")
    nobody = _dossier(raw, patient=None)
    for release in (Release(kind=ReleaseKind.ALL), Release(kind=ReleaseKind.NOTHING)):
        with pytest.raises(ValueError, match=r"patient|nothing"):
            build(dossier=nobody, documents={}, release=release, control_id="1", built_at=NOW, options=OruOptions())


def test_without_a_directory_the_message_names_the_patient() -> None:
    """A channel without reconcile passes PID-3 with all its numbers."""
    raw = message(OBR, NUMBER, pid=PID.replace("^MR||", "^MR~9^^^REG^NI||"))
    assert _built(raw, _dossier(raw, patient=None)).all("PID")[0].raw_field(3) == "4711^^^HOSP^MR~9^^^REG^NI"


@settings(deadline=None, max_examples=examples(60))
@given(
    words=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=15), min_size=6, max_size=6),
    family=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=15),
)
def test_nothing_printed_becomes_structure(words: list[str], family: str) -> None:
    """Whatever a page or a directory says, the message has the same segments and reads back."""
    name, value, unit, interval, comment, method = words
    read = result(
        1, value, test_name=name, unit=unit, unit_ucum="", reference_range=interval, comments=(comment,), method=method
    )
    raw = message(OBR, ed(PDF))
    dossier = _dossier(raw, read, patient=replace(MATCHED, record=replace(RECORD, family=family)))
    sent = build(
        dossier=dossier, documents={item.document.sha256: item for item in Content(raw).decoded.documents},
        release=plan_release(dossier), control_id=CONTROL_ID, built_at=NOW, options=OruOptions(),
    )  # fmt: skip
    names = [item.name for item in parse(sent).segments]
    assert names == ["MSH", "PID", "PV1", "ORC", "OBR", "NTE", "OBX", "NTE", "OBX"]


def test_an_order_without_results_leaves_with_its_reason() -> None:
    """Cancelled, told in an NTE: the EHR hears of it beside the other order's result."""
    raw = message(OBR, NUMBER, f"{OBR[:-1]}X".replace("F200", "F201"), "NTE|1|L|Specimen haemolysed.")
    found = _built(raw, _dossier(raw))
    assert _fields(found, "OBR", 3, 25) == [("F200", "F"), ("F201", "X")]
    assert [item.value(3) for item in found.all("NTE")] == ["Specimen haemolysed."]
