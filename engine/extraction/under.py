"""What the headings above a row tell of it: its section, specimen, and the unit its tests are measured in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.extraction.draft import Draft
from engine.extraction.folding import fold
from engine.extraction.grammar import Grammar, Kind
from engine.extraction.headings import heading_shaped, is_heading, parted_title, specimen_of
from engine.extraction.layout import Cell, Line
from engine.extraction.rows import RawRow

_ASIDE = re.compile(r"\s*\([^()]*\)$")


@dataclass(slots=True)
class Under:
    """The headings that hold for the next row.

    Attributes:
        section: the last heading as printed, empty when there was none.
        specimen: of the last heading that tells one.
        sure: false when a heading that nobody knows came after that one.
        unit: in the bracket of the last heading.
    """

    grammar: Grammar
    section: str = ""
    specimen: str = ""
    sure: bool = True
    unit: str = ""

    def draft(self, row: RawRow, line: Line, source: str) -> Draft:
        """A row that stands in a line under these headings."""
        return Draft(
            row, self.section, self.specimen, line.page, line.y0, line.y1, source, sure=self.sure, unit=self.unit
        )

    def take_known(self, title: str) -> bool:
        """Take a title as a heading, if its words are those of one."""
        bare, unit = parted_title(title, self.grammar.packs.units)
        if not is_heading(bare, self.grammar.language):
            return False
        self.section, self.unit, self.sure = title, unit, True
        self.specimen = specimen_of(bare, self.grammar.language) or self.specimen
        return True

    def take_unknown(self, title: str, *, apart: bool) -> bool:
        """Take a lone line as a heading of no known words, if it is in capitals, or shaped as one and `apart`."""
        bare, unit = parted_title(title, self.grammar.packs.units)
        if not heading_shaped(bare) or not (bare.isupper() or apart):
            return False
        self.section, self.unit, self.sure = title, unit, False
        return True

    def take_label(self, line: Line) -> bool:
        """Take `Specimen: Urine` for the rows that follow, and a title before it on the same line as their heading.

        Returns:
            Whether there was such a title: the line is a heading, even where its words are those of a test.
        """
        for at, cell in enumerate(line.cells):
            head, colon, tail = cell.text.partition(":")
            behind = line.cells[at + 1].text if at + 1 < len(line.cells) else ""
            told = specimen_of(tail.strip() or behind.lstrip(": "), self.grammar.language)
            if not told or not (colon or behind.startswith(":")) or not self._names_specimen(head):
                continue
            titled = at == 1 and ":" not in line.cells[0].text
            if titled:
                title = line.cells[0].text.strip(" :-–—*=•")
                if not self.take_known(title):
                    self.take_unknown(title, apart=True)
            self.specimen, self.sure = told, True
            return titled
        return False

    def take_beside(self, line: Line) -> bool:
        """Take a title with nothing but a specimen beside it (`Glycated haemoglobin   Blood (EDTA)`)."""
        if len(line.cells) != 2 or any(map(str.isdigit, line.text)) or ":" in line.text:
            return False
        told = self.grammar.language.sections.get(fold(_ASIDE.sub("", line.cells[1].text)), "")
        if not told:
            return False
        title = line.cells[0].text.strip(" :-–—*=•")
        if not self.take_known(title):
            self.take_unknown(title, apart=True)
        self.specimen, self.sure = told, True
        return True

    def _names_specimen(self, text: str) -> bool:
        language = self.grammar.language
        return "specimen" in (language.headers.get(fold(text)), language.labels.get(fold(text)))

    def take_header(self, line: Line) -> None:
        """Take the unit that a title before the headings of a table tells."""
        self.unit = parted_title(line.cells[0].text, self.grammar.packs.units)[1] or self.unit

    def next_column(self) -> None:
        """Go on in the next column of a page, which the headings of the last one say nothing of."""
        self.section = self.unit = ""
        self.sure = False


def beside_title(cell: Cell, grammar: Grammar) -> bool:
    """Whether a cell may stand beside a title: a word of sections, or words without any number or answer."""
    if cell.folded in grammar.language.sections:
        return True
    texts = all(piece.kind is Kind.TEXT for piece in grammar.pieces(cell.words))
    return texts and not any(map(str.isdigit, cell.text))
