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


LOINC = 'codeSystem="2.16.840.1.113883.6.1"'


def level3(entries: str, text: str = TABLE) -> OpenedPages:
    """A document whose section holds these observations."""
    held = "".join(f"<entry><organizer><component>{entry}</component></organizer></entry>" for entry in (entries,))
    section = f"<section><title>Chemistry</title><text>{text}</text>{held}</section>"
    return open_pages(cda(f"<structuredBody><component>{section}</component></structuredBody>"))


def observation(code: str, value: str, *, system: str = LOINC, more: str = "", name: str = "") -> str:
    """One observation of an entry."""
    return f'<observation moodCode="EVN"><code code="{code}" {system} displayName="{name}"/>{more}{value}</observation>'


def test_entries_are_handed_on_with_unit_and_range() -> None:
    """Quantity, code, unit, range, interpretation and status of an observation, as they were sent."""
    span = '<referenceRange><observationRange><value><low value="3.5" unit="mmol/L"/><high value="5.1" unit="mmol/L"/></value></observationRange></referenceRange>'  # fmt: skip
    entry = level3(
        observation(
            "2823-3", '<value xsi:type="PQ" value="5.4" unit="mmol/L"/>', name="Potassium",
            more='<statusCode code="completed"/><interpretationCode code="H"/>' + span,
        )
    ).entries[0]  # fmt: skip
    assert (entry.name, entry.code, entry.certain, entry.value, entry.unit) == (
        "Potassium",
        "2823-3",
        True,
        "5.4",
        "mmol/L",
    )
    assert (entry.low, entry.high, entry.interpretation, entry.preliminary) == ("3.5", "5.1", "H", False)


def test_an_entry_that_contradicts_the_page_makes_a_doubt() -> None:
    """The page says 105 and the entry 999: the page's value stays, and the result waits."""
    report = read_report(open_pages(cda(structured(TABLE))), load_packs(), sha256="ab" * 32)
    glucose = report.results[0]
    assert (glucose.value, glucose.needs_review) == ("105", True)
    assert [item.code for item in glucose.review_reasons] == ["value.not_in_document"]


def test_an_entry_that_agrees_confirms_the_row() -> None:
    """The same number under the same code adds nothing and takes nothing."""
    opened = level3(observation("2345-7", '<value value="105" unit="mg/dL"/>'))
    report = read_report(opened, load_packs(), sha256="ab" * 32)
    assert [(item.test_name, item.needs_review) for item in report.results] == [
        ("Glucose", False),
        ("Platelets", False),
    ]


def test_an_entry_without_a_row_is_kept_and_waits() -> None:
    """A result that no row shows is not dropped; it waits, unless the prose of the page holds its value."""
    sodium = observation("2951-2", '<value value="141" unit="mmol/L"/>', name="Sodium")
    beside = read_report(level3(sodium), load_packs(), sha256="ab" * 32).results[-1]
    assert (beside.test_name, beside.value, beside.needs_review) == ("Sodium", "141", True)
    prose = read_report(level3(sodium, "<paragraph>Sodium was 141 today.</paragraph>"), load_packs(), sha256="ab" * 32)
    assert [(item.test_name, item.loinc_code, item.needs_review) for item in prose.results][-1] == (
        "Sodium",
        "2951-2",
        False,
    )


@pytest.mark.parametrize(
    "entry",
    [
        observation("2951-2", '<value nullFlavor="UNK"/>'),
        observation("2951-2", '<value value="141" unit="mmol/L"/>').replace('moodCode="EVN"', 'negationInd="true"'),
        observation("2951-2", '<value value="141" unit="mmol/L"/>').replace("EVN", "GOL"),
    ],
)
def test_what_an_entry_denies_is_no_result(entry: str) -> None:
    """No value, a negation and a goal are not results."""
    assert level3(entry).entries == ()
