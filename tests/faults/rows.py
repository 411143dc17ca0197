"""What a run of the suite prints: one row a fault, as text and as markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.faults.ledger import Verdict

HEADS = ("fault", "runs", "acknowledged", "lost", "two control ids", "re-sent", "of these altered", "seed", "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault. `resent` counts messages the EHR got more than once, `altered` those whose bytes were not the same."""

    fault: str
    runs: int
    acked: int
    lost: int
    doubled: int
    resent: int
    altered: int
    seed: int
    seconds: float
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What was measured beside; no promise, not judged."""

    @property
    def cells(self) -> tuple[str, ...]:
        numbers = (self.runs, self.acked, self.lost, self.doubled, self.resent, self.altered)
        return (self.fault, *(f"{number:,}" for number in numbers), str(self.seed), f"{self.seconds:.0f}")


def row_of(
    fault: str, runs: int, verdicts: Sequence[Verdict], *, seed: int, seconds: float, notes: Sequence[str] = ()
) -> Row:
    """Sum verdicts up."""
    return Row(
        fault=fault,
        runs=runs,
        acked=sum(one.acked for one in verdicts),
        lost=sum(one.lost for one in verdicts),
        doubled=sum(one.doubled for one in verdicts),
        resent=sum(one.resent for one in verdicts),
        altered=sum(one.altered for one in verdicts),
        seed=seed,
        seconds=seconds,
        faults=tuple(fault for one in verdicts for fault in one.faults),
        notes=tuple(notes),
    )


def merge(rows: Iterable[Row]) -> list[Row]:
    """One row a fault; the seed is that of the first, from which the others follow."""
    found: dict[str, Row] = {}
    for row in rows:
        old = found.get(row.fault)
        found[row.fault] = row if old is None else Row(
            fault=row.fault,
            runs=old.runs + row.runs,
            acked=old.acked + row.acked,
            lost=old.lost + row.lost,
            doubled=old.doubled + row.doubled,
            resent=old.resent + row.resent,
            altered=old.altered + row.altered,
            seed=old.seed,
            seconds=old.seconds + row.seconds,
            faults=old.faults + row.faults,
            notes=old.notes + row.notes,
        )  # fmt: skip
    return list(found.values())


def as_text(rows: Sequence[Row]) -> str:
    """A table with aligned columns."""
    lines = [HEADS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """The same for docs/reliability.md."""
    lines = [HEADS, tuple("---" for _ in HEADS), *(row.cells for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
