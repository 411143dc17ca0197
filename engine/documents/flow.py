"""Running text and table cells as they come out of marked-up formats, laid on the text grid."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.documents.text import align_columns


@dataclass(slots=True)
class Flow:
    """Collects text into lines and table rows; a table inside a cell reads as lines of its own after the outer row.

    Attributes:
        lines: what is finished.
        raised: superscript text follows; its first character gets a `^`, so that 10^3 does not become 103.
    """

    lines: list[str] = field(default_factory=list)
    raised: bool = False
    _text: list[str] = field(default_factory=list)
    _row: list[str] | None = None
    _rows: list[list[str]] = field(default_factory=list)
    _depth: int = 0

    def write(self, text: str) -> None:
        """Text as it runs."""
        if text:
            if self.raised and text.strip():
                text, self.raised = f"^{text.lstrip()}", False
            self._text.append(text)

    def end_line(self) -> None:
        """A paragraph or forced line ends; inside a cell that is a blank."""
        if self._row is not None:
            self._text.append(" ")
            return
        text = "".join(self._text)
        self._text.clear()
        if text.strip():
            self.lines.append("  ".join(" ".join(part.split()) for part in text.split("\t")).strip())

    def start_table(self) -> None:
        """A table begins; one inside another is read as part of its cell."""
        if self._depth == 0:
            self.end_line()
        self._depth += 1

    def start_row(self) -> None:
        """A row of the outermost table begins."""
        if self._depth == 1:
            self._row = []
            self._text.clear()

    def end_cell(self, columns: int = 1) -> None:
        """A cell ends that covers some columns."""
        if self._depth == 1 and self._row is not None:
            self._row.append(" ".join("".join(self._text).split()))
            self._row.extend([""] * (min(columns, 50) - 1))
            self._text.clear()
        else:
            self._text.append(" ")

    def end_row(self) -> None:
        """A row ends; one without anything in it is dropped."""
        if self._depth == 1 and self._row is not None:
            if any(self._row):
                self._rows.append(self._row)
            self._row = None

    def end_table(self) -> None:
        """A table ends and is laid out in columns."""
        self._depth = max(0, self._depth - 1)
        if self._depth == 0:
            self.lines.extend(align_columns(self._rows))
            self._rows, self._row = [], None
            self._text.clear()

    def text(self) -> str:
        """All lines."""
        while self._depth:
            self.end_row()
            self.end_table()
        self.end_line()
        return "\n".join(self.lines)
