"""`headrace directory`: exit codes for what cannot be done, a load that may be repeated, a merge taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.app.cli import directory

HEADER = "mrn,assigning_authority,family,given,birth_date,sex,merged_into\n"
SITE = "version: 1\ndirectories:\n  patients: {use: index, default_authority: HOSP, time_zone: UTC}\n  other: {use: file}\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with an index and a file of two patients, one of them merged."""
    monkeypatch.chdir(tmp_path)  # the commands go there too
    for name, text in (
        ("conf/headrace.yaml", SITE),
        ("p.csv", f"{HEADER}4711,,Marlow,Ada,1968-05-12,F,\n5000,HOSP,Fern,Bob,1950-01-02,M,4711\n"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "channels").mkdir()
    return tmp_path


def _load(site: Path, name: str = "patients", file: str = "p.csv", as_of: str = "2026-03-01T06:00") -> int:
    return directory.load_file(site, name, site / file, as_of=as_of, as_json=True)


def _facts(site: Path, number: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    capsys.readouterr()
    assert directory.show_number(site, "patients", number, as_json=True) == directory.OK
    (found,) = json.loads(capsys.readouterr().out)
    facts: dict[str, dict[str, str]] = found["facts"]
    return facts


def test_a_file_is_taken_in_once_and_an_older_one_changes_nothing(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same rows of the same time say nothing new; those of an earlier time do not undo later ones."""
    assert _load(site) == _load(site) == directory.OK
    assert [json.loads(line)["changed"] for line in capsys.readouterr().out.splitlines()] == [2, 0]
    (site / "old.csv").write_text(f"{HEADER}4711,HOSP,Maiden,Ada,1968-05-12,F,\n", encoding="utf-8")
    assert _load(site, file="old.csv", as_of="2025-03-01") == directory.OK
    assert _facts(site, "4711", capsys)["name"] == {
        "value": '["Marlow", "Ada", ""]', "recorded_at": "2026-03-01T06:00:00.000000Z", "message": "load",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "file", "as_of"),
    [
        ("patients", "absent.csv", ""),
        ("patients", "p.csv", "yesterday"),
        ("patients", "broken.csv", ""),
        ("other", "p.csv", ""),
        ("nobody", "p.csv", ""),
    ],
)
def test_what_cannot_be_loaded_is_a_usage_error(
    site: Path, capsys: pytest.CaptureFixture[str], name: str, file: str, as_of: str
) -> None:
    """No such file or index, no time, a wrong row: said in one line, without content, and nothing is taken in."""
    (site / "broken.csv").write_text(f"{HEADER}1,,Marlow,Ada,12.05.1968,F,\n", encoding="utf-8")
    assert _load(site, name, file, as_of) == directory.USAGE
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Marlow" not in told
    assert directory.show_number(site, "patients", "4711", as_json=False) == directory.FAILED


def test_a_merge_is_taken_back(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once; a record that stands on its own cannot be parted from anybody."""
    _load(site)
    assert _facts(site, "5000", capsys)["merged_into"]["value"] == '["4711", "HOSP"]'
    assert directory.unmerge_number(site, "patients", "5000", authority="") == directory.OK
    fact = _facts(site, "5000", capsys)["merged_into"]
    assert (fact["value"], fact["message"]) == ("", "unmerge")
    assert directory.unmerge_number(site, "patients", "5000", authority="") == directory.FAILED
    assert directory.unmerge_number(site, "patients", "4711", authority="LAB") == directory.FAILED


def test_a_file_that_is_no_index_is_tried_again_later(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 75, nothing overwritten."""
    (site / "var").mkdir()
    (site / "var/patients.db").write_bytes(b"something else " * 100)
    assert _load(site) == directory.TRY_AGAIN
    assert "may be repeated" in capsys.readouterr().err
    assert (site / "var/patients.db").read_bytes() == b"something else " * 100
