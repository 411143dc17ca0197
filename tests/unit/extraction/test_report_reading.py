"""The reader on hand-written reports, each with one trap."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from engine.documents.opening import open_pages
from engine.documents.pages import OpenedPages, Page, PageSource, Word
from engine.domain.report import LabReport, Result
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import ReadHints, read_report

HEAD = "Lab X      Patient: Kim, Lee  DOB: 1970-01-02\n"


@cache
def packs() -> Packs:
    return load_packs()


def read(text: str, hints: ReadHints | None = None) -> LabReport:
    return read_report(open_pages(text.encode()), packs(), sha256="0" * 64, hints=hints or ReadHints())


def by_name(report: LabReport) -> dict[str, Result]:
    return {result.test_name: result for result in report.results}


def codes(result: Result) -> set[str]:
    return {item.code for item in result.review_reasons}


CLASSIC = """ACME CLINICAL LABORATORY
1200 Main Street, Suite 450, Springfield, IL 62704
Phone: (217) 555-0100   Fax: (217) 555-0101   CLIA: 14D0000000

Patient: DOE, JANE          MRN: A123456      DOB: 03/14/1970   Sex: F
Collected: 01/05/2024 08:15   Received: 01/05/2024 10:00   Reported: 01/06/2024 09:30
Ordering Physician: SMITH, JOHN MD    Accession: L24-00012

Test                     Result    Flag   Units      Reference Range
CHEMISTRY
Glucose                  112       H      mg/dL      70 - 99
Potassium                5.10             mmol/L     3.5 - 5.1
Sodium                   Pending          mmol/L     135 - 145
Calcium                  QNS              mg/dL      8.5 - 10.5
TSH                      <0.01     L      mIU/L      0.40 - 4.50
Made Up Test             12.3             U/L        5 - 20
Platelets                250,000          /uL        150,000 - 400,000
Vitamin D 25-OH          22.5      L      ng/mL      30 - 100
  Interpretation:
  Deficient       < 20 ng/mL
  Insufficient    20 - 29 ng/mL
ANA Titer                1:160     A                 <1:40
Hemoglobin A1c           5.8       H      %          <5.7
   Prediabetes: 5.7 - 6.4

This test was developed and its performance characteristics determined by ACME. Not cleared by FDA 510(k).
Page 1 of 1
Medical Director: Jane Roe, MD   1200 Main Street 62704
"""


def test_addresses_risk_tables_and_disclaimers_are_no_results() -> None:
    """Only the printed tests become results: no address, phone, category of a risk table, or sentence does."""
    names = [result.test_name for result in read(CLASSIC).results]
    assert names == [
        "Glucose", "Potassium", "Sodium", "Calcium", "TSH", "Made Up Test", "Platelets", "Vitamin D 25-OH", "ANA Titer",
        "Hemoglobin A1c",
    ]  # fmt: skip


def test_fields_of_a_row() -> None:
    """Value, unit, range, flag and code of a row, digits as printed, with the boxes they were read from."""
    rows = by_name(read(CLASSIC))
    glucose, potassium, tsh = rows["Glucose"], rows["Potassium"], rows["TSH"]
    assert (glucose.value, glucose.unit, glucose.reference_range, glucose.flag) == ("112", "mg/dL", "70 - 99", "H")
    assert (glucose.loinc_code, glucose.interpretation, glucose.value_type) == ("2345-7", "H", "NM")
    assert (glucose.reference_low, glucose.reference_high) == (Decimal(70), Decimal(99))
    assert str(potassium.numeric_value) == "5.10"
    assert (tsh.value, tsh.comparator, tsh.numeric_value, tsh.value_type) == ("<0.01", "<", Decimal("0.01"), "SN")
    assert glucose.provenance is not None
    assert set(glucose.provenance.fields) == {"test_name", "value", "flag", "unit", "reference_range"}
    assert not glucose.needs_review


def test_pending_and_cancelled_have_no_value() -> None:
    """A pending or cancelled test keeps its code and status, and no value."""
    rows = by_name(read(CLASSIC))
    assert (rows["Sodium"].value, rows["Sodium"].numeric_value, rows["Sodium"].status) == ("", None, "I")
    assert (rows["Calcium"].value, rows["Calcium"].status, rows["Calcium"].needs_review) == ("", "X", False)


def test_unknown_tests_stay_uncoded() -> None:
    """A test without a known name is kept with its printed name and goes to a person."""
    unknown = by_name(read(CLASSIC))["Made Up Test"]
    assert (unknown.value, unknown.unit_ucum, unknown.loinc_code) == ("12.3", "U/L", "")
    assert codes(unknown) == {"code.unknown"}
    assert unknown.review_reasons[0].field == f"results[{unknown.id}].loinc_code"


def test_comments_stay_with_their_result() -> None:
    """What is printed under a result is its comment, risk tables included."""
    rows = by_name(read(CLASSIC))
    assert rows["Vitamin D 25-OH"].comments[0] == "Interpretation:"
    assert any("Insufficient" in comment for comment in rows["Vitamin D 25-OH"].comments)
    assert rows["Glucose"].comments == ()


def test_letterhead_fields() -> None:
    """Patient, times, provider, accession and lab are read from the letterhead."""
    report = read(CLASSIC)
    assert (report.patient.family, report.patient.given, report.patient.birth_date) == ("DOE", "JANE", "1970-03-14")
    assert [(item.value, item.type, item.label) for item in report.patient.identifiers] == [("A123456", "MR", "MRN")]
    assert report.report.collected_at == "2024-01-05T08:15"
    assert report.report.ordering_provider == "SMITH, JOHN MD"
    assert (report.lab.name, report.lab.accession) == ("ACME CLINICAL LABORATORY", "L24-00012")
    assert report.patient_count == 1


def test_two_readings_of_a_number_need_a_deciding_document() -> None:
    """`1.234` without a habit and without a range is ambiguous; with a range near one reading it is decided."""
    rows = by_name(
        read(
            HEAD
            + "Test          Result    Units     Reference\nFerritin      1.234     ng/mL\nVitamin B12   1,050     pg/mL     200 - 900\n"
        )
    )
    assert (rows["Ferritin"].value, rows["Ferritin"].numeric_value) == ("1.234", None)
    assert "value.ambiguous" in codes(rows["Ferritin"])
    assert rows["Vitamin B12"].numeric_value == Decimal(1050)


def test_range_against_habit_is_ambiguous() -> None:
    """Where the document's habit and the row's own range disagree, nobody guesses."""
    text = (
        HEAD + "Test          Result    Units     Reference\n"
        "Sodium        139.5     mmol/L    135.0 - 145.0\nCalcium       9.1       mg/dL     8.5 - 10.5\n"
        "Platelets     250.000   /uL       150000 - 400000\n"
    )
    platelets = by_name(read(text))["Platelets"]
    assert platelets.numeric_value is None
    assert "value.ambiguous" in codes(platelets)


def test_units_outside_the_test_take_the_code_away() -> None:
    """A unit that does not belong to the test, or a missing one that decides the code, leaves the row uncoded."""
    rows = by_name(
        read(
            HEAD
            + "Test        Result   Units   Range\nGlucose     5.2      pg/mL   3.9-5.6\nMonocytes   5.00             2 - 10\n"
        )
    )
    assert (rows["Glucose"].loinc_code, codes(rows["Glucose"])) == ("", {"unit.mismatch"})
    assert (rows["Monocytes"].loinc_code, codes(rows["Monocytes"])) == ("", {"unit.mismatch"})


def test_doubtful_rows_are_caught() -> None:
    """Impossible values, flags against the range, similar names and unmarked outliers all need a person."""
    text = (
        HEAD + "Test          Result    Flag   Units    Range\n"
        "Glucose       9000      H      mg/dL    70-99\n"
        "Creatinine    0.9       H      mg/dL    0.6-1.2\n"
        "Hemoglobn     13.2             g/dL     12-16\n"
    )
    rows = by_name(read(text))
    assert "value.implausible" in codes(rows["Glucose"])
    assert "extraction.low_confidence" in codes(rows["Creatinine"])
    assert (rows["Hemoglobn"].loinc_code, codes(rows["Hemoglobn"])) == ("718-7", {"extraction.low_confidence"})


def test_missing_flag_in_a_flagging_document() -> None:
    """A value outside its range without the flag that others have is doubtful."""
    text = (
        HEAD + "Test          Result    Flag   Units     Range\n"
        "Glucose       112       H      mg/dL     70-99\n"
        "Sodium        150       H      mmol/L    135-145\n"
        "Calcium       12.1      H      mg/dL     8.5-10.5\n"
        "Chloride      130              mmol/L    98-107\n"
    )
    assert codes(by_name(read(text))["Chloride"]) == {"extraction.low_confidence"}


def test_similar_names_of_rival_tests_stay_uncoded() -> None:
    """A name about as similar to two tests gets the code of neither."""
    row = read(
        HEAD + "Test                Result   Units    Range\nBilirubin directt   0.2      mg/dL    0-0.3\n"
    ).results[0]
    assert row.loinc_code == ""
    assert "code.unknown" in codes(row)


def test_former_results_are_not_results() -> None:
    """Previous values stay previous, with their date; a test that was only done before gives no result."""
    text = (
        HEAD + "Test               Result   Previous   Date         Units    Range\n"
        "Glucose            98       105        2023-10-01   mg/dL    70-99\n"
        "Urea nitrogen               20         2023-10-01   mg/dL    7-20\n"
    )
    report = read(text)
    assert [(result.test_name, result.value) for result in report.results] == [("Glucose", "98")]
    assert [(item.date, item.value) for item in report.results[0].previous] == [("2023-10-01", "105")]


def test_dates_as_headings() -> None:
    """With dates as headings the newest one is the result, the others are former."""
    text = (
        HEAD + "Test            01/03/2024   12/25/2023   11/01/2023   Units    Range\n"
        "Sodium          139          140          141          mmol/L   135-145\n"
        "Potassium                    4.0          4.1          mmol/L   3.5-5.1\n"
    )
    report = read(text)
    assert [(result.test_name, result.value) for result in report.results] == [("Sodium", "139")]
    assert [item.date for item in report.results[0].previous] == ["2023-12-25", "2023-11-01"]


def test_reordered_columns_and_glued_flags() -> None:
    """Columns may stand in any order, and a flag may stand in the value's cell."""
    text = HEAD + "Reference Range   Units   Result   Test\n70-99             mg/dL   105 H    Glucose\n"
    row = read(text).results[0]
    assert (row.test_name, row.value, row.flag, row.loinc_code) == ("Glucose", "105", "H", "2345-7")


def test_wrapped_names() -> None:
    """A name that goes on above or below its value is joined when only the whole is a test."""
    text = (
        HEAD + "Test                      Result    Units     Reference Range\n\n"
        "Alkaline                  77        U/L       40-130\nPhosphatase\n\n"
        "Aspartate\nAminotransferase          25        U/L       5-40\n"
    )
    assert [(r.test_name, r.loinc_code) for r in read(text).results] == [
        ("Alkaline Phosphatase", "6768-6"),
        ("Aspartate Aminotransferase", "1920-8"),
    ]


def test_ranges_by_sex_need_the_sex() -> None:
    """Of ranges for each sex the patient's applies; the message may tell the sex the page does not."""
    text = HEAD + "Test          Result   Units   Range\nHemoglobin    12.9     g/dL    M: 13.5-17.5 F: 12.0-15.5\n"
    assert read(text).results[0].reference_low is None
    assert read(text, ReadHints(expected_sex="F")).results[0].reference_low == Decimal("12.0")


def test_lines_without_header() -> None:
    """Dotted leaders, colons and several tests in a line are read by form alone."""
    text = (
        HEAD + "Na 140 mmol/L   K 4.1 mmol/L   Cl 101 mmol/L\nGlucose: 105 mg/dL (70-110)\n"
        "Hemoglobin ........: 13.5 g/dL [12.0-16.0]\nCreatinine............ 0.9 mg/dL\n"
    )
    assert [(r.test_name, r.value, r.unit) for r in read(text).results] == [
        ("Na", "140", "mmol/L"), ("K", "4.1", "mmol/L"), ("Cl", "101", "mmol/L"), ("Glucose", "105", "mg/dL"),
        ("Hemoglobin", "13.5", "g/dL"), ("Creatinine", "0.9", "mg/dL"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "value", "flag", "number"),
    [
        ("112 H", "112", "H", "112"), ("H 112", "112", "H", "112"), ("*112", "112", "*", "112"), ("112*", "112", "*", "112"),
        ("112H", "112", "H", "112"), ("(H) 112", "112", "(H)", "112"), ("112 (H)", "112", "(H)", "112"), ("112^H", "112", "H", "112"),
        ("112 High", "112", "High", "112"), ("↑ 112", "112", "↑", "112"), ("112 H C", "112", "H C", "112"), ("112 mg/dL", "112", "", "112"),
        ("112mg/dL", "112", "", "112"), (">400 HH", ">400", "HH", "400"), ("< 0.5", "< 0.5", "", "0.5"), ("112^2", "112", "", "112"),
    ],
)  # fmt: skip
def test_value_cells(cell: str, value: str, flag: str, number: str) -> None:
    """A flag, mark or unit in the value's cell is parted from the number, whose digits stay."""
    row = read(HEAD + f"Test        Result        Units   Range\nGlucose     {cell:14}mg/dL\n").results[0]
    assert (row.value, row.flag, str(row.numeric_value)) == (value, flag, number)
    assert row.unit_ucum == "mg/dL"


@pytest.mark.parametrize(
    "cell", ["105 110", "1O5", "5 . 5", "70-99", "See Note", "-", "----", "N/A", "1.05E2", "12/2024"]
)
def test_value_cells_nobody_should_guess(cell: str) -> None:
    """What is no single number, known answer or titre never becomes a number, and goes to a person."""
    row = read(HEAD + f"Test        Result        Units   Range\nGlucose     {cell:14}mg/dL   70 - 110\n").results[0]
    assert row.numeric_value is None
    assert row.needs_review


def test_tables_side_by_side_at_different_heights() -> None:
    """Two tables beside each other are read one after the other, also where their headers are on different lines."""
    text = (
        HEAD + "\nHEMATOLOGY\nTest         Result  Units   Range\n"
        "WBC          7.2     K/uL    4-11              CHEMISTRY\n"
        "RBC          4.5     M/uL    4-6               Test        Result   Units    Range\n"
        "Hemoglobin   13.2    g/dL    12-16             Glucose     105 H    mg/dL    70-99\n"
        "                                               Sodium      140      mmol/L   135-145\n"
    )
    report = read(text)
    assert [(section.name, [r.test_name for r in section.results]) for section in report.sections] == [
        ("HEMATOLOGY", ["WBC", "RBC", "Hemoglobin"]),
        ("CHEMISTRY", ["Glucose", "Sodium"]),
    ]
    assert [r.value for r in report.results] == ["7.2", "4.5", "13.2", "105", "140"]


def test_headings_with_more_words() -> None:
    """Headings may carry a bracket, a second word, or a second line."""
    text = (
        HEAD + "Test Name / Methodology      Your Result (today)     Unit (SI)    Reference\n"
        "                                                                  Interval\n"
        "Glucose                      5.5                     mmol/L       3.9 - 5.5\nHexokinase\n"
    )
    row = read(text).results[0]
    assert (row.loinc_code, row.reference_high, row.method) == ("14749-6", Decimal("5.5"), "Hexokinase")


def test_printed_forms_beside_the_table_are_no_results() -> None:
    """Rooms, invoices, phone calls and sentences between rows make no results."""
    text = (
        HEAD + "Test         Result  Units   Range\nGlucose      105     mg/dL   70-99\n"
        "The result was called to Dr. Smith at 10:15 on 01/02/2024 by JD.\nFasting 8 hours\nTotal of 3 tests\n"
        "Room 12      Bed 3\nInvoice 4455   Amount 120.00\nSodium       140     mmol/L  135-145\n"
    )
    assert [r.test_name for r in read(text).results] == ["Glucose", "Sodium"]


def test_british_letterhead() -> None:
    """Surname and forename under their own labels, a spaced NHS number, and rows without a header."""
    text = (
        "ST ELSEWHERE NHS TRUST - PATHOLOGY\n"
        "Surname: BROWN     Forename: ALICE     NHS No: 943 476 5919     DOB: 25/12/1951   Sex: F\n"
        "Hospital No: RX123456   Consultant: Dr P Green   Sample taken: 03/02/2024 09:15   Lab No: B24.0012345\n\n"
        "Renal Profile\n  Potassium          4.2      mmol/L     [ 3.5 - 5.3 ]\n  CRP                <4       mg/L       [ 0 - 5 ]\n"
    )
    report = read(text)
    assert (report.patient.family, report.patient.given, report.patient.birth_date) == ("BROWN", "ALICE", "1951-12-25")
    assert [(i.value, i.type) for i in report.patient.identifiers] == [("943 476 5919", "NH"), ("RX123456", "MR")]
    assert (report.report.collected_at, report.lab.accession) == ("2024-02-03T09:15", "B24.0012345")
    assert [(r.value, r.reference_high) for r in report.results] == [("4.2", Decimal("5.3")), ("<4", Decimal(5))]


def test_urine_section_gives_urine_codes() -> None:
    """The heading supplies the specimen: glucose under urinalysis is not blood glucose."""
    text = (
        HEAD + "Test               Result     Flag  Units    Range\nURINALYSIS\n"
        "Glucose            Negative                  Negative\nWBC                0-2              /HPF     0-5\n"
        "CHEMISTRY\nGlucose            98               mg/dL    70-99\n"
    )
    found = [(r.test_name, r.loinc_code, r.value_type) for r in read(text).results]
    assert found == [("Glucose", "25428-4", "ST"), ("WBC", "5821-4", "SN"), ("Glucose", "2345-7", "NM")]


def test_spanish_decimal_commas() -> None:
    """A comma document reads its dots as thousands, by its own habit."""
    text = (
        "LABORATORIO CENTRAL\nPaciente: GARCÍA LÓPEZ, MARÍA   NHC: 445566   F. Nac.: 25/03/1980   Sexo: Mujer\n\n"
        "Prueba                 Resultado   Unidades    Valores de referencia\n"
        "Creatinina             0,85        mg/dL       0,50 - 1,10\n"
        "Hematíes               4,52        x10^6/uL    3,80 - 5,20\n"
        "Bilirrubina total      0,7         mg/dL       hasta 1,2\n"
        "Leucocitos             7.220       /uL         4.000 - 11.000\n"
        "TSH                    2,345       uUI/mL      0,400 - 4,500\n"
    )
    report = read(text)
    assert report.document.language == "es"
    assert [str(result.numeric_value) for result in report.results] == ["0.85", "4.52", "0.7", "7220", "2.345"]
    assert report.patient.birth_date == "1980-03-25"
    assert not any(result.needs_review for result in report.results)


def test_two_patients_in_one_document() -> None:
    """Pages of different patients hold the whole message."""
    page = "Lab\nPatient: {}   MRN: {}   DOB: {}\nTest   Result   Units   Range\nGlucose   100   mg/dL   70-99\n"
    report = read(
        page.format("DOE, JANE", 1111111, "01/02/1980") + "\f" + page.format("ROE, RICHARD", 2222222, "05/06/1970")
    )
    assert report.patient_count == 2
    assert (report.patient.family, [item.value for item in report.patient.identifiers]) == ("DOE", ["1111111"])
    assert "patient.two_in_document" in {item.code for item in report.review_reasons}


def test_other_peoples_names_are_no_second_patient() -> None:
    """A physician's block with the label `Name`, or the patient's name in other words, is no other patient."""
    body = "Test   Result   Units   Range\nGlucose   100   mg/dL   70-99\n"
    report = read(
        "Patient: DOE, JANE ANN   MRN: 1111111\nName: Dr. John Smith\n"
        + body
        + "\fPatient: Jane Doe   MRN: 1111111\n"
        + body
    )
    assert report.patient_count == 1
    assert report.review_reasons == ()


def test_ambiguous_birth_dates_lower_the_confidence() -> None:
    """03/04/1970 follows the language's order and says so in the confidence; an unmistakable date elsewhere cures it."""
    body = "Test   Result   Units   Range\nGlucose   100   mg/dL   70-99\n"
    doubtful = read("Lab  Patient: Kim, Lee  DOB: 03/04/1970\n" + body).patient
    assert (doubtful.birth_date, doubtful.confidence) == ("1970-03-04", 0.7)
    times = "Lab  Patient: Kim, Lee  DOB: 03/04/1970  Collected: 09/01/2024 10:10   Reported: 10/01/2024 12:00\n"
    assert (read(times + body).patient.birth_date, read(times + body).report.collected_at) == (
        "1970-04-03",
        "2024-01-09T10:10",
    )
    sure = read("Lab  Patient: Kim, Lee  DOB: 03/04/1970  Collected: 25/01/2024\n" + body).patient
    assert (sure.birth_date, sure.confidence) == ("1970-04-03", 0.97)


def test_what_is_no_report() -> None:
    """A letter is no report; a report without results says that none was found."""
    letter = read("Dear Dr. Jones,\nThank you for referring this patient, seen on 12 March 2024, who weighs 70 kg.\n")
    assert [item.code for item in letter.review_reasons] == ["document.not_a_report"]
    text = "General Hospital Laboratory\nPatient: DOE, JANE   Specimen: Blood   Collected: 01/02/2024\nThe chemistry tests could not be done.\n"
    assert [item.code for item in read(text).review_reasons] == ["extraction.no_results"]


def test_row_status_and_flags_in_the_range_column() -> None:
    """A status column speaks for its row only, and a flag word under the range heading is a flag."""
    text = (
        HEAD.strip() + "   Status: Preliminary\nTest         Result  Units   Range            Status\n"
        "Glucose      105     mg/dL   70-99            Final\nSodium       141     mmol/L  135-145          Corrected\n"
    )
    report = read(text)
    assert report.report.status == "P"
    assert [result.status for result in report.results] == ["F", "C"]
    text = (
        HEAD
        + "TEST                       RESULT            REFERENCE\nHDL Cholesterol .......... 35 mg/dL  LOW      >40\n"
    )
    row = read(text).results[0]
    assert (row.flag, row.interpretation, row.reference_range) == ("LOW", "L", ">40")


def test_correction_banner() -> None:
    """A banner makes the whole report a corrected one."""
    report = read(
        "*** CORRECTED REPORT ***\n" + HEAD + "Test   Result   Units   Range\nGlucose   100   mg/dL   70-99\n"
    )
    assert report.report.status == "C"


def test_failed_pages_are_reported() -> None:
    """A page that could not be read makes the reading partial; none readable makes it unreadable."""
    good = open_pages((HEAD + "Test   Result   Units   Range\nGlucose   100   mg/dL   70-99\n").encode()).pages[0]
    bad = Page(number=2, width=600, height=800, source=PageSource.NONE, failed="no text layer")
    partial = read_report(
        OpenedPages(media_type="application/pdf", pages=(good, bad), page_count=2), packs(), sha256=""
    )
    assert partial.pages_failed == (2,)
    assert [item.code for item in partial.review_reasons] == ["extraction.partial"]
    assert len(partial.results) == 1
    nothing = read_report(OpenedPages(media_type="application/pdf", pages=(bad,), page_count=1), packs(), sha256="")
    assert [item.code for item in nothing.review_reasons] == ["extraction.partial", "document.unreadable"]
    assert nothing.needs_review


def test_unsure_words_need_review() -> None:
    """Words read with little confidence make the result doubtful, whatever they say."""
    page = open_pages((HEAD + "Test   Result   Units   Range\nGlucose   100   mg/dL   70-99\n").encode()).pages[0]
    words = tuple(Word(w.text, w.x0, w.y0, w.x1, w.y1, 0.6) for w in page.words)
    opened = OpenedPages(
        media_type="application/pdf", pages=(Page(number=1, width=600, height=800, words=words),), page_count=1
    )
    result = read_report(opened, packs(), sha256="").results[0]
    assert result.needs_review
    assert result.confidence <= 0.6


def test_ids_follow_the_printed_order_and_reading_is_repeatable() -> None:
    """The same document gives the same report, results numbered in printed order."""
    first, second = read(CLASSIC), read(CLASSIC)
    assert first == second
    assert [result.id for result in first.results] == [f"r{n}" for n in range(1, len(first.results) + 1)]


def test_a_mark_glued_to_an_answer_of_two_words_is_a_flag() -> None:
    """`(*)Muito turvo` is the answer *Muito turvo*, marked; the row is no remark on the one above."""
    report = read(
        "Laboratório X     Nome: Souza, Ana     Data de nascimento: 02/01/1970\n"
        "Exame            Resultado          Unidade     Valores de referência\n"
        "Cor              Amarelo claro                  [Amarelo]\n"
        "Aspecto          (*)Muito turvo                 [Límpido]\n",
        ReadHints(language="pt"),
    )
    row = by_name(report)["Aspecto"]
    assert (row.value, row.flag, row.reference_range) == ("Muito turvo", "(*)", "[Límpido]")
