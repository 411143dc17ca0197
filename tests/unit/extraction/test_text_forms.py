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
