"""What drawn laboratories and fresh blind sets showed: columns, headings, names and signs that were taken for others."""

from __future__ import annotations

import pytest

from engine.documents.opening import open_pages
from engine.domain.report import LabReport, Result
from engine.extraction.packs import load_packs
from engine.extraction.reader import ReadHints, read_report
from tests.unit.extraction.test_further_habits import reading


def shown(report: LabReport) -> list[tuple[str, str, str, str, str]]:
    """What is printed of each result: name, value, unit, range, flag."""
    return [(one.test_name, one.value, one.unit, one.reference_range, one.flag) for one in report.results]


def codes(result: Result) -> set[str]:
    return {item.code for item in result.review_reasons}


def test_numbers_under_an_unknown_heading_are_no_results() -> None:
    """The number of a laboratory stands nearer to the name than the result does."""
    report = reading(
        "es",
        "Examen              Zqxw     Resultados     Unidades     Referencia\n"
        "Colesterol total    01       175            mg/dL        120 - 200\n"
        "Triglicéridos       01       85             mg/dL        40 - 150\n",
    )
    assert [one.value for one in report.results] == ["175", "85"]
    assert not report.needs_review


def test_what_stands_under_an_unknown_heading_tells_its_role() -> None:
    """Ranges before the results under a word that no pack has; the unit under another."""
    report = reading(
        "en",
        "Analyte         Zqxw          Result     Qwyx\n"
        "Glucose         (70 - 99)     85         mg/dL\n"
        "Sodium          (135 - 145)   139        mmol/L\n"
        "Potassium       (3.5 - 5.1)   4.4        mmol/L\n",
    )
    assert shown(report)[0] == ("Glucose", "85", "mg/dL", "(70 - 99)", "")
    assert not report.needs_review


def test_a_heading_of_two_lines_is_not_that_of_its_first() -> None:
    """`Valor` alone is the result, `Valor` over `de referência` is the range."""
    report = reading(
        "pt",
        "Determinação         23/05/2025    Unidade    Valor            25/02/2025\n"
        "                                              de referência\n"
        "Colesterol total     164           mg/dL      (120 - 200)      166\n"
        "Triglicéridos        94            mg/dL      (40 - 150)       85\n",
    )
    assert [(one.value, one.reference_range) for one in report.results] == [
        ("164", "(120 - 200)"),
        ("94", "(40 - 150)"),
    ]


def test_a_range_before_the_value_needs_no_heading() -> None:
    """Without columns the number that is no range is the value; a unit may stand before it too."""
    report = reading(
        "en",
        "Glucose        [70 - 99]       85      mg/dL\n"
        "Sodium         135 - 145       139     mmol/L\n"
        "Potassium      mmol/L          4.4     [3.5 - 5.1]\n",
    )
    assert [(one.value, one.unit, one.reference_range) for one in report.results] == [
        ("85", "mg/dL", "[70 - 99]"), ("139", "mmol/L", "135 - 145"), ("4.4", "mmol/L", "[3.5 - 5.1]"),
    ]  # fmt: skip


def test_two_texts_that_may_both_be_the_range_wait() -> None:
    """Where ranges come first without a heading, of `0-2  3-5` nobody knows which is the value."""
    report = reading(
        "en",
        "Urine\n"
        "Urine pH                  5.0 - 8.0     6.2\n"
        "Specific gravity          1.005 - 1.030 1.019\n"
        "Red blood cells           0-2           3-5     /HPF\n",
    )
    cells = next(one for one in report.results if one.test_name == "Red blood cells")
    assert "extraction.low_confidence" in codes(cells)


def test_a_scale_drawn_with_signs_is_neither_flag_nor_range() -> None:
    """`[    *  ]` shows where the value lies; a star outside of it is part of it as well."""
    report = reading(
        "de",
        "Analyse       Ergebnis   Einheit                    Referenzbereich\n"
        "Leukozyten    7,33       G/l       [     *    ]     3,90 - 10,20\n"
        "Kalium        3,1 -      mmol/l  * [          ]     3,6 - 4,8\n",
    )
    assert [(one.unit, one.reference_range, one.flag) for one in report.results] == [
        ("G/l", "3,90 - 10,20", ""), ("mmol/l", "3,6 - 4,8", "-"),
    ]  # fmt: skip


@pytest.mark.parametrize("heads", ["%        Referencia    /mm3      Referencia", "%                      /mm3"])
def test_a_percentage_and_its_count_under_their_units(heads: str) -> None:
    """The units stand only over the columns: each line holds two results of one test."""
    report = reading(
        "es",
        f"Fórmula leucocitaria   {heads}\n"
        "Neutrófilos            50       40 - 70       4.600     1.800 - 7.300\n"
        "Linfocitos             35       20 - 45       3.220     900 - 4.700\n",
    )
    assert [(one.value, one.unit, one.reference_range, one.loinc_code) for one in report.results] == [
        ("50", "%", "40 - 70", "770-8"), ("4.600", "/mm3", "1.800 - 7.300", "751-8"),
        ("35", "%", "20 - 45", "736-9"), ("3.220", "/mm3", "900 - 4.700", "731-0"),
    ]  # fmt: skip


def test_a_sign_behind_an_answer_is_its_degree_unless_numbers_are_marked_so() -> None:
    """`Presente +` beside `(*)` is an answer with its degree; where `5,9 +` is high, the sign is a flag."""
    rows = "Examen          Resultado          Unidades     Referencia\n"
    graded = reading("es", rows + "Nitritos        Positivo ++        -            Negativo\n")
    flagged = reading(
        "es",
        rows
        + "Potasio         5,9 +              mmol/L       3,5 - 5,1\nNitritos        Positivo +         -            Negativo\n",
    )
    assert graded.results[0].value == "Positivo ++"
    assert [(one.value, one.flag) for one in flagged.results] == [("5,9", "+"), ("Positivo", "+")]


def test_a_letter_before_a_count_or_an_answer_is_its_flag() -> None:
    """`A 11-20` is a marked count; `A positivo` is the group of blood and of nothing else."""
    report = reading(
        "pt",
        "Urina\n"
        "Exame           Resultado       Unidade      Referência\n"
        "Leucócitos      A 11-20         /campo       0-5\n"
        "Nitritos        A positivo                   Negativo\n",
    )
    counted, answered = report.results
    assert (counted.value, counted.flag) == ("11-20", "A")
    assert "extraction.low_confidence" in codes(answered)


def test_the_specimen_beside_a_title_ends_the_one_above() -> None:
    """Blood tests under `Chemistry   Specimen: Blood` have no codes of urine; the title may be the name of a test."""
    report = reading(
        "en",
        "Urinalysis\n"
        "Test            Result     Units     Reference Range\n"
        "Glucose         Negative             Negative\n"
        "Glucose                   Specimen: Blood\n"
        "Glucose         105        mg/dL     65 - 99\n"
        "Sodium          140        mmol/L    135 - 146\n",
    )
    assert [one.loinc_code for one in report.results[1:]] == ["2345-7", "2951-2"]


def test_the_rest_of_a_name_is_no_heading() -> None:
    """`CREATININA EN` / `ORINA` says nothing of the specimen of the tests below."""
    report = reading(
        "es",
        "PRUEBA               RESULTADO    UNIDADES    REFERENCIA\n"
        "CREATININA EN        98           mg/dL       20 - 275\n"
        "ORINA\n"
        "SODIO                140          mmol/L      135 - 146\n",
    )
    assert [(one.test_name, one.loinc_code) for one in report.results] == [
        ("CREATININA EN ORINA", "2161-8"), ("SODIO", "2951-2"),
    ]  # fmt: skip


def test_the_end_of_a_name_does_not_begin_the_next() -> None:
    """`éosinophiles` belongs to the row above, though with the next row's word it would be a test as well."""
    report = reading(
        "fr",
        "Analyse                Résultat     Unités     Valeurs de référence\n\n"
        "Polynucléaires         4,5          %          0,0 - 5,0\n"
        "éosinophiles\n"
        "Polynucléaires         0,2          %          0,0 - 2,0\n"
        "basophiles\n",
    )
    assert [(one.test_name, one.value, one.loinc_code) for one in report.results] == [
        ("Polynucléaires éosinophiles", "4,5", "713-8"), ("Polynucléaires basophiles", "0,2", "706-2"),
    ]  # fmt: skip


def test_a_line_above_may_make_another_test_of_a_known_name() -> None:
    """`Non-HDL` over `Cholesterol` is not the total cholesterol: it is read together and looked at."""
    report = reading(
        "en",
        "Test               Result    Units     Reference Range\n"
        "HDL Cholesterol    62        mg/dL     40 - 80\n"
        "Non-HDL\n"
        "Cholesterol        99        mg/dL     60 - 130\n",
    )
    second = report.results[1]
    assert (second.test_name, second.loinc_code) == ("Non-HDL Cholesterol", "43396-1")
    assert "extraction.low_confidence" in codes(second)


def test_a_line_under_may_make_another_test_of_a_known_name() -> None:
    """`Lactate` with `dehydrogenase` close below it is an enzyme."""
    report = reading(
        "en",
        "Test               Result    Units     Reference Range\n"
        "Lactate            2.0       mmol/L    0.5 - 2.2\n"
        "dehydrogenase\n",
    )
    lactate = report.results[0]
    assert lactate.loinc_code != "2524-7"
    assert lactate.needs_review


@pytest.mark.parametrize("former", ["6,3 le 19/02/25", "6,3 (19/02/25)", "6,3 mmol/L du 19/02/2025"])
def test_a_value_with_its_day_is_a_former_one(former: str) -> None:
    """Without columns the value with a day behind it is not the range; the range may follow on the next line."""
    report = reading("fr", f"Glycémie          5,4 mmol/L     Haut      {former}\nValeurs usuelles : 4,1 à 5,9\n")
    only = report.results[0]
    assert (only.value, only.unit, only.flag, only.reference_range) == ("5,4", "mmol/L", "Haut", "4,1 à 5,9")


def test_a_minus_apart_from_a_number_that_may_be_negative_waits() -> None:
    """`- 2.3` of a base excess may be below zero; of sodium it can only be a mark for low."""
    report = reading(
        "en",
        "Blood gas\n"
        "Test              Result     Units      Reference Range\n"
        "Base excess       - 2.3      mmol/L     -2.0 - 3.0\n"
        "Sodium            - 131      mmol/L     135 - 145\n",
    )
    excess, sodium = report.results
    assert "value.ambiguous" in codes(excess)
    assert (sodium.value, sodium.flag) == ("131", "-")


def test_a_line_that_names_a_method_is_no_part_of_a_name() -> None:
    """However close it stands, it tells the method of the row above."""
    report = reading(
        "de",
        "Untersuchung     Messwert    Dimension   Normbereich\n"
        "INR              1,0                     (0,8 - 1,2)\n"
        "Durchflusszytometrie\n"
        "PTT              34,8        s           (25,0 - 36,5)\n"
        "CLIA\n",
    )
    assert [(one.test_name, one.method) for one in report.results] == [("INR", "Durchflusszytometrie"), ("PTT", "CLIA")]


def bare(language: str, text: str) -> LabReport:
    """A report without the plain head of the others."""
    return read_report(open_pages(text.encode()), load_packs(), sha256="0" * 64, hints=ReadHints(language=language))


def test_a_family_name_of_two_words_beside_the_given_name() -> None:
    """`Nom: Le Guennec` is no given name and a family name."""
    lines = "Laboratoire du Parc\nNom: Le Guennec\nPrénom: Éloïse\nNée le: 14/03/1970\n\nGlycémie   5,4 mmol/L   4,1 - 5,9\n"
    patient = bare("fr", lines).patient
    assert (patient.family, patient.given) == ("Le Guennec", "Éloïse")


def test_the_laboratory_is_not_the_patient() -> None:
    """A name printed without a known label is looked for above the birth date, and the letterhead is none."""
    lines = "Laborgemeinschaft Mühlengraben\nGeburtsdatum: 14.03.1970\n\nNatrium   139 mmol/l   135 - 145\n"
    assert bare("de", lines).patient.family == ""


def test_one_label_for_birth_date_and_sex() -> None:
    """Two labels with a slash between name two facts with a slash between."""
    lines = "Labor Nord\nPatient: Tümmler, Eckehard\ngeb. am / Geschlecht: 16.09.1936 / männlich\n\nNatrium   139 mmol/l   135 - 145\n"
    patient = bare("de", lines).patient
    assert (patient.birth_date, patient.sex) == ("1936-09-16", "M")


def test_letters_tell_two_near_languages_apart() -> None:
    """Words that Spanish and Portuguese share leave the choice to `ã` and `ç`."""
    lines = "Laboratório\nParâmetro      Resultado     Unidades     Valores normais\nSódio          139           mmol/L       135 - 145\nCoração, função renal\n"
    report = read_report(open_pages(lines.encode()), load_packs(), sha256="0" * 64)
    assert report.document.language == "pt"


def test_a_dash_in_the_place_of_a_unit_is_no_flag() -> None:
    """Tests without a unit have a dash there; between value and unit it marks a low value."""
    report = reading(
        "de",
        "Analyse      Ergebnis      Einheit     Referenzbereich\n"
        "INR          1,0           -           0,8 - 1,2\n"
        "Kalium       3,1        -  mmol/l      3,6 - 4,8\n",
    )
    assert [one.flag for one in report.results] == ["", "-"]


def test_the_beginning_of_the_next_name_is_not_the_end_of_this_one() -> None:
    """`Capacidad total de fijación de` over `hierro` begins a name, though with the row above it has all its words."""
    report = reading(
        "es",
        "Estudio                          U. Medida    Resultados    Referencia\n"
        "Hierro                           µg/dL        137           50 - 180\n"
        "Capacidad total de fijación de\n"
        "hierro                           µg/dL        294           250 - 425\n",
    )
    iron, capacity = report.results
    assert (iron.test_name, iron.value, iron.loinc_code) == ("Hierro", "137", "2498-4")
    assert (capacity.value, capacity.loinc_code) == ("294", "2500-7")


def test_a_count_per_field_is_no_range_of_the_number_behind_it() -> None:
    """`0-5 /HPF  01` without columns: the count is the value, and the row is looked at."""
    report = reading("en", "Urine\nWhite blood cells       0-5 /HPF       01\n")
    only = report.results[0]
    assert (only.value, only.unit) == ("0-5", "/HPF")
    assert "extraction.low_confidence" in codes(only)


def test_columns_before_the_names_are_no_part_of_them() -> None:
    """A material under a heading that no pack has stands left of the names."""
    report = reading(
        "de",
        "Zqx.   Untersuchung    Methode         Ergebnis   Einheit   Referenzbereich\n"
        "EB     Leukozyten      Zytometrie      7,66       /nl       3,90 - 10,20\n"
        "S      Natrium         ISE             139        mmol/l    135 - 145\n",
    )
    assert [(one.test_name, one.value, one.loinc_code) for one in report.results] == [
        ("Leukozyten", "7,66", "6690-2"), ("Natrium", "139", "2951-2"),
    ]  # fmt: skip


def test_a_stack_of_days_times_and_numbers_without_colons() -> None:
    """The newest of the days is the result, also where it stands alone."""
    report = reading(
        "en",
        "Date          16/06/24    02/12/24    23/05/25\n"
        "Time          06:22       06:43       07:25\n"
        "Lab Number    042083      030084      017872      Units      Ref. Range\n"
        "Haemoglobin   152         150         144         g/L        (115-165)\n"
        "\n"
        "Date          23/05/25\n"
        "Time          07:25\n"
        "Lab Number    017872      Units      Ref. Range\n"
        "TSH           1.32        mIU/L      (0.40-4.00)\n",
    )
    assert [(one.value, one.reference_range) for one in report.results] == [
        ("144", "(115-165)"),
        ("1.32", "(0.40-4.00)"),
    ]


def test_a_day_behind_the_ranges_is_that_of_former_results() -> None:
    """The headings stand behind a title and none names the results; what is last in a row is not its range."""
    report = reading(
        "fr",
        "Sang total          Valeurs de référence    03/10/2024\n"
        "Hématies            4,32 T/L   (3,89 à 5,08)           4,47\n"
        "Hémoglobine         15,6 g/dL  (11,8 à 15,0)           15,8\n",
    )
    assert [(one.value, one.reference_range) for one in report.results] == [
        ("4,32", "(3,89 à 5,08)"), ("15,6", "(11,8 à 15,0)"),
    ]  # fmt: skip


def test_degrees_in_signs_alone_are_values() -> None:
    """`+ *  (Négatif)` is an answer with its mark and what was expected."""
    report = reading("fr", "Examen des urines\nGlucose       + *     (Négatif)\n")
    only = report.results[0]
    assert (only.value, only.flag, only.reference_range) == ("+", "*", "(Négatif)")


def test_the_word_of_a_flag_may_begin_an_answer() -> None:
    """`Low level` is no low result; nobody knows the answer, so it waits."""
    report = reading("en", "Rubella IgG       Low level      10 - 250\n")
    assert report.needs_review
    assert all(one.value != "Low" for one in report.results)


def test_risk_bands_under_the_range_of_a_block_belong_to_it() -> None:
    """Lines that begin exactly where the range does go on with it."""
    report = reading(
        "es",
        "COLESTEROL TOTAL\n"
        "Resultado:  184 mg/dL       Valor de referencia:  Deseable: Menor de 200\n"
        "                                                  Limítrofe: 200 - 239\n"
        "                                                  Alto: Mayor o igual a 240\n",
    )
    assert report.results[0].reference_range == "Deseable: Menor de 200 Limítrofe: 200 - 239 Alto: Mayor o igual a 240"


def test_a_title_with_nothing_but_a_specimen_beside_it() -> None:
    """`Hemoglobina glicada   Sangue (EDTA)` is a heading and no result."""
    report = reading(
        "pt",
        "Análise              Resultado        Unidades     Interv. ref.\n"
        "HEMOGLOBINA GLICADA  Sangue (EDTA)\n"
        "HbA1c                5,1              %            4,0 - 6,0\n",
    )
    assert [one.test_name for one in report.results] == ["HbA1c"]
