"""The patient file: read again when it changes, refused by line and never by content."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.domain.patient import Demographics, Identifier
from engine.plugins.directories.file import (
    FileDirectory,
    FileDirectorySettings,
    PatientFileError,
    PatientIndex,
    read_patients,
)
from engine.ports.directory import DirectoryUnavailable

HEADER = (
    "mrn,assigning_authority,family,given,middle,birth_date,sex,identifiers,phone,postcode,deceased_date,merged_into\n"
)
ROW = "1001,HOSP,Marlow,Ada,,1968-05-12,F,NHS:9991;REG:77,,,,\n"
BOB = "2001,HOSP,Hart,Bob,,1950-01-02,M,,,,,\n"


class _Clock:
    """A monotonic clock the test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        self.at += 2.0
        return self.at


class _Observer:
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, object]]] = []

    def note(self, event: str, /, **fields: object) -> None:
        self.notes.append((event, fields))


def _write(path: Path, text: str, stamp: int) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(stamp, stamp))


def _directory(site: Path) -> tuple[FileDirectory, _Observer]:
    observer = _Observer()
    settings = FileDirectorySettings(path="patients.csv", default_authority="HOSP")
    return FileDirectory(settings, site, _Clock(), observer), observer  # type: ignore[arg-type]  # the used parts only


async def _mrns(directory: FileDirectory, number: str = "1001") -> list[str]:
    found = await directory.candidates(Demographics(identifiers=(Identifier(value=number),)))
    return [item.mrn for item in found]


async def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """A new row is found without a restart, a removed one no more."""
    _write(tmp_path / "patients.csv", HEADER + ROW, 1)
    directory, _ = _directory(tmp_path)
    assert (await _mrns(directory), await _mrns(directory, "2001")) == (["1001"], [])
    _write(tmp_path / "patients.csv", HEADER + BOB, 2)
    assert (await _mrns(directory), await _mrns(directory, "2001")) == ([], ["2001"])


async def test_a_broken_new_file_keeps_the_old_one(tmp_path: Path) -> None:
    """The last good version stays in force; the line of the mistake is noted once, not its content."""
    _write(tmp_path / "patients.csv", HEADER + ROW, 1)
    directory, observer = _directory(tmp_path)
    await _mrns(directory)
    _write(tmp_path / "patients.csv", HEADER + ROW + BOB.replace("1950-01-02", "02/01/1950"), 2)
    assert [await _mrns(directory) for _ in range(3)] == [["1001"]] * 3
    assert observer.notes == [
        ("directory.unreadable", {"level": "error", "error": "PatientFileError", "line": 3}),
    ]


async def test_a_file_that_vanishes_keeps_the_old_one_and_comes_back(tmp_path: Path) -> None:
    """While the file is away the last version answers; when it is there again it is read."""
    path = tmp_path / "patients.csv"
    _write(path, HEADER + ROW, 1)
    directory, observer = _directory(tmp_path)
    await _mrns(directory)
    path.unlink()
    assert await _mrns(directory) == ["1001"]
    assert observer.notes[-1][1]["error"] == "FileNotFoundError"
    _write(path, HEADER + BOB, 1)
    assert await _mrns(directory, "2001") == ["2001"]


async def test_without_any_good_file_nothing_is_guessed(tmp_path: Path) -> None:
    """No file, then a broken one: unavailable both times; a good one ends it."""
    directory, _ = _directory(tmp_path)
    with pytest.raises(DirectoryUnavailable):
        await _mrns(directory)
    _write(tmp_path / "patients.csv", "mrn\n1\n", 1)
    with pytest.raises(DirectoryUnavailable):
        await _mrns(directory)
    _write(tmp_path / "patients.csv", HEADER + ROW, 2)
    assert await _mrns(directory) == ["1001"]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("mrn,family\n1,x\n", 1, "missing columns"),
        (HEADER + ROW.replace("1001", ""), 2, "mrn is empty"),
        (HEADER + ROW + ROW, 3, "stands twice"),
        (HEADER + ROW.replace("1968-05-12", "1968-02-31"), 2, "birth_date is not a date"),
        (HEADER + ROW.replace(",F,", ",X,"), 2, "sex is not one of"),
        (HEADER + ROW.replace("NHS:9991", "9991"), 2, "authority:value"),
        (HEADER + ROW.replace("Ada", '"Ada"x'), 2, "comma-separated"),
        (HEADER + ROW.rstrip("\n") + ",more\n", 2, "more cells"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    """Line and kind are told; no name, number or date of the row is."""
    path = tmp_path / "patients.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PatientFileError, match=what) as caught:
        read_patients(path)
    assert caught.value.line == line
    assert not any(word in str(caught.value) for word in ("Marlow", "1001", "9991", "Ada", "1968-02"))


def test_a_file_in_another_charset_is_refused(tmp_path: Path) -> None:
    """Latin-1 is not UTF-8; guessing names would match the wrong ones."""
    (tmp_path / "p.csv").write_bytes((HEADER + ROW.replace("Ada", "Adélie")).encode("latin-1"))
    with pytest.raises(PatientFileError, match="not UTF-8"):
        read_patients(tmp_path / "p.csv")


def test_a_byte_order_mark_and_quoted_line_ends_are_fine(tmp_path: Path) -> None:
    """What spreadsheets write: a BOM, CR LF, a cell with a line end, blank rows, optional columns left out."""
    text = 'mrn,family,given,birth_date\r\n1,"Mar\r\nlow",Ada,1968-05-12\r\n\r\n2,Ha\u2028rt,Bob,1950-01-02\r\n'
    (tmp_path / "p.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [(item.mrn, item.family.split()) for item in read_patients(tmp_path / "p.csv")] == [
        ("1", ["Mar", "low"]),
        ("2", ["Ha", "rt"]),
    ]


def test_candidates_are_found_by_every_road(tmp_path: Path) -> None:
    """Number, second number, birth date, swapped birth date, name, swapped name; a merged record with its survivor."""
    old = "0900,HOSP,Marlow,Ada,,1968-05-12,F,,,,,1001\n"
    (tmp_path / "p.csv").write_text(HEADER + ROW + BOB + old.replace("Marlow", "Maiden"), encoding="utf-8")
    index = PatientIndex(read_patients(tmp_path / "p.csv"))

    def found(person: Demographics) -> set[str]:
        return {item.mrn for item in index.candidates(person)}

    assert found(Demographics(identifiers=(Identifier(value="9991", authority="NHS"),))) == {"1001"}
    assert found(Demographics(identifiers=(Identifier(value="0900"),))) == {"0900", "1001"}
    assert found(Demographics(birth_date="1968-12-05")) == {"0900", "1001"}
    assert found(Demographics(family="Ada", given="Marlow")) == {"0900", "1001"}
    assert found(Demographics(family="Hart", given="B")) == {"2001"}
    assert found(Demographics(family="Hart")) == set()
