"""A result on its way: the raw row with what the page around it says."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.extraction.rows import RawRow


@dataclass(slots=True)
class Draft:
    """One row with its surroundings.

    Attributes:
        row: the words of its fields.
        section: the heading it stands under, empty when none.
        specimen: what headings and labels say of the specimen, empty when nothing does.
        page: from 1.
        source: where the words come from (`pdf-text`, `text`, `ocr`).
        comments: lines printed under it.
        top, bottom: y of its first line and of its last, in points.
        text: the lines of a result in prose, empty for a row.
        sure: false where a heading that nobody knows stands between the row and the one that tells the specimen.
        unit: what the title of its section says that it is measured in, empty when it says nothing.
        settled: false when the columns inside that text could not be told apart.
        rule: `card` or `prose` for what was read outside of rows, empty for rows.
    """

    row: RawRow
    section: str
    specimen: str
    page: int
    top: float
    bottom: float
    source: str = "pdf-text"
    comments: list[str] = field(default_factory=list)
    text: str = ""
    settled: bool = True
    sure: bool = True
    unit: str = ""
    rule: str = ""

    @property
    def ocr(self) -> bool:
        """Whether the words come from character recognition, so that digits themselves may be wrong."""
        return self.source == "ocr"

    @property
    def marks(self) -> set[str]:
        """Footnote marks printed behind its words (`Glucose^1`)."""
        return {word.text.rsplit("^", 1)[1] for word in self.row.words if "^" in word.text}
