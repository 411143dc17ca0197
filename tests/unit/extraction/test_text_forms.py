"""Habits of reports that are text from the start: grades behind answers, marks before units, blocks, columns by blanks."""

from __future__ import annotations

import pytest

from engine.documents.opening import open_pages
from engine.extraction.packs import load_packs
from engine.extraction.reader import ReadHints, read_report
from tests.unit.extraction.test_further_habits import reading


@pytest.mark.parametrize("printed", ["Positivo (+)", "Positivo (++)", "Positivo ++", "Positivo +", "Negativo (-)"])
def test_the_grade_behind_an_answer_is_part_of_it(printed: str) -> None:
    """`(+)` and `++` behind an answer in words say how much: the value is both, and the star after it is the flag."""
    report = reading(
        "es",
        "PRUEBA                      RESULTADO    UNIDADES     VALORES DE REFERENCIA\n"
        "Glucosa                  105   mg/dL        [74 - 106]\n"
        f"Proteínas en orina       {printed} *              [Negativo]\n",
    )
    assert [(item.value, item.flag, item.reference_range) for item in report.results][1:] == [
        (printed, "*", "[Negativo]")
    ]


def test_the_grade_behind_an_answer_without_columns() -> None:
    """The same where no heading tells the columns."""
    report = reading("pt", "URINA TIPO I\nProteínas ........: Presente ++   Ausente\n")
    assert [(item.value, item.reference_range) for item in report.results] == [("Presente ++", "Ausente")]


def test_a_mark_before_the_unit_is_the_flag_of_the_value() -> None:
    """`144 *  %` with one blank between mark and unit: the star belongs to no unit."""
    report = reading(
        "es",
        "PRUEBA                      RESULTADO    UNIDADES     VALORES DE REFERENCIA\n"
        "Actividad de protrombina       144 * %              [70 - 120]\n"
        "Glucosa                        112 * mg/dL          [74 - 106]\n",
    )
    assert [(item.value, item.flag, item.unit) for item in report.results] == [
        ("144", "*", "%"),
        ("112", "*", "mg/dL"),
    ]


def test_a_colon_behind_the_dots_is_no_cell() -> None:
    """`Hemácias ......:   5,52 milhões/mm³   4,30 a 5,70`: name, value, unit and range."""
    report = reading(
        "pt",
        "HEMOGRAMA COMPLETO\n"
        "Hemácias .........................:      5,52 milhões/mm³   4,30 a 5,70\n"
        "V.C.M. ...........................:      87,1 fL            81,0 a 95,0\n"
        "Segmentados (absoluto)                :     3.303 /mm³         1.700 a 7.000\n",
    )
    assert [(item.test_name, item.value, item.unit, item.reference_range) for item in report.results] == [
        ("Hemácias", "5,52", "milhões/mm³", "4,30 a 5,70"),
        ("V.C.M", "87,1", "fL", "81,0 a 95,0"),
        ("Segmentados (absoluto)", "3.303", "/mm³", "1.700 a 7.000"),
    ]
    assert not report.unread


def test_the_unit_said_again_behind_the_limits_is_no_part_of_the_range() -> None:
    """A block says the unit with the result and with the limits, with a space between or glued to them."""
    report = reading(
        "pt",
        "BIOQUÍMICA\n\n"
        "GLICOSE\nMaterial: Plasma       Método: Hexoquinase\n"
        "Resultado: 79 mg/dL    Valor de referência: 70 a 99 mg/dL\n\n"
        "HEMOGLOBINA GLICADA (HbA1c)\nMaterial: Sangue total\n"
        "Resultado: 4,3 %       Valor de referência: Inferior a 5,7 %\n\n"
        "SÓDIO\nMaterial: Soro\nResultado: 139         Valor de referência: 136 a 145 mEq/L\n",
    )
    assert [(item.value, item.unit, item.reference_range) for item in report.results] == [
        ("79", "mg/dL", "70 a 99"),
        ("4,3", "%", "Inferior a 5,7"),
        ("139", "", "136 a 145 mEq/L"),
    ]


def test_a_one_sided_range_goes_to_no_column_beside() -> None:
    """`> OR = 50` under the heading of ranges stays there, however near the laboratory's letters stand."""
    report = reading(
        "en",
        "TEST NAME               IN RANGE     OUT OF RANGE UNITS         REFERENCE     LB\n"
        "ALBUMIN                 4.4                       g/dL          3.6-5.1       SC\n"
        "HDL CHOLESTEROL                      40 L         mg/dL         > OR = 50     SC\n",
    )
    assert [(item.value, item.reference_range) for item in report.results] == [("4.4", "3.6-5.1"), ("40", "> OR = 50")]


def test_days_and_times_over_the_results_without_colons() -> None:
    """`Date` with three days, `Time` under it with the other headings: the newest is the result, nothing is in doubt."""
    report = reading(
        "en",
        "Date                         20/08/25    28/06/25   21/04/25\n"
        "Time                         11:02       11:49      10:50      Units           Ref. range\n\n"
        "LIVER\n"
        "ALT                          61 H        20         21         U/L             <50\n"
        "ALP                          85          92         91         U/L             30 - 130\n"
        "VIROLOGY\n"
        "Hepatitis C Antibody         Not det     Not det    Not det\n",
    )
    assert [(item.value, item.flag, item.unit, item.reference_range) for item in report.results] == [
        ("61", "H", "U/L", "<50"),
        ("85", "", "U/L", "30 - 130"),
        ("Not det", "", "", ""),
    ]
    assert [[former.value for former in item.previous] for item in report.results] == [
        ["20", "21"], ["92", "91"], ["Not det", "Not det"],
    ]  # fmt: skip
    assert not any(
        item.code == "extraction.low_confidence" for result in report.results for item in result.review_reasons
    )


def test_a_remark_behind_an_arrow_is_one_whatever_it_says() -> None:
    """`-> Diabetes diagnosis: 6.5 % or more.` is no label of the head."""
    report = reading(
        "en",
        "TEST                FLAG  RESULT    REFERENCE RANGE    UNITS\n"
        "  Hemoglobin A1c          5.3       < 6.0              %\n"
        "      -> Diabetes diagnosis: 6.5 % or more.\n"
        "  WBC               HI!   18.5      4.0 - 11.0         x E9/L\n",
    )
    assert [(item.value, item.flag, item.unit_ucum) for item in report.results] == [
        ("5.3", "", "%"),
        ("18.5", "HI!", "10*9/L"),
    ]
    assert report.results[0].comments == ("-> Diabetes diagnosis: 6.5 % or more.",)


def test_calculated_is_no_unit_that_nobody_knows() -> None:
    """`(calc)` alone under the heading of units: a ratio without a unit, as printed."""
    report = reading(
        "en",
        "TEST NAME               RESULT       UNITS         REFERENCE\n"
        "BUN/CREATININE RATIO    14           (calc)        6-22\n",
    )
    assert [(item.value, item.unit, item.review_reasons) for item in report.results] == [("14", "(calc)", ())]


def test_birth_date_and_age_under_one_label() -> None:
    """`DOB / Age` with both beside it."""
    report = read_report(
        open_pages(b"ACME LABORATORY\nPatient: DOE, JANE    DOB / Age: 12/19/1945 / 80 Y   Sex: F\n\nGlucose  105  mg/dL  70 - 99\n"),
        load_packs(), sha256="0" * 64,
    )  # fmt: skip
    assert (report.patient.birth_date, report.patient.name) == ("1945-12-19", "DOE, JANE")


def test_labels_that_a_dash_parts() -> None:
    """`Prélevé le … - Reçu le …` in one line without colons; the laboratory's name is not its address."""
    report = read_report(
        open_pages(
            "Biologie du Bief\n"
            "Laboratoire de biologie médicale multisite - 11 quai de l'Écluse, 71999 Pont-sur-Bief - Tél. 03 99 99 07 07\n\n"
            "Patient : Mme NOIROT Françoise\nNée le 30/05/1942 - Sexe : F - N° patient : 912469\n"
            "Dossier n° 250416-419472B - Prescripteur : Dr MÉNEZ\n"
            "Prélevé le 16/04/2025 à 09h58 - Reçu le 16/04/2025 à 10h33\n"
            "Compte rendu validé et édité le 16/04/2025 à 18h40\n\nHémoglobine   13,5   g/dL   12,0 - 16,0\n".encode()
        ),
        load_packs(), sha256="0" * 64, hints=ReadHints(language="fr"),
    )  # fmt: skip
    assert (report.lab.name, report.patient.birth_date) == ("Biologie du Bief", "1942-05-30")
    times = report.report
    assert (times.collected_at[:16], times.received_at[:16], times.reported_at[:16]) == (
        "2025-04-16T09:58", "2025-04-16T10:33", "2025-04-16T18:40",
    )  # fmt: skip


def test_a_name_goes_on_in_a_line_that_hangs_under_it() -> None:
    """An unknown name in capitals with its rest two blanks further right is one name; a remark there stays a remark."""
    report = reading(
        "en",
        "TEST NAME               RESULT                     UNITS         REFERENCE\n"
        "XYZZY AG/AB, 4TH        NON-REACTIVE                             NON-REACTIVE\n"
        "  GENERATION, SCREENING\n"
        "PLUGH FACTOR            12                         U/L           5-20\n"
        "  Hemolyzed specimen\n"
        "SODIUM                  140                        mmol/L        135-145\n",
    )
    assert [(item.test_name, item.value) for item in report.results] == [
        ("XYZZY AG/AB, 4TH GENERATION, SCREENING", "NON-REACTIVE"),
        ("PLUGH FACTOR", "12"),
        ("SODIUM", "140"),
    ]
    assert report.results[1].comments == ("Hemolyzed specimen",)


def test_a_plus_behind_an_answer_is_a_flag_where_numbers_have_one() -> None:
    """`+` marks what is high in some laboratories; a grade in brackets or of signs that are no flags is none."""
    head = "Analyse              Ergebnis        Einheit       Referenzbereich\n"
    answer = "HBs-Antigen          nachweisbar +                 nicht nachweisbar\n"
    marked = reading("de", head + "Glucose              130 +           mg/dl         70 - 99\n" + answer)
    assert [(item.value, item.flag) for item in marked.results] == [("130", "+"), ("nachweisbar", "+")]
    alone = reading("de", head + "Glucose              90              mg/dl         70 - 99\n" + answer)
    assert alone.results[1].value == "nachweisbar +"


def test_a_span_of_cells_with_its_mark_and_unit_in_one_cell_is_a_value() -> None:
    """`5-10 * /campo` reaches under two headings, and begins where the results stand."""
    report = reading(
        "es",
        "PRUEBA                                   RESULTADO   UNIDADES          VALORES DE REFERENCIA\n"
        "  Densidad ........................          1,011                     [1,005 - 1,030]\n"
        "  Leucocitos en sedimento .........           5-10 * /campo            [0-5]\n",
    )
    assert [(item.value, item.flag, item.unit, item.reference_range) for item in report.results][1:] == [
        ("5-10", "*", "/campo", "[0-5]")
    ]


def test_a_label_behind_a_dash_has_nothing_under_it() -> None:
    """A title that ends with the word for patient names nobody in the line below."""
    report = read_report(
        open_pages(b"Laboratory report - Patient\nSaint Elsewhere\n\nGlucose   105   mg/dL   70 - 99\n"),
        load_packs(), sha256="0" * 64,
    )  # fmt: skip
    assert report.patient.name == ""


def test_the_line_under_a_block_or_a_remark_is_no_rest_of_the_name() -> None:
    """`GLICOSE` in a block, with a remark or the next name under its result, is glucose and nothing else."""
    report = reading(
        "pt",
        "BIOQUÍMICA\n\n"
        "GLICOSE\nMaterial: Plasma fluoretado    Método: Hexoquinase\n"
        "Resultado: 79 mg/dL            Valor de referência: 70 a 99 mg/dL\n"
        "HEMOGLOBINA GLICADA (HbA1c)\nMaterial: Sangue total          Método: HPLC\n"
        "Resultado: 4,3 %               Valor de referência: Inferior a 5,7 %\n",
    )
    assert [(item.test_name, item.value, item.review_reasons) for item in report.results] == [
        ("GLICOSE", "79", ()), ("HEMOGLOBINA GLICADA (HbA1c)", "4,3", ()),
    ]  # fmt: skip
