"""Further habits of forms: where units, limits and flags may stand besides a column of their own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.documents.opening import open_pages
from engine.domain.report import LabReport
from engine.extraction.packs import load_packs
from engine.extraction.ranges import parse_range
from engine.extraction.reader import ReadHints, read_report


def reading(language: str, lines: str) -> LabReport:
    """A report of some lines under a plain head."""
    head = {
        "en": "Northern Pathology Laboratory\nPatient: DOE, JANE    Date of birth: 14-Mar-1970   Sex: F\n\n",
        "de": "Labor Nord\nPatient: Größ, Jürgen     Geburtsdatum: 14.03.1970   Geschlecht: M\n\n",
        "es": "Laboratorio Central\nPaciente: RUIZ, EVA     Fecha de nacimiento: 14/03/1970   Sexo: M\n\n",
        "fr": "Laboratoire du Parc\nPatient: LEFÈVRE, Zoé     Date de naissance: 14/03/1970   Sexe: F\n\n",
        "it": "Laboratorio Analisi\nPaziente: Rossi Nicolò     Data di nascita: 14/03/1970   Sesso: M\n\n",
        "pt": "Laboratório Central\nUtente: João Conceição     Data de nascimento: 14/03/1970   Sexo: M\n\n",
    }[language]
    hints = ReadHints(language=language)
    return read_report(open_pages((head + lines).encode()), load_packs(), sha256="0" * 64, hints=hints)


def test_limits_in_two_columns_are_one_range() -> None:
    """`Mín.` and `Máx.` are the ends of the range; an end that is not printed leaves it open."""
    report = reading(
        "es",
        "Determinación            Valor     Unidades       Mín.      Máx.\n"
        "Glucosa                  95        mg/dL          70        110\n"
        "Potasio                  6,3       mmol/L         3,5       5,1\n"
        "Proteína C reactiva      7,8       mg/L                     5,0\n"
        "Colesterol HDL           62        mg/dL          40\n",
    )
    found = [
        (item.value, item.unit, item.reference_range, item.reference_low, item.reference_high)
        for item in report.results
    ]
    assert found == [
        ("95", "mg/dL", "70 - 110", Decimal(70), Decimal(110)),
        ("6,3", "mmol/L", "3,5 - 5,1", Decimal("3.5"), Decimal("5.1")),
        ("7,8", "mg/L", "<= 5,0", None, Decimal("5.0")),
        ("62", "mg/dL", ">= 40", Decimal(40), None),
    ]
    assert not report.needs_review


@pytest.mark.parametrize(
    ("language", "low", "high"),
    [("en", "Low", "High"), ("de", "von", "bis"), ("fr", "Min", "Max"), ("it", "Min.", "Max."), ("pt", "Mínimo", "Máximo")],
)  # fmt: skip
def test_limits_in_two_columns_in_other_languages(language: str, low: str, high: str) -> None:
    """The headings of the two ends in each language."""
    head = {
        "en": "Test         Result   Units", "de": "Analyse      Ergebnis Einheit", "fr": "Examen       Résultat Unités",
        "it": "Esame        Esito    Unità", "pt": "Exame        Valor    Unidade",
    }[language]  # fmt: skip
    name = {"en": "Sodium", "de": "Natrium", "fr": "Sodium", "it": "Sodio", "pt": "Sódio"}[language]
    report = reading(language, f"{head}        {low:10}{high}\n{name:13}139      mmol/L        135       145\n")
    assert [(item.value, item.unit, item.reference_range) for item in report.results] == [
        ("139", "mmol/L", "135 - 145")
    ]


def test_low_and_high_above_marks_are_no_limits() -> None:
    """In a table with a range of its own, `Low` and `High` are the places of a flag."""
    report = reading(
        "en",
        "Test        Low     Result    High    Units     Reference Range\n"
        "Sodium              139               mmol/L    135 - 145\n",
    )
    assert [(item.value, item.reference_range) for item in report.results] == [("139", "135 - 145")]


def test_a_semicolon_between_limits() -> None:
    """`[4,0 ; 11,0]` is a range, beside the unit as in a column of its own."""
    assert parse_range("[4,0 ; 11,0]") is not None
    assert parse_range("4; 11; 12") is None
    report = reading(
        "pt",
        "Parâmetro        Int. ref.          Unid.      Atual\n"
        "Leucócitos       [4,0 ; 11,0]       x10^9/L    6,5\n"
        "Creatinina       [0,67 ; 1,17]      mg/dL      0,50\n",
    )
    found = [(item.value, item.unit, item.reference_low, item.reference_high) for item in report.results]
    assert found == [
        ("6,5", "x10^9/L", Decimal("4.0"), Decimal("11.0")),
        ("0,50", "mg/dL", Decimal("0.67"), Decimal("1.17")),
    ]


def test_units_in_the_titles_of_sections() -> None:
    """A title that ends with a unit in brackets gives it to the rows under it that print none."""
    report = reading(
        "en",
        "Blood fats (mmol/L)      Healthy range     04/02/2025    This visit\n"
        "Total cholesterol        under 5.0         5.1           4.9\n"
        "HDL cholesterol          over 1.2          1.7           1.6\n"
        "\n"
        "Liver (U/L)              Healthy range     04/02/2025    This visit\n"
        "ALT                      under 35          27            28\n",
    )
    found = [(item.value, item.unit, item.loinc_code, [old.value for old in item.previous]) for item in report.results]
    assert found == [
        ("4.9", "mmol/L", "14647-2", ["5.1"]),
        ("1.6", "mmol/L", "14646-4", ["1.7"]),
        ("28", "U/L", "1742-6", ["27"]),
    ]


def test_a_unit_in_a_title_that_is_none_of_the_tests() -> None:
    """A test that is never measured in the title's unit does not get it."""
    report = reading(
        "en",
        "Test                     Result     Reference Range\n"
        "Kidneys (mmol/L)\n"
        "Sodium                   139        135 - 145\n"
        "eGFR                     87         > 60\n",
    )
    assert [(item.test_name, item.unit) for item in report.results] == [("Sodium", "mmol/L"), ("eGFR", "")]


def test_a_unit_in_brackets_behind_a_known_name() -> None:
    """`Natrium [mmol/l]` is sodium in mmol/l; a bracket that belongs to the name stays with it."""
    report = reading(
        "de",
        "Untersuchung [Einheit]         Referenzbereich     Vorwert      Ergebnis\n"
        "Natrium [mmol/l]               136 bis 145         137          138\n"
        "Thrombozyten [Tsd./µl]         150 bis 370         252          232\n"
        "Neutrophile Granulozyten [%]   42,0 bis 77,0       58,2         60,7\n"
        "LDL-Cholesterin (Friedewald) [mg/dl]   unter 130   93           94\n"
        "HbA1c (IFCC) [mmol/mol]        20 bis 42           26           32\n",
    )
    found = [(item.test_name, item.value, item.unit) for item in report.results]
    assert found == [
        ("Natrium", "138", "mmol/l"),
        ("Thrombozyten", "232", "Tsd./µl"),
        ("Neutrophile Granulozyten", "60,7", "%"),
        ("LDL-Cholesterin (Friedewald)", "94", "mg/dl"),
        ("HbA1c (IFCC)", "32", "mmol/mol"),
    ]
    assert all(item.loinc_code for item in report.results)


def test_a_percentage_and_its_count_with_a_word_between() -> None:
    """`60,0 % soit 6,16 G/L` is two results; the one range goes to the number it fits."""
    report = reading(
        "fr",
        "Examen                          Résultat  Unité      Intervalle de référence\n"
        "Leucocytes                      10,27     G/L        4,05 - 11,00\n"
        "Polynucléaires neutrophiles     60,0 %  soit  6,16   G/L        1,50 - 7,50\n",
    )
    pair = [(item.value, item.unit, item.reference_range, item.loinc_code) for item in report.results[1:]]
    assert pair == [("60,0", "%", "", "770-8"), ("6,16", "G/L", "1,50 - 7,50", "751-8")]


@pytest.mark.parametrize(
    ("language", "mark", "kind"), [("it", "A", "H"), ("it", "B", "L"), ("es", "A", "H"), ("pt", "B", "L")]
)
def test_letters_that_mean_high_and_low(language: str, mark: str, kind: str) -> None:
    """Behind a number `A` (alto) and `B` (basso, bajo, baixo) are flags."""
    value, limits = ("8,6", "3,4 - 7,0") if kind == "H" else ("2,1", "3,4 - 7,0")
    head = {
        "it": "Esame             Esito       Unità      Valori di riferimento",
        "es": "Prueba            Resultado   Unidades   Valores de referencia",
        "pt": "Exame             Resultado   Unidade    Valores de referência",
    }[language]
    name = {"it": "Acido urico", "es": "Ácido úrico", "pt": "Ácido úrico"}[language]
    report = reading(language, f"{head}\n{name}       {value} {mark}       mg/dL      {limits}\n")
    assert [(item.value, item.flag, item.interpretation) for item in report.results] == [(value, mark, kind)]


def test_a_blood_group_stays_one() -> None:
    """Where no number stands before it, `A` is the answer."""
    report = reading("it", "Esame             Esito       Unità\nGruppo sanguigno  A\n")
    assert [(item.value, item.flag) for item in report.results] == [("A", "")]


def test_critical_values_marked_by_a_letter() -> None:
    """`C 2.8` is a critical value, in either direction."""
    report = reading(
        "en",
        "Component        Reference Range     Units     Result\n"
        "WBC Count        4.2 - 9.1           K/uL      C 2.8\n"
        "Platelets        163 - 337           K/uL      H 412\n",
    )
    assert [(item.value, item.flag) for item in report.results] == [("2.8", "C"), ("412", "H")]


def test_a_star_in_the_margin_is_a_flag() -> None:
    """A mark before the name belongs to the result."""
    report = reading(
        "en",
        "  Investigation               Result    Reference interval   Units\n"
        "  Sodium                      141       ( 133 - 146 )        mmol/L\n"
        "* Potassium                   2.9       ( 3.5 - 5.3 )        mmol/L\n",
    )
    assert [(item.test_name, item.flag, item.loinc_code) for item in report.results] == [
        ("Sodium", "", "2951-2"),
        ("Potassium", "*", "2823-3"),
    ]


@pytest.mark.parametrize(
    ("name", "unit", "code"),
    [
        ("Serum potassium level", "mmol/L", "2823-3"), ("Serum total bilirubin level", "umol/L", "14631-6"),
        ("Plasma glucose level", "mmol/L", "14749-6"), ("Haemoglobin concentration", "g/L", "718-7"),
        ("Serum free thyroxine level", "pmol/L", "14920-3"), ("Serum C reactive protein level", "mg/L", "1988-5"),
        ("Urine creatinine level", "mmol/L", "14683-7"), ("Potassium Lvl", "mmol/L", "2823-3"),
    ],
)  # fmt: skip
def test_names_as_british_records_spell_them(name: str, unit: str, code: str) -> None:
    """`Serum ... level`, `... concentration`: the words round the name, and the specimen they tell."""
    report = reading("en", f"Test                            Result     Units\n{name:32}4.1        {unit}\n")
    assert [item.loinc_code for item in report.results] == [code]


def test_the_end_of_a_bracket_on_the_next_line_belongs_to_the_name() -> None:
    """A name whose bracket is open goes on where the next line closes it."""
    report = reading(
        "en",
        "Test                                   Result     Reference interval    Units\n"
        "Estimated glomerular filtration rate (CKD-EPI\n"
        "2021)                                  87         > 60                  mL/min/1.73m2\n"
        "Sodium                                 139        135 - 145             mmol/L\n",
    )
    assert [item.loinc_code for item in report.results] == ["98979-8", "2951-2"]
    below = reading(
        "en",
        "Test                                             Result     Reference interval    Units\n"
        "Estimated glomerular filtration rate (CKD-EPI    87         > 60                  mL/min/1.73m2\n"
        "2021)\n"
        "Sodium                                           139        135 - 145             mmol/L\n",
    )
    assert [(item.loinc_code, item.comments) for item in below.results] == [("98979-8", ()), ("2951-2", ())]


def test_an_answer_under_the_range_heading_is_no_unit() -> None:
    """`Negative` in a column of ranges and units is the answer expected."""
    report = reading(
        "en",
        "Component            Ref Range & Units      Result\n"
        "Nitrite, Urine       Negative               Negative\n"
        "Glucose              74 - 106 mg/dL         112\n",
    )
    assert [(item.value, item.unit, item.reference_range) for item in report.results] == [
        ("Negative", "", "Negative"),
        ("112", "mg/dL", "74 - 106"),
    ]


def test_an_unknown_heading_ends_what_is_known_of_the_specimen() -> None:
    """Below a heading nobody knows, the urine of the one before decides no code; what is measured in one only is that."""
    report = reading(
        "de",
        "Untersuchung            Ergebnis     Einheit     Normbereich\n\n"
        "Urinstatus\n\n"
        "pH                      5,5                      5,0 - 8,0\n\n\n"
        "Purinhaushalt\n\n"
        "Harnsäure               5,1          mg/dl       2,6 - 7,0\n"
        "Cholesterin             172          mg/dl       < 200\n"
        "Nitrit                  negativ                  negativ\n\n\n"
        "Klinische Chemie\n\n"
        "Kreatinin               0,9          mg/dl       0,6 - 1,2\n",
    )
    found = {item.test_name: (item.loinc_code, item.needs_review, item.specimen) for item in report.results}
    assert found == {
        "pH": ("2756-5", False, "urine"),
        "Harnsäure": ("", True, ""),
        "Cholesterin": ("2093-3", False, ""),
        "Nitrit": ("5802-4", False, ""),
        "Kreatinin": ("2160-0", False, "blood"),
    }


def test_the_next_column_does_not_inherit_the_specimen() -> None:
    """A urine section at the foot of the left column says nothing of the tests of the right one."""
    report = reading(
        "de",
        "Parameter      Wert    Einheit   Norm            Parameter      Wert    Einheit   Norm\n"
        "Urinstatus                                       Purinhaushalt\n"
        "Nitrit         neg.              neg.            Harnsäure      2,1     mg/dl     2,6-7,0\n"
        "pH             7,2               5,0-8,0         Triglyceride   74      mg/dl     <150\n",
    )
    codes = {item.test_name: item.loinc_code for item in report.results}
    assert codes == {"Nitrit": "5802-4", "pH": "2756-5", "Harnsäure": "", "Triglyceride": "2571-8"}


@pytest.mark.parametrize(
    "header",
    ["   Xyzzy    Vorwert 27.02.25", "   Xyzzy            27.02.25", "   Xyzzy    10.10.24 27.02.25", "   Xyzzy             Vorwert"],
)  # fmt: skip
def test_a_former_result_is_never_the_result_for_want_of_a_heading(header: str) -> None:
    """Where the heading of the results is not known, a dated column beside it does not silently take its place."""
    report = reading(
        "de",
        f"Parameter       Einheit     Referenzbereich     {header}\n"
        "Hämoglobin      g/dl        13,2 - 17,1             15,1                14,0\n"
        "Kalium          mmol/l      3,5 - 5,1                4,4                 4,9\n",
    )
    wrong = [item for item in report.results if item.value in ("14,0", "4,9") and not item.needs_review]
    assert wrong == []
    assert report.needs_review


def test_the_heading_of_former_results_takes_the_date_beside_it() -> None:
    """`Previo 24/01/25` is one column, also where nobody knows the heading of the results."""
    report = reading(
        "es",
        "Prueba           Resultado   Previo 24/01/25   Unidades   Intervalo de referencia\n"
        "Hemoglobina      14,8        14,7              g/dl       [11,7 - 15,5]\n",
    )
    (hemoglobin,) = report.results
    assert (hemoglobin.value, [item.value for item in hemoglobin.previous]) == ("14,8", ["14,7"])


def test_one_dated_column_alone_is_the_result() -> None:
    """Beside known headings only, the single day is that of the results."""
    report = reading(
        "en",
        "Test             12-Mar-2025   Units     Reference Range\n"
        "Sodium           139           mmol/L    135 - 145\n",
    )
    assert [(item.value, item.needs_review) for item in report.results] == [("139", False)]


def test_answers_without_headings_that_differ_are_held() -> None:
    """Of several answers on a line without headings nobody knows which is the result."""
    report = reading(
        "en",
        "Clarity, Urine      Clear      Cloudy      Clear      Clear\nNitrite, Urine      Negative      Positive\n",
    )
    assert len(report.results) == 2
    assert all(item.needs_review for item in report.results)


def test_a_result_below_the_limit_is_no_range() -> None:
    """`<150` under the heading of results is the result, whatever stands before it in a column nobody knows."""
    report = reading(
        "en",
        "Test             Healthy range     Xyzzy      This visit\n"
        "Vitamin B12      197 to 771        201        <150\n",
    )
    assert all(item.needs_review or item.value == "<150" for item in report.results)


def test_two_tables_side_by_side_whose_names_have_an_unknown_heading() -> None:
    """The heading left of each result is that of the names, whatever it says."""
    report = reading(
        "en",
        "Zqxxx          Result   Units     Ref Range       Zqxxx          Result   Units     Ref Range\n"
        "Sodium         139      mmol/L    135 - 145       Glucose        95       mg/dL     70 - 99\n"
        "Potassium      4.1      mmol/L    3.5 - 5.1       Calcium        9.4      mg/dL     8.6 - 10.3\n",
    )
    assert sorted((item.test_name, item.value) for item in report.results) == [
        ("Calcium", "9.4"),
        ("Glucose", "95"),
        ("Potassium", "4.1"),
        ("Sodium", "139"),
    ]


@pytest.mark.parametrize(
    ("language", "line"),
    [("it", "A lattoalbumina xy 3,4 U/L rifatta"), ("pt", "De zymase 3,4 U/L repetida"), ("en", "To zymase 3.4 U/L again")],
)  # fmt: skip
def test_a_word_of_limits_at_the_beginning_hides_no_line(language: str, line: str) -> None:
    """`A`, `De` and `To` may head a column of limits; a line that begins with one is told of all the same."""
    table = {
        "it": "Esame             Esito       Unità      Valori di riferimento\nAcido urico       5,1         mg/dL      3,4 - 7,0\n",
        "pt": "Exame             Resultado   Unidade    Valores de referência\nÁcido úrico       5,1         mg/dL      3,4 - 7,0\n",
        "en": "Test              Result      Units      Reference Range\nUric acid         5.1         mg/dL      3.4 - 7.0\n",
    }[language]
    report = reading(language, f"{table}\n{line}\n")
    assert any("3" in one.text and "U/L" in one.text for one in report.unread) or len(report.results) > 1
