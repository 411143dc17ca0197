"""Documents are found in every shape senders give them, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from tests.generators.carriers import carriers
from tests.support.lab_messages import NUMBER, OBR, PDF, TIFF, b64, decoded, ed, files


@pytest.mark.parametrize("form", sorted(carriers(PDF)))
@pytest.mark.parametrize("size", [3091, 3092, 3093, 70])
def test_every_form_of_one_file_gives_the_same_bytes(form: str, size: int) -> None:
    """Whatever the carrier and however the last chunk falls, the file comes out byte for byte, once, complete."""
    file = PDF[: size - 6] + b"%%EOF\n"
    found = decoded(OBR, *carriers(file)[form])
    assert files(found) == [file]
    assert found.documents[0].document.complete
    assert found.reasons == ()
    assert found.inbound.observation_count == 0


def test_two_documents_in_one_order_stay_two() -> None:
    """Two complete files under one OBX-3 are two documents, even when the second has no start mark in base64."""
    text = b"Glucose 105 mg/dL\nUrea 30 mg/dL\nSodium 140 mmol/L\n" * 3
    assert files(decoded(OBR, ed(PDF), ed(TIFF, 2), ed(text, 3))) == [PDF, TIFF, text]


def test_pieces_of_two_files_are_joined_file_by_file() -> None:
    """Each start of a file ends the one before."""
    cut = 1200
    pieces = [PDF[:cut], PDF[cut:], TIFF]
    assert files(decoded(OBR, *(ed(piece, n) for n, piece in enumerate(pieces, 1)))) == [PDF, TIFF]


def test_a_missing_last_piece_is_an_incomplete_document() -> None:
    """A file that never ends is handed on as incomplete, never as a whole one."""
    found = decoded(OBR, ed(PDF[:900]), ed(PDF[900:1500], 2))
    assert files(found) == [PDF[:1500]]
    assert not found.documents[0].document.complete


def test_a_pointer_is_never_followed_and_is_told() -> None:
    """RP gives a reason at its place and no document."""
    found = decoded(OBR, "OBX|1|RP|11502-2^Report^LN||http://lab.example/r?a=1\\T\\b=2^LIS^AP^PDF||||||F")
    assert [(item.code, item.field) for item in found.reasons] == [("document.unreadable", "OBX[1]-5")]
    assert found.documents == ()


def test_an_empty_ed_is_told() -> None:
    """An ED without data is a reason, not silence."""
    found = decoded(OBR, "OBX|1|ED|11502-2^Report^LN||^AP^PDF^Base64^||||||F")
    assert [item.code for item in found.reasons] == ["document.unreadable"]


def test_a_document_beside_results_leaves_them_alone() -> None:
    """ED next to NM: one document, one observation with its place kept."""
    found = decoded(OBR, NUMBER, ed(PDF, 2))
    assert files(found) == [PDF]
    assert [item.location for item in found.inbound.orders[0].observations] == ["OBX[1]"]


@pytest.mark.parametrize("kind", ["TX", "FT", "ST"])
@pytest.mark.parametrize("lines", [1, 5])
def test_remarks_beside_a_pdf_stay_remarks(kind: str, lines: int) -> None:
    """Text beside a document is no second report, however long, and no result either."""
    remarks = [f"OBX|{n}|{kind}|REM^Remark^L||See the attached report, page {n}.||||||F" for n in range(1, lines + 1)]
    found = decoded(OBR, *remarks, ed(PDF, 9))
    assert files(found) == [PDF]
    assert found.inbound.observation_count == lines
    assert found.inbound.results == ()


def test_a_text_report_keeps_its_blank_lines_and_unescaped_signs() -> None:
    """Lines of one OBR under one or an empty OBX-3 are one text; `&` and `^` split nothing."""
    lines = ["BLOOD COUNT", "", "WBC 5.7 10^9/L & diff", "see http://lab.example/?a=1&b=2", "RBC 4.8\\.br\\HGB 14.1"]
    obx = [f"OBX|{n}|TX|{'11502-2^Report^LN' if n == 1 else ''}||{text}||||||F" for n, text in enumerate(lines, 1)]
    found = decoded(OBR, *obx)
    assert files(found) == ["\n".join(lines).replace("\\.br\\", "\n").encode()]
    assert found.inbound.observation_count == 0


def test_repetitions_are_lines_of_a_text_report() -> None:
    """One FT with `~` between its lines is a report of as many lines."""
    assert files(decoded(OBR, "OBX|1|FT|11502-2^Report^LN||WBC 5.7~RBC 4.8~HGB 14.1||||||F")) == [
        b"WBC 5.7\nRBC 4.8\nHGB 14.1"
    ]


def test_text_never_joins_over_orders() -> None:
    """Two orders of text are two documents, each with its order."""
    obx = [f"OBX|{n}|TX|R^Report^L||line {n} 5.0||||||F" for n in range(1, 4)]
    found = decoded(OBR, *obx, "OBR|2|P101|F201|X^Other^L", *obx)
    assert [item.document.order_index for item in found.documents] == [0, 1]


def test_qualitative_results_in_st_are_not_a_text_report() -> None:
    """Three ST results under three codes stay three discrete observations."""
    obx = [f"OBX|{n}|ST|{code}^Virus {n}^L||Negative||||||F" for n, code in enumerate(("HBS", "HCV", "HIV"), 1)]
    found = decoded(OBR, *obx)
    assert found.documents == ()
    assert [item.values for item in found.inbound.orders[0].observations] == [("Negative",)] * 3


def test_a_single_text_line_passes_on() -> None:
    """A short remark alone is an observation, not a document and not lost."""
    found = decoded(OBR, "OBX|1|TX|REM^Remark^L||Specimen haemolysed, please repeat.||||||F")
    assert found.documents == ()
    assert found.inbound.observation_count == 1


def test_text_beside_results_in_another_order_passes_on() -> None:
    """Interpretive text of a message with discrete results is forwarded as sent, not turned into a document."""
    text = [f"OBX|{n}|TX|INT^Interpretation^L||line {n}||||||F" for n in range(1, 6)]
    found = decoded(OBR, NUMBER, "OBR|2|P101|F201|INT^Interpretation^L", *text)
    assert found.documents == ()
    assert [len(item.observations) for item in found.inbound.orders] == [1, 5]


@pytest.mark.parametrize("kind", ["", "ST", "TX", "ED"])
@pytest.mark.parametrize("value", ["PDF^Base64^{}", "Base64^{}", "^^{}", "{}^application^pdf^Base64"])
def test_the_data_may_stand_in_any_component(kind: str, value: str) -> None:
    """The longest or the one behind the encoding, also with an empty or a wrong OBX-2."""
    assert files(decoded(OBR, f"OBX|1|{kind}|R^Report^L||{value.format(b64(PDF))}||||||F")) == [PDF]


def test_plain_rtf_and_html_in_text_fields_are_documents() -> None:
    """A file in clear text is opened as what it is."""
    rtf = "{\\E\\rtf1\\E\\ansi Glucose 105 mg/dL\\E\\par Sodium 140 mmol/L\\E\\par Potassium 4.1 mmol/L}"
    html = "<html><body><table><tr><td>Glucose</td><td>105</td><td>mg/dL</td></tr></table></body></html>"
    found = decoded(OBR, f"OBX|1|FT|R^Report^L||{rtf}||||||F", f"OBX|2|TX|H^Report^L||{html}||||||F")
    assert [item.document.media_type for item in found.documents] == ["application/rtf", "text/html"]


def test_encoding_a_keeps_text_with_unescaped_separators() -> None:
    """Declared as plain text, what stands behind the encoding is data, carets and all."""
    found = decoded(OBR, "OBX|1|ED|R^Report^L||^TEXT^PLAIN^A^WBC 5.7 10^9/L normal\\.br\\RBC 4.8 10^12/L normal||||||F")
    assert files(found) == [b"WBC 5.7 10^9/L normal\nRBC 4.8 10^12/L normal"]


def test_remarks_behind_a_document_go_to_its_order() -> None:
    """NTE behind an ED are not lost with it."""
    found = decoded(OBR, ed(PDF), "NTE|1|L|Called to the ward at ten.")
    assert found.inbound.orders[0].note_lines == ("NTE|1|L|Called to the ward at ten.",)


@pytest.mark.parametrize("status", ["P", "C", "F"])
def test_the_status_of_the_carrier_stands_in_for_obr_25(status: str) -> None:
    """An order without OBR-25 has the status of the document it brings."""
    found = decoded("OBR|1|P100|F200|X^Panel^L", ed(PDF, status=status))
    assert found.inbound.orders[0].report_status == status


def test_foreign_separators_change_nothing_about_a_carrier() -> None:
    """The sorting knows the message's own component separator."""
    head = "MSH|@~\\&|LIS|LAB|EHR|HOSP|20260301||ORU@R01|M1|P|2.5.1"
    found = decoded(
        "OBR|1|P1|F1|X@Panel@L", f"OBX|1||R@Report@L||@AP@PDF@Base64@{b64(PDF)}||||||F", head=head, pid="PID|1||1@@@H"
    )
    assert files(found) == [PDF]
