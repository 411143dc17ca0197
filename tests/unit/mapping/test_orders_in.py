"""Orders, notes and observations are grouped by position as senders really place them; nothing is dropped."""

from __future__ import annotations

import pytest

from tests.support.lab_messages import NUMBER, OBR, PDF, decoded, ed, files, inbound

OTHER = "OBX|2|NM|2951-2^Sodium^LN||140|mmol/L|136-145|N|||F"


def test_a_second_obr_opens_a_second_order() -> None:
    """Observations belong to the OBR before them."""
    orders = inbound(OBR, NUMBER, "OBR|2|P101|F201|X^Other^L", OTHER).orders
    assert [(item.filler_order_number.number, len(item.observations)) for item in orders] == [("F200", 1), ("F201", 1)]


def test_orc_numbers_stand_in_for_an_obr_without() -> None:
    """ORC-2/3 are used where OBR-2/3 are empty, OBR wins where both are sent."""
    orders = inbound(
        "ORC|RE|P1|F1^LAB", "OBR|1|||X^Panel^L", NUMBER, "ORC|RE|P2|F2", "OBR|2|P3||Y^Panel^L", OTHER
    ).orders
    assert [(item.placer_order_number.er7, item.filler_order_number.er7) for item in orders] == [
        ("P1", "F1^LAB"),
        ("P3", "F2"),
    ]


def test_results_before_any_obr_are_kept() -> None:
    """OBX first: an order of their own with a note; the OBR that follows is another."""
    found = inbound(NUMBER, OBR, OTHER)
    assert [len(item.observations) for item in found.orders] == [1, 1]
    assert any("before any OBR" in note for note in found.notes)


def test_notes_belong_to_what_stands_before_them() -> None:
    """NTE of the patient, the order and the result each stay in their place."""
    found = inbound("NTE|1|L|patient", OBR, "NTE|1|L|order", NUMBER, "NTE|1|L|result")
    assert found.note_lines == ("NTE|1|L|patient",)
    assert found.orders[0].note_lines == ("NTE|1|L|order",)
    assert found.orders[0].observations[0].note_lines == ("NTE|1|L|result",)


def test_a_specimen_before_the_results_hides_none() -> None:
    """Senders put SPM before OBX; those OBX are results."""
    assert inbound(OBR, "SPM|1|S1||BLD", NUMBER, OTHER).observation_count == 2


def test_specimen_observations_behind_the_results_are_noted() -> None:
    """OBX of the specimen group are no results; that they came is told."""
    found = inbound(OBR, NUMBER, "SPM|1|S1||BLD", "OBX|1|ST|SPQ^Quality^L||good||||||F")
    assert found.observation_count == 1
    assert any("specimen observation" in note for note in found.notes)


def test_a_document_behind_the_specimen_is_a_document() -> None:
    """An ED is the report wherever it stands."""
    assert files(decoded(OBR, NUMBER, "SPM|1|S1||BLD", ed(PDF, 2))) == [PDF]


@pytest.mark.parametrize("kind", ["TX", "FT", "ST", ""])
def test_text_is_never_split_at_carets_or_ampersands(kind: str) -> None:
    """OBX-5 of text types holds what stands between the separators."""
    value = "ratio 10^9/L & see http://lab.example/?a=1&b=2"
    found = inbound(OBR, NUMBER, f"OBX|2|{kind}|C^Comment^L||{value}||||||F")
    assert found.orders[0].observations[1].values == (value,)


def test_an_observation_keeps_its_line_byte_for_byte() -> None:
    """The segment as sent stands beside what was read from it, escapes untouched."""
    line = "OBX|7|CWE|ABO^Blood group^L^882-1^ABO^LN|1.2|A\\T\\B^A \\S\\ B^L~O^^L|| |A^^HL70078~W|||C|||20260301|LIS^^L"
    item = inbound(OBR, line).orders[0].observations[0]
    assert item.er7 == line
    assert item.code.in_system("LN") == "882-1"
    assert item.values == ("A&B^A ^ B^L", "O^^L")
    assert (item.interpretation, item.status, item.sub_id) == (("A", "W"), "C", "1.2")


def test_stat_is_seen_in_tq1_and_in_obr() -> None:
    """TQ1-9, OBR-27.6 and the old OBR-5 all mean a STAT order."""
    orders = inbound(
        "ORC|RE", "TQ1|1||||||||S", "OBR|1|P|F|X^P^L", NUMBER, "OBR|2|P|G|X^P^L|STAT", NUMBER, "OBR|3|P|H|X^P^L", NUMBER
    ).orders
    assert [item.priority for item in orders] == ["S", "S", ""]


def test_mdm_numbers_and_status_come_from_txa() -> None:
    """TXA-12, 13, 14, 15 and 17 stand where an ORU has OBR."""
    head = "MSH|^~\\&|LIS|LAB|EHR|HOSP|20260301||MDM^T10^MDM_T02|M1|P|2.5.1"
    txa = "TXA|1|LAB^Lab report^L|AP||20260301|20260301||||||D2^LIS|D1^LIS|P9|F9||PA"
    found = inbound("EVN|T10|20260301", "PV1|1|O", txa, ed(PDF), head=head)
    order = found.orders[0]
    assert (found.document_number, found.parent_document_number, found.document_status) == ("D2", "D1", "PA")
    assert (order.placer_order_number.er7, order.filler_order_number.er7, order.report_status) == ("P9", "F9", "P")
