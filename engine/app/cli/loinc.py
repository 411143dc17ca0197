"""`headrace loinc import`: the site's own LOINC release as a table that reader processes ask last."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files as resources
from pathlib import Path

from engine.app.cli.extract import local_settings
from engine.extraction.packs.overlay import is_loinc
from engine.extraction.packs.table import TableCode, line_of, names_of, table_row

OK, USAGE = 0, 2
_LARGEST_FIELD = 1 << 20


class NoTable(ValueError):
    """The files are not those of a LOINC release; says which and why."""


@dataclass(slots=True)
class _Import:
    """What was gathered: rows by code, whether a method belongs to each, and the lines of the table."""

    rows: dict[str, TableCode] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    read: int = 0

    def take(self, raw: dict[str, str]) -> None:
        """A row of `Loinc.csv`."""
        self.read += 1
        row = table_row(raw)
        if row is None or not is_loinc(row.loinc):
            return
        self.rows[row.loinc] = row
        if raw.get("METHOD_TYP"):
            self.methods.add(row.loinc)
        self.name(row.loinc, raw)

    def name(self, loinc: str, raw: dict[str, str]) -> None:
        """The names of a row, or those of its translation."""
        row = self.rows.get(loinc)
        if row is None:
            return
        for name, is_full in names_of(raw, has_method=loinc in self.methods):
            self.lines.add(line_of(replace(row, is_full=is_full), name))


def import_table(site: Path, files: Sequence[Path], *, as_json: bool) -> int:
    """Read the release and write the table; 2 when a file is none of a release, nothing written then."""
    target = Path(local_settings(site).loinc)
    try:
        gathered = _gather(files)
        _write(target, gathered, [file.name for file in files])
    except (NoTable, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return USAGE
    told = {"rows": gathered.read, "codes": len(gathered.rows), "names": len(gathered.lines), "table": str(target)}
    words = f"{told['codes']} codes of {told['rows']} rows under {told['names']} names: {target}"
    sys.stdout.write((json.dumps(told) if as_json else words) + "\n")
    return OK


def _gather(files: Sequence[Path]) -> _Import:
    """The main table first, whatever the order given, then the translations."""
    gathered = _Import()
    heads = {file: set(_head(file)) for file in files}
    main = [file for file, head in heads.items() if {"LOINC_NUM", "CLASSTYPE", "STATUS"} <= head]
    if len(main) != 1:
        raise NoTable(f"one of the files must be Loinc.csv (LoincTable/Loinc.csv of the release), {len(main)} are")
    for raw in _rows(main[0]):
        gathered.take(raw)
    if not gathered.rows:
        raise NoTable(f"{main[0].name}: no active laboratory test is in it")
    for file in files:
        if file in main:
            continue
        if not {"LOINC_NUM", "COMPONENT"} <= heads[file]:
            raise NoTable(f"{file.name}: no columns LOINC_NUM and COMPONENT; give a LinguisticVariant file")
        for raw in _rows(file):
            gathered.name(raw["LOINC_NUM"], raw)
    return gathered


def _head(file: Path) -> Sequence[str]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream), [])


def _rows(file: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(_LARGEST_FIELD)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            for raw in csv.DictReader(stream, restval=""):
                yield {key: value for key, value in raw.items() if isinstance(key, str)}
    except (csv.Error, UnicodeDecodeError) as problem:
        raise NoTable(f"{file.name}: no CSV file in UTF-8 ({type(problem).__name__})") from None


def _write(target: Path, gathered: _Import, sources: Sequence[str]) -> None:
    """The table in one step: readers see the old one or the new one, sorted by bytes under LOINC's notice."""
    notice = (resources("engine.extraction.packs") / "NOTICE").read_text("utf-8").split("LOINC\n\n", 1)[1]
    head = [f"# {line}".rstrip() for line in notice.split("\n\n", 1)[0].splitlines()]
    head = [f"#{place:02} {line[2:]}" for place, line in enumerate([*head, f"# made of {', '.join(sources)}"])]
    body = sorted(line.encode() for line in gathered.lines)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_suffix(".new")
    with draft.open("wb") as stream:
        stream.write(b"".join(line + b"\n" for line in (*(item.encode() for item in head), *body)))
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(target)
