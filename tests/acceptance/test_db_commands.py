"""`headrace db`: backup beside the engine, restore with sending stopped, check, upgrade, prune; one-line errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from engine.app.cli.main import app
from tests.generators.patients import write_csv
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
