"""A site's own LOINC table behind the packs: asked last, for names that no pack knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from engine.extraction.folding import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCode:
    """One row of the table.

    Attributes:
        units: UCUM codes that LOINC names as examples.
        specimen: `blood`, `urine`, `csf` or `stool`.
        values: `numeric`, `qualitative` or `titre`.
        is_full: it was found by a whole name of its own, not by what it measures alone.
    """

    loinc: str
    name: str
    specimen: str
    values: str
    units: frozenset[str]
    is_full: bool


class CodeTable(Protocol):
    """Rows by name."""

    def find(self, folded: str) -> tuple[TableCode, ...]:
        """Everything that goes by a folded name."""


def only_fitting(found: Iterable[TableCode], *, ucum: str, specimen: str, kind: str) -> TableCode | None:
    """The one row that fits unit, specimen and kind of value; None when none or several do: a name is never guessed."""
    place = "blood" if specimen in ("", "serum", "plasma") else specimen
    fits = {
        row.loinc: row
        for row in sorted(found, key=lambda item: item.is_full)
        if row.specimen == place and row.values == kind and (kind != "numeric" or (ucum and ucum in row.units))
    }
    return next(iter(fits.values())) if len(fits) == 1 else None


def line_of(row: TableCode, folded: str) -> str:
    """A row as a line of the table's file, which is sorted by bytes."""
    parts = (
        folded,
        row.loinc,
        "full" if row.is_full else "part",
        row.specimen,
        row.values,
        " ".join(sorted(row.units)),
    )
    return "\t".join((*parts, " ".join(row.name.split())))


def row_of(line: str) -> tuple[str, TableCode]:
    """Folded name and row of a line. Raises ValueError."""
    folded, loinc, how, specimen, values, units, name = line.rstrip("\n").split("\t")
    return folded, TableCode(
        loinc=loinc, name=name, specimen=specimen, values=values, units=frozenset(units.split()), is_full=how == "full"
    )


_SPECIMENS = {
    **dict.fromkeys(("Ser/Plas", "Ser", "Plas", "Bld", "BldA", "BldV", "BldC", "RBC", "PPP", "Ser/Plas/Bld"), "blood"),
    "Urine": "urine",
    "CSF": "csf",
    "Stool": "stool",
}
_SCALES = {"Qn": "numeric", "Ord": "qualitative", "Nom": "qualitative"}
_FULL = ("LONG_COMMON_NAME", "SHORTNAME", "DisplayName", "LinguisticVariantDisplayName")


def table_row(raw: dict[str, str]) -> TableCode | None:
    """What a row of LOINC's `Loinc.csv` says; None for what is no active laboratory test of a specimen known here.

    Rows under somebody else's copyright are left out. Source: LOINC Users' Guide, appendix A (LoincTableCore fields).
    """
    if raw.get("STATUS") != "ACTIVE" or raw.get("CLASSTYPE") != "1" or raw.get("EXTERNAL_COPYRIGHT_NOTICE"):
        return None
    specimen, values = _SPECIMENS.get(raw.get("SYSTEM", "")), _SCALES.get(raw.get("SCALE_TYP", ""))
    if raw.get("PROPERTY") == "Titr":
        values = "titre"
    units = frozenset(part.strip() for part in raw.get("EXAMPLE_UCUM_UNITS", "").split(";") if part.strip())
    if specimen is None or values is None or raw.get("TIME_ASPCT") != "Pt" or (values == "numeric" and not units):
        return None
    name = raw.get("LONG_COMMON_NAME", "")
    return TableCode(
        loinc=raw["LOINC_NUM"], name=name, specimen=specimen, values=values, units=units, is_full=True
    )  # fmt: skip


def names_of(raw: dict[str, str], *, has_method: bool) -> list[tuple[str, bool]]:
    """The folded names of a row or of its translation, each with whether it is a whole name.

    What it measures alone is a name only where no method and no challenge tells it from others.
    """
    names = [(fold(raw[column]), True) for column in _FULL if raw.get(column)]
    component = raw.get("COMPONENT", "")
    if component and "^" not in component and not has_method:
        names.append((fold(component), False))
    return [(name, is_full) for name, is_full in names if len(name) > 1]
