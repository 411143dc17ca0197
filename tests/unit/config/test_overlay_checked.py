"""conf/analytes.yaml in `headrace check`: mistakes with file, line and column; what it says in one line."""

from __future__ import annotations

from pathlib import Path

from engine.app.builtins import builtin_registry
from engine.config.load import load_site
from engine.config.loaded import LoadedSite

GOOD = """version: 1
labs:
  - facility: NORTHLAB
    tests:
      - test: ferritin
        names: [Ferr CLIA, Ferr. II]
"""


def site(folder: Path, overlay: str | None, engine: str = "version: 1\n") -> LoadedSite:
    (folder / "conf").mkdir()
    (folder / "conf" / "headrace.yaml").write_text(engine, encoding="utf-8")
    if overlay is not None:
        (folder / "conf" / "analytes.yaml").write_text(overlay, encoding="utf-8")
    return load_site(folder, builtin_registry(), environ={})


def test_overlay_is_shown(tmp_path: Path) -> None:
    """What the file teaches is told in one line."""
    loaded = site(tmp_path, GOOD)
    assert loaded.ok
    assert loaded.overlays == ("conf/analytes.yaml: 2 names of 1 tests and 0 units, of 1 laboratories",)


def test_mistakes_have_their_place(tmp_path: Path) -> None:
    """Every mistake names file, line, column and path, all at once; the engine does not start with them."""
    text = GOOD.replace("ferritin", "feritin").replace("facility:", "faciliti:")
    found = [str(problem) for problem in site(tmp_path, text).errors]
    assert [line.split(": ", 2)[:2] for line in found] == [
        ["conf/analytes.yaml:3:5", "labs[0].faciliti"],
        ["conf/analytes.yaml:5:9", "labs[0].tests[0].test"],
    ]


def test_file_that_is_not_there(tmp_path: Path) -> None:
    """The default file may be missing, one that was asked for may not."""
    assert site(tmp_path, None).overlays == ()
    asked = 'version: 1\nextractors: {local: {use: local, overlay: "conf/ours.yaml"}}\n'
    (tmp_path / "other").mkdir()
    (error,) = site(tmp_path / "other", None, asked).errors
    assert "conf/ours.yaml cannot be read" in str(error)


def test_file_that_is_no_yaml(tmp_path: Path) -> None:
    """A syntax mistake is told with its place too."""
    (error, *_) = site(tmp_path, "version: 1\nlabs: [").errors
    assert error.file == "conf/analytes.yaml"
    assert error.line
