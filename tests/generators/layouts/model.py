"""What the composer must know of a layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.generators.content import Lab, PrintStyle, Report
from tests.generators.sheet import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One laboratory's report form.

    Attributes:
        name: Key of the layout.
        languages: Languages it is printed in, the usual one first.
        panels: Keys of the usual panels by language.
        labs: Letterhead by language.
        style: Printing habits by language.
        draw: Draws a report.
        paper: Name of the paper size.
        shows_sections: Whether panel titles are printed as headings.
        amend: The laboratory's own ways with names and rows, applied to the composed content.
    """

    name: str
    languages: tuple[str, ...]
    panels: dict[str, tuple[str, ...]]
    labs: dict[str, Lab]
    style: Callable[[str], PrintStyle]
    draw: Callable[[Sheet, Report], None]
    paper: str = "letter"
    shows_sections: bool = True
    amend: Callable[[Report], Report] | None = None
