"""The site's own LOINC table: what is taken in, what it answers, and that a name is never guessed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from engine.app.cli.loinc import import_table
from engine.documents.opening import open_pages
from engine.domain.report import Result
from engine.extraction.packs.load import load_packs
from engine.extraction.packs.table import only_fitting
from engine.extraction.reader import read_report
from engine.plugins.extractors.local.sitepacks import SitePacks, TableFile
from tests.generators.loinc import VARIANT_COLUMNS, as_csv, code, row

ROWS = [
    row(97001, "Quorvin"),
    row(97002, "Quorvin", SYSTEM="Urine", LONG_COMMON_NAME="Quorvin [Mass/volume] in Urine"),
    row(97003, "Brastin", METHOD_TYP="IA", LONG_COMMON_NAME="Brastin [Mass/volume] by Immunoassay"),
    row(97004, "Doppelin", LONG_COMMON_NAME="Doppelin A [Mass/volume]"),
    row(97005, "Doppelin", LONG_COMMON_NAME="Doppelin B [Mass/volume]"),
    row(97006, "Alterin", STATUS="DEPRECATED"),
    row(97007, "Fremdin", EXTERNAL_COPYRIGHT_NOTICE="Copyright of somebody"),
    row(97008, "Glucose"),
]
SPANISH = [{"LOINC_NUM": code(97001), "COMPONENT": "Cuorvina", "LONG_COMMON_NAME": "Cuorvina [Masa/volumen] en suero"}]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "Loinc.csv").write_text(as_csv(ROWS), encoding="utf-8-sig")
    (tmp_path / "esES12LinguisticVariant.csv").write_text(as_csv(SPANISH, VARIANT_COLUMNS), encoding="utf-8")
    return tmp_path


def imported(site: Path) -> Path:
    assert import_table(site, [site / "esES12LinguisticVariant.csv", site / "Loinc.csv"], as_json=True) == 0
    return site / "var" / "loinc.tsv"


def read(site: Path, *lines: str) -> list[Result]:
    page = "\n".join(["Test                                    Result     Units      Reference Range", *lines])
    packs = SitePacks(load_packs(), overlay=site / "none.yaml", table=imported(site)).of("", "").packs
    return list(read_report(open_pages(page.encode()), packs, sha256="0" * 64).results)


def test_import_counts_and_keeps_the_notice(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Active tests without foreign copyright are in, under LOINC's own notice; a second import gives the same bytes."""
    first = imported(site).read_bytes()
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["codes"]) == (len(ROWS), 6)
    assert b"copyright \xc2\xa9 Regenstrief" in first.split(b"\n", 4)[0] + first[:600]
    assert imported(site).read_bytes() == first


def test_every_name_is_found_in_the_file(site: Path) -> None:
    """Halving finds each line of the file, the first and the last too, and nothing that is not there."""
    path = imported(site)
    table = TableFile(path)
    names = [line.split("\t")[0] for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(table.find(name) for name in names)
    assert [table.find(name) for name in ("", "quor", "zzz", names[0] + "x", "#00")] == [()] * 5
    table.close()


def test_whole_name_with_its_unit_is_coded(site: Path) -> None:
    """A whole LOINC name, with a unit that LOINC names for it, gets its code and needs nobody."""
    (result,) = read(site, "Quorvin [Mass/volume] in Serum or Plasma   12.5   ng/mL   5.0 - 20.0")
    assert (result.loinc_code, result.needs_review) == (code(97001), False)


def test_measured_thing_alone_waits_for_a_person(site: Path) -> None:
    """What is measured, alone, gets a code where one fits, and waits; in another language too."""
    for name in ("Quorvin", "Cuorvina"):
        (result,) = read(site, f"{name}                                 12.5       ng/mL      5.0 - 20.0")
        assert (result.loinc_code, result.needs_review) == (code(97001), True)


@pytest.mark.parametrize(
    ("name", "unit"), [("Doppelin", "ng/mL"), ("Quorvin", "mg/dL"), ("Quorvin", ""), ("Brastin", "ng/mL"), ("Alterin", "ng/mL")]
)  # fmt: skip
def test_nothing_is_guessed(site: Path, name: str, unit: str) -> None:
    """Two codes that fit, another unit, none, a method nobody printed, a withdrawn code: no code, a person looks."""
    (result,) = read(site, f"{name:40}12.5       {unit:11}5.0 - 20.0")
    assert (result.loinc_code, result.needs_review) == ("", True)


def test_packs_count_before_the_table(site: Path) -> None:
    """A name the packs know is theirs, whatever the table says."""
    (result,) = read(site, "Glucose                                 92         mg/dL      70 - 110")
    assert result.loinc_code == "2345-7"


def test_specimens_tell_codes_apart(site: Path) -> None:
    """Of two codes of one name the specimen decides."""
    table = TableFile(imported(site))
    found = table.find("quorvin")
    chosen = {place: only_fitting(found, ucum="ng/mL", specimen=place, kind="numeric") for place in ("", "urine")}
    assert {place: row and row.loinc for place, row in chosen.items()} == {"": code(97001), "urine": code(97002)}
    assert only_fitting([dataclasses.replace(found[0], values="titre")], ucum="", specimen="", kind="numeric") is None
    table.close()


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "LOINC_NUM,CLASSTYPE,STATUS\n"])
def test_other_files_are_refused(site: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no release is told by name or kind, and nothing is written."""
    (site / "other.csv").write_text(text, encoding="utf-8")
    assert import_table(site, [site / "other.csv"], as_json=False) == 2
    assert capsys.readouterr().err
    assert not (site / "var").exists()
