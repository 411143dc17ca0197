"""CDA as pages of words: narrative tables keep their cells, a body of its own kind is opened, attacks are refused."""

from __future__ import annotations

import base64

import pytest

from engine.documents.opening import open_pages
from engine.documents.pages import OpenedPages
from engine.extraction.layout import lines_of
from engine.extraction.packs import load_packs
from engine.extraction.reader import ReadHints, read_report
from tests.generators.patients import make_population
from tests.generators.reports import compose, render

HEAD = """\
<recordTarget><patientRole><id root="1.2.3" extension="MRN-7"/><patient>
<name use="L"><given>Ana</given><given>Luz</given><family>Prueba</family></name>
<administrativeGenderCode code="F"/><birthTime value="19680512"/></patient></patientRole></recordTarget>
<author><assignedAuthor><assignedPerson><name><given>Otro</given><family>Nombre</family></name></assignedPerson>
</assignedAuthor></author>"""
TABLE = """\
<table border="1"><caption>Results</caption><thead><tr><th>Test</th><th>Result</th><th>Units</th><th>Reference</th></tr>
</thead><tbody><tr><td><content ID="r1">Glucose</content></td><td>105</td><td>mg/dL</td><td>70 - 99</td></tr>
<tr><td>Platelets</td><td>250</td><td>x10<sup>3</sup>/uL</td><td>150 - 400</td></tr></tbody></table>"""
ENTRY = """\
<entry><observation><code code="2345-7"/><text><reference value="#r1"/>entry text</text><value value="999"/>
</observation></entry>"""


def cda(body: str, *, head: str = HEAD, language: str = "en-US", prolog: str = '<?xml version="1.0"?>') -> bytes:
    words = (
        f'{prolog}<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Lab Report</title><languageCode code="{language}"/>'
    )
    return f"{words}{head}<component>{body}</component></ClinicalDocument>".encode()


def structured(text: str, title: str = "Chemistry") -> str:
    section = f"<section><title>{title}</title><text>{text}</text>{ENTRY}</section>"
    return f"<structuredBody><component>{section}</component></structuredBody>"


def non_xml(content: bytes, told: str = 'mediaType="application/pdf" representation="B64"') -> str:
    return f"<nonXMLBody><text {told}>\n{base64.encodebytes(content).decode()}</text></nonXMLBody>"


def cells(opened: OpenedPages) -> list[list[str]]:
    return [[cell.text for cell in line.cells] for line in lines_of(opened.pages[0])]


def test_narrative_tables_keep_their_cells() -> None:
    """Patient of the header first, headings, then rows cell by cell; exponents stay; entries and authors are silent."""
    assert cells(open_pages(cda(structured(TABLE)))) == [
        ["Patient: Prueba, Ana Luz"],
        ["Patient ID: MRN-7"],
        ["DOB: 1968-05-12"],
        ["Sex: F"],
        ["Lab Report"],
        ["Chemistry"],
        ["Results"],
        ["Test", "Result", "Units", "Reference"],
        ["Glucose", "105", "mg/dL", "70 - 99"],
        ["Platelets", "250", "x10^3/uL", "150 - 400"],
    ]


def test_the_reader_finds_patient_and_results() -> None:
    """The same path as every document: coded results and the patient of the header."""
    report = read_report(open_pages(cda(structured(TABLE))), load_packs(), sha256="ab" * 32, hints=ReadHints())
    assert [(row.test_name, row.value, row.unit_ucum, row.loinc_code) for row in report.results] == [
        ("Glucose", "105", "mg/dL", "2345-7"),
        ("Platelets", "250", "10*3/uL", "777-3"),
    ]
    assert (report.patient.family, report.patient.birth_date, report.patient.sex) == ("Prueba", "1968-05-12", "F")
    assert [item.value for item in report.patient.identifiers] == ["MRN-7"]
    assert report.patient_count == 1


@pytest.mark.parametrize(
    ("language", "label"), [("es-ES", "Paciente"), ("de", "Patient"), ("it", "Paziente"), ("xx", "Patient")]
)
def test_labels_are_those_of_the_language(language: str, label: str) -> None:
    """The narrative and its header are read with one language pack."""
    assert cells(open_pages(cda(structured(TABLE), language=language)))[0] == [f"{label}: Prueba, Ana Luz"]


def test_lists_paragraphs_and_breaks_are_lines() -> None:
    """Text outside tables stays in lines; inside a cell a paragraph is a blank."""
    text = "<paragraph>Fasting</paragraph><list><item>one</item><item>two<br/>three</item></list>"
    text += "<table><tr><td><paragraph>HDL</paragraph><paragraph>cholesterol</paragraph></td><td>50</td></tr></table>"
    assert cells(open_pages(cda(structured(text), head="")))[2:] == [
        ["Fasting"],
        ["one"],
        ["two"],
        ["three"],
        ["HDL cholesterol", "50"],
    ]


def test_a_body_of_its_own_kind_is_opened() -> None:
    """A PDF in base64 is read as that PDF; boxes are those of its pages."""
    pdf = render(compose("us_chem", seed=5, patient=make_population(8100, 1, "en")[0], panels=("lipids",)))[0]
    opened, alone = open_pages(cda(non_xml(pdf))), open_pages(pdf)
    assert opened.pages == alone.pages
    assert (opened.media_type, opened.reason_code, opened.notes) == (
        "application/hl7-v3+xml",
        "",
        ("nonXMLBody: application/pdf",),
    )


def test_a_text_body_is_text() -> None:
    """`representation` TXT, the default, holds the text itself."""
    body = '<nonXMLBody><text mediaType="text/plain">Glucose   105   mg/dL</text></nonXMLBody>'
    assert cells(open_pages(cda(body))) == [["Glucose", "105", "mg/dL"]]


@pytest.mark.parametrize(
    "body",
    [
        '<nonXMLBody><text mediaType="application/pdf"><reference value="report.pdf"/></text></nonXMLBody>',
        '<nonXMLBody><text representation="B64">no base64!</text></nonXMLBody>',
        '<nonXMLBody><text representation="B64">Ñandú</text></nonXMLBody>',
        non_xml(cda(structured(TABLE))),
        non_xml(b"\x00\x01\x02\x03" * 20),
    ],
)
def test_a_body_that_cannot_be_had_is_unreadable(body: str) -> None:
    """Nothing is fetched, nothing nested is followed, and the reason says that a person is needed."""
    opened = open_pages(cda(body))
    assert (opened.pages, opened.reason_code) == ((), "document.unreadable")


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE ClinicalDocument SYSTEM "http://192.0.2.1/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
    ],
)
def test_document_types_are_refused(prolog: str) -> None:
    """No DTD, no entities, no fetching: the usual attacks end as unreadable."""
    assert open_pages(cda(structured(TABLE), prolog=prolog)).reason_code == "document.unreadable"


@pytest.mark.parametrize("data", [cda(structured(TABLE))[:-40], b"<ClinicalDocument/>", b"<ClinicalDocument>" * 300])
def test_odd_documents_fail_nothing(data: bytes) -> None:
    """Cut off, empty or too deep: pages without words or a reason, never an error."""
    opened = open_pages(data)
    assert opened.reason_code or not any(page.words for page in opened.pages)
