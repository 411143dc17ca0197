"""Pairs whose truth is known are read and counted; a wrong match is never overlooked."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from engine.app.cli.evaluate import BadPairs, evaluate, read_pairs
from engine.domain.patient import Demographics, PatientRecord

HEAD = "case,class,expected_mrn,identifiers,family,given,birth_date,sex\n"
ADA = PatientRecord(
    mrn="4711", assigning_authority="HOSP", family="Marlow", given="Ada", birth_date="1968-05-12", sex="F"
)


class _Directory:
    """Knows Ada."""

    default_authority = "HOSP"

    async def candidates(self, _person: Demographics) -> Sequence[PatientRecord]:
        return (ADA,)

    async def close(self) -> None:
        """Nothing is held."""


def test_a_row_becomes_a_description() -> None:
    """Numbers with and without authority; absent columns are empty; a byte order mark does no harm."""
    (pair,) = read_pairs("\ufeff" + HEAD + "1,twins,4711,HOSP:4711;99,Marlow,Ada,1968-05-12,f\n")
    assert [(item.authority, item.value) for item in pair.person.identifiers] == [("HOSP", "4711"), ("", "99")]
    assert (pair.kind, pair.expected, pair.person.sex, pair.person.phone) == ("twins", "4711", "F", "")


@pytest.mark.parametrize(
    ("text", "where"), [("case,family\n1,Marlow\n", "1: missing"), (HEAD + "1,twins\n", "2: more or fewer")]
)
def test_a_bad_file_is_refused_with_its_line(text: str, where: str) -> None:
    """Missing columns and short rows, without their content."""
    with pytest.raises(BadPairs, match=where) as caught:
        read_pairs(text)
    assert "Marlow" not in str(caught.value)


async def test_decisions_are_counted_by_class_and_threshold(capsys: pytest.CaptureFixture[str]) -> None:
    """One right, one to a person; precision 1, recall a half."""
    rows = "1,true,4711,HOSP:4711,Marlow,Ada,1968-05-12,F\n2,true,4711,HOSP:4711,Hart,Ada,1968-05-12,F\n"
    assert await evaluate(_Directory(), HEAD + rows, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["classes"] == [{"class": "true", "pairs": 2, "right": 1, "wrong": 0, "review": 1, "none": 0}]
    assert {(item["precision"], item["recall"]) for item in found["thresholds"]} == {(1.0, 0.5)}


async def test_a_wrong_match_fails_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The truth says nobody, the directory says Ada."""
    assert await evaluate(_Directory(), HEAD + "1,strangers,,HOSP:4711,Marlow,Ada,1968-05-12,F\n", as_json=False) == 1
    table = capsys.readouterr().out
    assert "strangers" in table
    assert "precision" in table
