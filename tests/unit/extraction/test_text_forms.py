"""Habits of reports that are text from the start: grades behind answers, marks before units, blocks, columns by blanks."""

from __future__ import annotations

import pytest

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
