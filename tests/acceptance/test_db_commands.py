"""`headrace db`: backup beside the engine, restore with sending stopped, check, upgrade, prune; one-line errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from engine.app.cli.main import app
from tests.generators.patients import make_population, write_csv
from tests.support.site import ehr_listening, make_site, running

pytestmark = pytest.mark.slow


def headrace(site: Path, *arguments: str) -> Result:
    """Run a command on a site; a failure prints one line and no traceback."""
    done = CliRunner().invoke(app, ["--site", str(site), *arguments])
    assert len(done.stderr.splitlines()) <= 1, done.stderr
    return done


def test_the_life_of_a_store_from_the_command_line(tmp_path: Path) -> None:
    """What changes the store refuses beside an engine; a backup made beside it comes back with all queues paused."""
    copy = tmp_path / "copy"
    with ehr_listening() as ehr:
        one = make_site(tmp_path / "one", ehr=ehr.port, patients=write_csv([]))
        two = make_site(tmp_path / "two", ehr=ehr.port, patients=write_csv([]))
        with running(one):
            for refused in (("upgrade",), ("prune", "--bodies-older-than", "30d")):
                assert headrace(one, "db", *refused).exit_code == 75
            assert headrace(one, "db", "check").exit_code == 0
            assert headrace(one, "db", "backup", str(copy)).exit_code == 0
            assert headrace(one, "db", "restore", str(copy)).exit_code == 75
    assert headrace(one, "db", "backup", str(copy)).exit_code == 1
    assert headrace(two, "db", "check").exit_code == 1
    assert headrace(two, "db", "restore", str(tmp_path)).exit_code == 1
    done = headrace(two, "db", "restore", str(copy))
    assert (done.exit_code, "paused" in done.stdout) == (0, True)
    assert "nothing to do" in headrace(two, "db", "upgrade").stdout
    assert headrace(two, "db", "prune", "--messages-older-than", "5h").exit_code == 2
    assert "at most 0" in headrace(two, "db", "prune", "--messages-older-than", "365d", "--dry-run").stdout
    assert "removed 0" in headrace(two, "db", "prune", "--bodies-older-than", "30d").stdout
    (two / "conf/headrace.yaml").write_text("version: 9\n")
    assert headrace(two, "db", "check").exit_code == 78


def test_a_patient_index_is_part_of_the_backup(tmp_path: Path) -> None:
    """What the index knows comes back with the store; a damaged copy is refused and the index stays as it was."""
    copy, rows = tmp_path / "copy", tmp_path / "people.csv"
    rows.write_text(write_csv(make_population(77, 3, "en")), encoding="utf-8")
    sites = [make_site(tmp_path / name, ehr=9, patients=write_csv([])) for name in ("one", "two", "three")]
    for site in sites:
        settings = site / "conf/headrace.yaml"
        settings.write_text(settings.read_text("utf-8").replace("{use: file, path: conf/patients.csv", "{use: index"))
    one, two, three = sites
    with running(one):
        pass
    number = rows.read_text("utf-8").splitlines()[1].split(",")[0]
    assert headrace(one, "directory", "load", "patients", str(rows)).exit_code == 0
    assert "3 records of the patient index patients" in headrace(one, "db", "backup", str(copy)).stdout
    assert headrace(two, "directory", "show", "patients", number).exit_code == 1
    assert "3 records of the patient index patients" in headrace(two, "db", "restore", str(copy)).stdout
    assert headrace(two, "directory", "show", "patients", number).exit_code == 0
    assert headrace(two, "db", "check").exit_code == 0
    junk = b"no database at all, but long enough to be looked at" * 100
    (copy / "directories/patients.db").write_bytes(junk)
    assert headrace(three, "directory", "load", "patients", str(rows)).exit_code == 0
    assert headrace(three, "db", "restore", str(copy)).exit_code == 1
    assert headrace(three, "directory", "show", "patients", number).exit_code == 0
    (two / "var/patients.db").write_bytes(junk)
    assert headrace(two, "db", "check").exit_code == 1
