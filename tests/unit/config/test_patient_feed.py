"""`check` on a patient index: what feeds it, whose file it is, and where it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.app.builtins import builtin_registry
from engine.config.load import load_site

ADT = """\
version: 1
channel: adt
sources:
  - {name: registration, use: mllp, listen: "127.0.0.1:2580", accept: {types: ["ADT^*"]}}
stages:
  - {use: index, directory: patients}
"""
SITE = "version: 1\ndirectories:\n  patients: {use: index, default_authority: HOSP}\n"


def _problems(folder: Path, site: str = SITE, channel: str = ADT) -> list[str]:
    (folder / "conf").mkdir()
    (folder / "channels").mkdir()
    (folder / "conf/headrace.yaml").write_text(site)
    (folder / "channels/adt.yaml").write_text(channel)
    loaded = load_site(folder, builtin_registry(), environ={"DSN": "postgresql://db/x"})
    return [str(problem) for problem in loaded.problems]


def test_a_channel_of_adt_needs_no_destination(tmp_path: Path) -> None:
    """The smallest feed and its index are in order, without a warning."""
    assert _problems(tmp_path) == []


@pytest.mark.parametrize(
    ("site", "channel", "told"),
    [
        (
            SITE.replace("use: index", "use: file").replace(", default", ", path: p.csv, default"), ADT,
            ("channels/adt.yaml:6:29: stages[0].directory: the directory 'patients' uses 'file': it cannot be told; "
            "name a directory that uses `index`"),
        ),
        (
            SITE, ADT.replace("  - {use: index", "  - {use: decode}\n  - {use: index"),
            ("channels/adt.yaml:7:5: stages[1]: `index` comes after another stage, which would take ADT messages for "
            "results; put it first"),
        ),
        (
            SITE, ADT.replace("ADT^*", "ORU^R01"),
            ("channels/adt.yaml:4:79: warning: sources[0].accept.types: no source of this channel takes ADT messages: its "
            'index learns nothing; write `accept: {types: ["ADT^*"]}`'),
        ),
        (
            SITE + "store: {use: postgres, dsn: '${env:DSN}'}\nblobs: {use: store}\n", ADT,
            ("conf/headrace.yaml:3:13: directories.patients: an index is a file of one machine: with several nodes each "
            "would know a part of the patients; ask the hospital's database or index: `sql`, `fhir`, `pdq-v2`"),
        ),
        (
            SITE.replace("use: index", "use: index, path: ./var/headrace.db"), ADT,
            "conf/headrace.yaml:3:32: directories.patients.path: the file is taken by the store; give each its own",
        ),
        (
            SITE + "  others: {use: index}\n", ADT.replace("directory: patients", "directory: others"),
            "conf/headrace.yaml:4:11: directories.others.path: the file is taken by the directory 'patients'; give each its own",
        ),
        (
            SITE, ADT.replace("version: 1", "version: 1\nenabled: false"),
            ("conf/headrace.yaml:3:13: warning: directories.patients: no channel feeds this index; add a channel with the "
            "stage `{use: index}`; see docs/matching.md"),
        ),
        (
            SITE.replace("HOSP", "HOSP, time_zone: Europe/Madird"), ADT,
            "conf/headrace.yaml:3:62: directories.patients.time_zone: no time zone of that name; write one like Europe/Madrid",
        ),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told_with_its_place(tmp_path: Path, site: str, channel: str, told: str) -> None:
    """File, line and column, what is wrong, and what to write."""
    assert told in _problems(tmp_path, site, channel)


def test_a_misspelt_parameter_of_a_query_is_told_with_its_place(tmp_path: Path) -> None:
    """Nothing is asked of a database with a query that cannot be right; a password in the file is told too."""
    site = (
        "version: 1\ndirectories:\n  patients:\n    use: sql\n    dsn: postgresql://u:p@h/d\n"
        "    by_identifier: SELECT * FROM p WHERE mrn = :identifer\n    by_person: DELETE FROM p WHERE family = :family\n"
    )
    assert _problems(tmp_path, site, ADT)[:2] == [
        (
            "conf/headrace.yaml:6:20: directories.patients.by_identifier: no parameter :identifer; "
            "did you mean :identifier?"
        ),
        "conf/headrace.yaml:7:16: directories.patients.by_person: not a query; it begins with SELECT or WITH",
    ]


def test_a_query_that_is_right_is_let_through(tmp_path: Path) -> None:
    """A directory of the hospital's database beside the index; only the password in the file is told."""
    site = SITE + (
        "  pas:\n    use: sql\n    dsn: postgresql://u:p@h/d\n    by_identifier: SELECT * FROM p WHERE mrn = :identifier\n"
        "    by_person: SELECT * FROM p WHERE family = :family\n"
    )
    assert _problems(tmp_path, site) == [
        (
            "conf/headrace.yaml:6:10: warning: directories.pas.dsn: a secret is written in the file; "
            "refer to it: ${cred:NAME}, ${file:PATH} or ${env:NAME}"
        )
    ]
