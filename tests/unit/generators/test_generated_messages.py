from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import hl7
import pypdfium2
import pytest

from tests.generators import messages
from tests.generators.__main__ import write_demo
from tests.generators.carriers import carriers
from tests.generators.demo import demo_patients, demo_set
from tests.generators.documents import flate_bomb, form_bomb, odd_documents
from tests.generators.messages import (
    DIALECTS,
    batch,
    enhanced,
    envelope_of,
    oru_document,
    pid,
    with_line_feeds,
    with_second_patient,
)
from tests.generators.patients import make_patient
from tests.generators.scans import tiff_of
from tests.generators.scenarios import (
    correction,
    duplicate,
    send_discrete,
    send_mdm,
    send_pdf,
    send_text,
    wrong_patient,
)

AT = datetime(2025, 5, 5, 10, 30)  # noqa: DTZ001


def parsed(raw: bytes, codec: str) -> hl7.Message:
    return hl7.parse(raw.decode(codec))


def carried(message: hl7.Message) -> bytes:
    pieces = [str(segment[5]).rsplit("^", 1)[-1] for segment in message["OBX"]]
    return base64.b64decode("".join(pieces).replace("\\.br\\", ""), validate=True)


@pytest.mark.parametrize("name", DIALECTS)
def test_document_survives_each_dialect(name: str):
    """Another parser splits the message into its segments and the document comes out byte for byte."""
    sent = send_pdf(name, "us_chem", seed=1, control_id="C-1", at=AT)
    message = parsed(sent.raw, sent.dialect.codec)
    assert str(message["MSH"][0][12]) == sent.dialect.version
    assert str(message["MSH"][0][10]) == "C-1"
    assert sent.envelope.patient.mrn in str(message["PID"][0][3])
    assert carried(message) == sent.document


def test_dialects_differ_where_vendors_do():
    """Five versions, several charsets, ED heads, chunking and identifier habits are all there."""
    stock = DIALECTS.values()
    assert {one.version for one in stock} == {"2.3", "2.3.1", "2.4", "2.5.1", "2.6"}
    assert {"", "8859/1", "UNICODE UTF-8"} <= {one.charset for one in stock}
    assert {"^AP^PDF^Base64", "^application^pdf^Base64", "^^^", "Application^PDF^Base64"} <= {one.ed for one in stock}
    assert len(parsed(send_pdf("chunked251", "us_chem", seed=1, control_id="C", at=AT).raw, "utf-8")["OBX"]) > 1
    assert b"\\.br\\" in send_pdf("short231", "us_chem", seed=1, control_id="C", at=AT).raw
    alone = replace(make_patient(1), identifiers=())
    assert {pid(one, alone).split("|")[3].count("^") for one in stock} == {0, 4, 5}
    known = replace(alone, identifiers=("NHS:9990000001",))
    assert pid(DIALECTS["mime26"], known).split("|")[3].endswith("~9990000001^^^NHS^NI")


def test_old_versions_fill_pid_2_and_4():
    """The 2.3 dialect carries an external and an alternate id."""
    fields = pid(DIALECTS["classic23"], make_patient(1)).split("|")
    assert fields[2].startswith("EXT")
    assert fields[4].startswith("ALT-")


@pytest.mark.parametrize("kind", ["TX", "FT"])
def test_text_lines_survive(kind: str):
    r"""TX gives one OBX per line, FT one OBX joined by ``\.br\``; the accents arrive."""
    sent = send_text("blank24", "grid", seed=2, control_id="T", kind=kind, language="es", at=AT)
    segments = parsed(sent.raw, "utf-8")["OBX"]
    lines = sent.document.decode().split("\n")
    texts = [str(segment[5]) for segment in segments]
    joined = texts if kind == "TX" else texts[0].split("\\.br\\")
    assert joined == [messages.escape(line) for line in lines]


def test_mdm_fills_txa():
    """TXA-12, 13, 14, 15, 17 and 19 hold what was asked; T11 carries no document."""
    sent = send_mdm(
        "mime26", "us_chem", seed=1, control_id="M", number="D2", parent="D1", event="T10", completion="LA", at=AT
    )
    txa = parsed(sent.raw, "utf-8")["TXA"][0]
    assert [str(txa[n]) for n in (12, 13, 17, 19)] == ["D2^RVR", "D1^RVR", "LA", "AV"]
    assert [str(txa[n]) for n in (14, 15)] == [sent.envelope.placer, sent.envelope.filler]
    cancel = send_mdm("mime26", "us_chem", seed=1, control_id="M", number="D2", event="T11", availability="CA", at=AT)
    assert b"\rOBX|" not in cancel.raw


@pytest.mark.parametrize("coding", ["first", "second", "local"])
def test_discrete_results_match_their_truth(coding: str):
    """Each OBX holds its truth's code in the triplet asked for, the value with its type, the unit and the status."""
    sent = send_discrete("mime26", "monospace", seed=3, control_id="D", coding=coding, at=AT)
    segments = parsed(sent.raw, "utf-8")["OBX"]
    assert len(segments) == len(sent.truth.results)
    for segment, result in zip(segments, sent.truth.results, strict=True):
        triplets = str(segment[3]).split("^")
        codes = {"first": triplets[0], "second": (triplets + [""] * 4)[3], "local": result.loinc}
        assert codes[coding] == result.loinc
        assert (result.loinc in triplets) is (coding != "local")
        if str(segment[2]) == "NM":
            assert re.fullmatch(r"-?\d+(\.\d+)?", str(segment[5]))
        assert str(segment[11]) == "F"
    assert {str(segment[2]) for segment in segments} >= {"NM", "SN"}


def test_carriers_all_mean_the_same_file():
    """Taking the frame of each form away by hand gives back the document, whatever the form."""
    document = bytes(range(256)) * 3 + b"!"
    forms = carriers(document)
    assert len(forms) == len({tuple(form) for form in forms.values()}) > 25
    for name, segments in forms.items():
        values = [segment.split("|")[5] for segment in segments]
        text = "".join(part.split("^")[-1] for value in values for part in value.split("~"))
        text = re.sub(r"\\X[0-9A-Fa-f]+\\|\\\.br\\|\s|^data:.*?,", "", text)
        if name == "hex":
            assert bytes.fromhex(text) == document
            continue
        text = text.translate(str.maketrans("-_", "+/"))
        assert base64.b64decode(text + "=" * (-len(text) % 4), validate=True) == document, name


def test_stories_keep_what_they_must():
    """A duplicate changes MSH-7 and MSH-10 only; a correction keeps the order and raises OBR-22; the wrong patient is only in PID."""
    first = send_pdf("lri251", "us_chem", seed=7, control_id="A", at=AT)
    again = duplicate(first, "B")
    old, new = first.raw.split(b"\r", 1), again.raw.split(b"\r", 1)
    assert old[1] == new[1]
    assert [
        n for n, pair in enumerate(zip(old[0].split(b"|"), new[0].split(b"|"), strict=True)) if pair[0] != pair[1]
    ] == [6, 9]
    fixed = correction(first, "C")
    obr, fixed_obr = (parsed(one.raw, "utf-8")["OBR"][0] for one in (first, fixed))
    assert str(fixed_obr[3]) == str(obr[3])
    assert (str(obr[25]), str(fixed_obr[25])) == ("F", "C")
    assert str(fixed_obr[22]) > str(obr[22])
    swapped = wrong_patient(first, "D", make_patient(99))
    assert make_patient(99).mrn in str(parsed(swapped.raw, "utf-8")["PID"][0][3])
    assert swapped.document == first.document


def test_line_ends_batches_and_second_patients():
    """LF ends, FHS/BHS around messages and a second PID come out as asked."""
    sent = send_pdf("lri251", "us_chem", seed=7, control_id="A", at=AT)
    assert b"\r" not in with_line_feeds(sent.raw)
    whole = hl7.parse_file(batch([sent.raw, sent.raw], sent.dialect, sent.envelope).decode())
    assert len(whole[0]) == 2
    assert len(parsed(with_second_patient(sent.raw, sent.dialect, make_patient(5)), "utf-8")["PID"]) == 2
    both = enhanced(envelope_of(sent.report, "E"), "AL", "ER")
    msh = parsed(oru_document(sent.dialect, both, sent.document), "utf-8")["MSH"][0]
    assert (str(msh[15]), str(msh[16])) == ("AL", "ER")


@pytest.mark.slow
def test_odd_documents_are_what_they_say():
    """Each odd document has the magic of its nature, the same bytes each time, and opens or not as its note says."""
    odd = odd_documents(2, at=AT)
    assert odd == odd_documents(2, at=AT)
    assert odd["empty"].content == b""
    assert b"%%EOF" not in odd["truncated"].content
    assert odd["image_as_pdf"].content.startswith(b"\x89PNG")
    assert odd["rtf"].content.startswith(b"{\\rtf1")
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(odd["encrypted"].content)
    for name, has_text in (("encrypted_open", True), ("scan", False), ("letter", True), ("blank_pdf", False)):
        pdf = pypdfium2.PdfDocument(odd[name].content)
        assert bool(pdf[0].get_textpage().get_text_bounded().strip()) is has_text, name
        pdf.close()
    assert tiff_of(odd["two_patients"].content, dots_per_inch=60)[:4] in {b"II*\x00", b"MM\x00*"}


def test_bombs_are_small():
    """The bombs are a few kilobytes of well-formed PDF; nobody opens them here."""
    for bomb in (flate_bomb(), form_bomb()):
        assert bomb.startswith(b"%PDF-1.4")
        assert bomb.rstrip().endswith(b"%%EOF")
        assert len(bomb) < 3000


@pytest.mark.slow
def test_demo_set_is_the_same_each_time():
    """The same seed plays the same bytes, another seed others."""
    assert demo_set(3) == demo_set(3)
    assert demo_set(3)[0].raw != demo_set(4)[0].raw


@pytest.mark.slow
def test_demo_set_can_be_written(tmp_path: Path):
    """The written folder holds each message byte for byte and its outcome under the file's name."""
    cases = demo_set(2)
    files = write_demo(tmp_path, 2)
    assert [path.read_bytes() for path in files] == [case.raw for case in cases]
    outcomes = json.loads((tmp_path / "expected.json").read_text(encoding="utf-8"))
    assert [one["file"] for one in outcomes] == [path.name for path in files]
    assert [one["state"] for one in outcomes] == [case.state for case in cases]
    assert (tmp_path / "patients.csv").read_text(encoding="utf-8") == demo_patients(2)


def test_demo_set_is_complete():
    """The demo plays each kind once, its people are in the directory, and a retransmission is the same bytes."""
    cases = demo_set(3)
    directory = {line.split(",")[0] for line in demo_patients(3).splitlines()[1:]}
    titles = [case.title for case in cases]
    assert len(titles) == len(set(titles)) == 18
    assert {case.patient_mrn for case in cases} - {""} <= directory
    by_title = {case.title: case for case in cases}
    assert by_title["Retransmission"].raw == cases[0].raw
    assert {case.state for case in cases} == {"delivered", "review", "duplicate", ""}
    assert all(case.observations for case in cases if case.outgoing == "report")
    stranger = parsed(by_title["Unknown patient"].raw, "utf-8")["PID"][0]
    assert str(stranger[3]).split("^")[0] not in directory
