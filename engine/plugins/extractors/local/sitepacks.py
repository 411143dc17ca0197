"""What a reader process knows beyond the packs: the site's overlay and its LOINC table, read again when they change."""

from __future__ import annotations

import mmap
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine.extraction.packs import Packs
from engine.extraction.packs.load import parse_yaml
from engine.extraction.packs.overlay import LabEntry, Overlay, build_overlay, laid_over
from engine.extraction.packs.table import TableCode, row_of
from engine.extraction.reader import Memory

_MOST_SENDERS = 32
_LARGEST_BYTES = 4 << 20
Mark = tuple[int, int, int]


class TableFile:
    """The port `CodeTable` over a sorted file, mapped into memory: pages that are not asked for are not loaded."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self._data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)

    def find(self, folded: str) -> tuple[TableCode, ...]:
        """See the port; lines that are none are passed over."""
        wanted = folded.encode() + b"\t"
        at = self._first(wanted)
        found: list[TableCode] = []
        while self._data[at : at + len(wanted)] == wanted:
            end = self._end(at)
            with suppress(ValueError):
                found.append(row_of(self._data[at:end].decode("utf-8"))[1])
            at = end + 1
        return tuple(found)

    def _first(self, wanted: bytes) -> int:
        """Where the first line begins that is not before `wanted`; found by halving."""
        low, high = 0, len(self._data)
        while low < high:
            middle = (low + high) // 2
            start = self._data.rfind(b"\n", 0, middle) + 1
            if self._data[start : start + len(wanted)] < wanted:
                low = self._end(start) + 1
            else:
                high = start
        return low

    def _end(self, start: int) -> int:
        end = self._data.find(b"\n", start)
        return len(self._data) if end < 0 else end

    def close(self) -> None:
        """Let the file go."""
        self._data.close()


class SitePacks:
    """Packs for each sender; what could not be read is in `warnings`, and the last good reading stays in force."""

    def __init__(self, packs: Packs, *, overlay: Path, table: Path) -> None:
        self._packs = packs
        self._files = {"overlay": overlay, "table": table}
        self._marks: dict[str, Mark | None] = {"overlay": None, "table": None}
        self._overlay = Overlay()
        self._table: TableFile | None = None
        self._known: dict[tuple[LabEntry, ...], Memory] = {}
        self._told: dict[str, str] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the files, for the report."""
        return tuple(self._told.values())

    def of(self, facility: str, application: str) -> Memory:
        """The packs for a sender, with what earlier documents taught of them."""
        self._refresh()
        entries = self._overlay.of(facility, application)
        memory = self._known.get(entries)
        if memory is None:
            if len(self._known) >= _MOST_SENDERS:
                self._known.clear()
            memory = self._known[entries] = Memory(replace(laid_over(self._packs, entries), table=self._table))
        return memory

    def _refresh(self) -> None:
        for name, path in self._files.items():
            mark = _mark(path)
            if mark == self._marks[name]:
                continue
            self._marks[name] = mark
            self._told.pop(name, None)
            self._known.clear()
            try:
                read = self._read_overlay if name == "overlay" else self._read_table
                read(path, mark)
            except (OSError, ValueError):
                self._told[name] = f"{path.name} cannot be read; see `headrace check`"

    def _read_overlay(self, path: Path, mark: Mark | None) -> None:
        if mark is None:
            self._overlay = Overlay()
            return
        if mark[1] > _LARGEST_BYTES:
            raise ValueError("too large")
        self._overlay, faults = build_overlay(parse_yaml(path.read_text("utf-8")), self._packs)
        if faults:
            self._told["overlay"] = f"{path.name}: {len(faults)} mistakes were left out; see `headrace check`"

    def _read_table(self, path: Path, mark: Mark | None) -> None:
        old, self._table = self._table, None if mark is None else TableFile(path)
        if old is not None:
            old.close()


def _mark(path: Path) -> Mark | None:
    """What changes when a file does; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
