"""Paper: a thin hand over fpdf2 that draws in points and remembers on which page each row landed."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.fonts import CORE_FONTS_CHARWIDTHS

from tests.generators.content import Row

PAPERS = {
    "letter": (612.0, 792.0), "a4": (595.28, 841.89), "a4_landscape": (841.89, 595.28), "legal": (612.0, 1008.0),
    "letter_landscape": (792.0, 612.0), "a5_landscape": (595.28, 419.53), "receipt": (226.8, 660.0),
}  # fmt: skip
Color = tuple[int, int, int]
BLACK: Color = (0, 0, 0)


class Sheet:
    """Pages under construction.

    Attributes:
        width, height: Paper size in points.
        places: ``id(row)`` to page number.
    """

    def __init__(
        self, *, paper: str, created: datetime, producer: str, passwords: tuple[str, str] | None = None
    ) -> None:
        self.width, self.height = PAPERS[paper]
        self.places: dict[int, int] = {}
        self._font = "helvetica"
        self._pdf = FPDF(unit="pt", format=(self.width, self.height))
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_creation_date(created.replace(tzinfo=UTC))
        self._pdf.set_producer(producer)
        if passwords is not None:
            self._pdf.set_encryption(owner_password=passwords[0], user_password=passwords[1])

    @property
    def pages(self) -> int:
        """Pages so far."""
        return int(self._pdf.page)

    def page(self) -> None:
        """Begin a page."""
        self._pdf.add_page()

    def face(self, family: str) -> None:
        """The family used until told otherwise: helvetica, times, courier."""
        self._font = family

    def _set(self, size: float, style: str, color: Color, font: str | None) -> None:
        self._pdf.set_font(font or self._font, style, size)
        self._pdf.set_text_color(*color)

    def measure(self, text: str, size: float = 9, style: str = "", *, font: str | None = None) -> float:
        """Width of ``text`` in points, straight from the metrics of the core fonts."""
        widths = CORE_FONTS_CHARWIDTHS[(font or self._font) + style]
        return float(sum(widths[char] for char in text) * size / 1000)

    def text(
        self, x: float, y: float, text: str, size: float = 9, style: str = "", *,
        align: str = "L", color: Color = BLACK, font: str | None = None, fit: float = 0,
    ) -> None:  # fmt: skip
        """Write on the baseline ``y``; ``x`` is the left end, the right end (R) or the middle (C); shrink to ``fit`` points."""
        if not text:
            return
        wide = self.measure(text.replace("{nb}", "1"), size, style, font=font) if fit or align != "L" else 0
        if fit and wide > fit:
            size, wide = size * fit / wide, fit
        self._set(size, style, color, font)
        if align != "L":
            x -= wide if align == "R" else wide / 2
        self._pdf.text(x, y, text)

    def arrow(self, x: float, y: float, *, up: bool, size: float = 9, color: Color = BLACK) -> None:
        """An up or down arrow of the Symbol font."""
        self._set(size, "", color, "symbol")
        self._pdf.text(x, y, "\xad" if up else "\xaf")

    def triangle(self, x: float, y: float, *, up: bool, size: float = 8, color: Color = BLACK) -> None:
        """A filled triangle of the Dingbats font, point up or down."""
        self._set(size, "", color, "zapfdingbats")
        self._pdf.text(x, y, "s" if up else "t")

    def rule(  # noqa: PLR0917
        self, x0: float, y0: float, x1: float, y1: float, width: float = 0.5, color: Color = BLACK
    ) -> None:
        """A straight line."""
        self._pdf.set_draw_color(*color)
        self._pdf.set_line_width(width)
        self._pdf.line(x0, y0, x1, y1)

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        fill: Color | None = None,
        edge: Color | None = None,
        width: float = 0.5,
    ) -> None:
        """A rectangle, filled, outlined or both."""
        if fill is not None:
            self._pdf.set_fill_color(*fill)
        if edge is not None:
            self._pdf.set_draw_color(*edge)
            self._pdf.set_line_width(width)
        style = ("D" if edge is not None else "") + ("F" if fill is not None else "")
        self._pdf.rect(x, y, w, h, style=style)

    def disc(self, x: float, y: float, radius: float, fill: Color) -> None:
        """A filled circle around (x, y)."""
        self._pdf.set_fill_color(*fill)
        self._pdf.ellipse(x - radius, y - radius, 2 * radius, 2 * radius, style="F")

    def barcode(self, x: float, y: float, code: str, width: float = 110, height: float = 22) -> None:
        """Bars that look like a label; they are noise, not a symbology."""
        self._pdf.set_fill_color(0, 0, 0)
        draw = random.Random(f"bars:{code}")
        while width > 3:
            bar, gap = draw.choice((0.7, 1.4, 2.1)), draw.choice((0.8, 1.6))
            self._pdf.rect(x, y, bar, height, style="F")
            x, width = x + bar + gap, width - bar - gap

    def picture(self, png: bytes, x: float, y: float, w: float, h: float) -> None:
        """An image file's bytes stretched over a rectangle."""
        self._pdf.image(io.BytesIO(png), x, y, w, h)

    def signature(self, x: float, y: float, seed: str, width: float = 86) -> None:
        """A scribble."""
        draw = random.Random(f"sign:{seed}")
        points = [(x + width * i / 14, y + draw.uniform(-9, 7) * (1 - i / 18)) for i in range(15)]
        self._pdf.set_draw_color(20, 30, 110)
        self._pdf.set_line_width(0.9)
        self._pdf.polyline(points)

    def mark(self, row: Row) -> None:
        """Remember that ``row`` stands on this page."""
        self.places[id(row)] = self.pages

    def wrap(self, text: str, width: float, size: float, style: str = "") -> list[str]:
        """``text`` broken at blanks so that each line fits ``width``."""
        lines: list[str] = []
        for word in text.split(" "):
            joined = f"{lines[-1]} {word}" if lines else word
            if lines and self.measure(joined, size, style) <= width:
                lines[-1] = joined
            else:
                lines.append(word)
        return lines

    def finish(self) -> bytes:
        """The file, with ``{nb}`` made the number of pages."""
        for page in self._pdf.pages.values():
            drawn = page.contents
            if isinstance(drawn, bytearray):
                page.contents = drawn.replace(b"{nb}", str(self.pages).encode())
        return bytes(self._pdf.output())


class Flow:
    """A column of lines that starts a new page when it is full."""

    def __init__(self, sheet: Sheet, bottom: float, open_page: Callable[[], float]) -> None:
        self._sheet, self._bottom, self._open = sheet, bottom, open_page
        self.y = 0.0
        self.turn()

    def turn(self) -> None:
        """Go to a new page."""
        self._sheet.page()
        self.y = self._open()

    def need(self, height: float) -> bool:
        """Make room for ``height`` points; True when that took a new page."""
        if self.y + height <= self._bottom:
            return False
        self.turn()
        return True
