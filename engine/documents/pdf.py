"""PDF text layers through PDFium: characters with boxes, joined to words.

PDFium is not safe in threads and is C code fed with foreign bytes: this module runs in a disposable process only.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from engine.documents.pages import OpenedPages, Page, PageLimits, PageSource, Word
from engine.documents.sniff import PDF, is_complete

_GAP = 0.22
"""A gap of more than this share of the height starts a new word (measured; a blank is 0.25-0.28 em)."""
_RAISED_SIZE = 0.8
"""A smaller character set higher is a footnote mark or an exponent: `5.1²` must not become 5.12."""
_FEW_CHARACTERS = 40
_SOME_CHARACTERS = 300
_GARBAGE_SHARE = 0.08
_HIDDEN_CONFIDENCE = 0.6
_INVISIBLE = 3
_SAMPLES = 16
_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
    0x00AD: "-",
    0x0002: "-",
    0x2010: "-",
    0x2011: "-",
}
_SKIPPED = frozenset({0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0xFFFE, 0x0000})
_BLANK = frozenset({0x20, 0x09, 0x0A, 0x0D, 0xA0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x3000})


_Edges = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Frame:
    """How a page's own coordinates (origin bottom left) turn into reading ones (origin top left)."""

    turn: int
    left: float
    bottom: float
    width: float
    height: float

    def size(self) -> tuple[float, float]:
        return (self.height, self.width) if self.turn in (90, 270) else (self.width, self.height)

    def mapper(self) -> Callable[[float, float, float, float], _Edges]:
        """A function from left, bottom, right, top to x0, y0, x1, y1."""
        dx, dy, w, h = self.left, self.bottom, self.width, self.height
        if self.turn == 90:
            return lambda x0, y0, x1, y1: (y0 - dy, x0 - dx, y1 - dy, x1 - dx)
        if self.turn == 180:
            return lambda x0, y0, x1, y1: (w - x1 + dx, y0 - dy, w - x0 + dx, y1 - dy)
        if self.turn == 270:
            return lambda x0, y0, x1, y1: (h - y1 + dy, w - x1 + dx, h - y0 + dy, w - x0 + dx)
        return lambda x0, y0, x1, y1: (x0 - dx, h - y1 + dy, x1 - dx, h - y0 + dy)


def open_pdf(data: bytes, limits: PageLimits) -> OpenedPages:
    """Read the text layer of every page within the limits.

    Returns:
        Pages whose text layer is missing or garbage carry `failed`. `reason_code` says `document.encrypted`,
        `document.truncated` (no end mark, whatever PDFium could still rebuild is there), `document.too_large` or
        `document.unreadable`.
    """
    whole = is_complete(data, PDF)
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        return OpenedPages(media_type=PDF, reason_code=_open_fault(error, whole=whole))
    try:
        count = len(document)
        pages, over = _read_pages(document, min(count, limits.pages), limits)
    finally:
        document.close()
    code = "" if whole else "document.truncated"
    if count > limits.pages or over:
        code = code or "document.too_large"
    return OpenedPages(media_type=PDF, pages=tuple(pages), page_count=count, reason_code=code)


def _open_fault(error: pdfium.PdfiumError, *, whole: bool) -> str:
    if getattr(error, "err_code", None) == pdfium_c.FPDF_ERR_PASSWORD or "password" in str(error).lower():
        return "document.encrypted"
    return "document.unreadable" if whole else "document.truncated"


def _read_pages(document: pdfium.PdfDocument, count: int, limits: PageLimits) -> tuple[list[Page], bool]:
    pages: list[Page] = []
    left = limits.characters
    flatten = pdfium_c.FPDF_GetFormType(document) != pdfium_c.FORMTYPE_NONE
    for index in range(count):
        try:
            page = document[index]
        except pdfium.PdfiumError:
            pages.append(Page(number=index + 1, width=0, height=0, source=PageSource.NONE, failed="page is damaged"))
            continue
        try:
            if flatten:
                pdfium_c.FPDFPage_Flatten(page, pdfium_c.FLAT_NORMALDISPLAY)
                page.close()
                page = document[index]
            read, characters = _read_page(page, index + 1, limits, left)
        finally:
            page.close()
        pages.append(read)
        left -= characters
        if left < 0:
            return pages, True
    return pages, False


def _read_page(page: pdfium.PdfPage, number: int, limits: PageLimits, left: int) -> tuple[Page, int]:
    width, height = page.get_size()
    if max(width, height) > limits.side_points or min(width, height) <= 0:
        return Page(number=number, width=width, height=height, source=PageSource.NONE, failed="page is too large"), 0
    text = page.get_textpage()
    try:
        count = text.count_chars()
        if count > left:
            failed = "too many characters"
            return Page(number=number, width=width, height=height, source=PageSource.NONE, failed=failed), count
        frame = _frame(page, text, count)
        codes, words = _words(text, count, frame, _HIDDEN_CONFIDENCE if _hidden(text, count) else 1.0)
    finally:
        text.close()
    width, height = frame.size()
    failed = _fault(page, codes)
    source = PageSource.NONE if failed else PageSource.PDF_TEXT
    kept = () if failed else words
    return Page(number=number, width=width, height=height, words=kept, source=source, failed=failed), count


def _frame(page: pdfium.PdfPage, text: pdfium.PdfTextPage, count: int) -> _Frame:
    """Turn the page so that most of its characters stand upright; without characters, as its /Rotate says."""
    left, bottom, right, top = page.get_bbox()
    turn = page.get_rotation()
    angles = Counter(
        round(math.degrees(pdfium_c.FPDFText_GetCharAngle(text, index)) / 90.0) % 4 * 90
        for index in _samples(count)
        if pdfium_c.FPDFText_GetUnicode(text, index) not in _BLANK
    )
    if angles:
        turn = (360 - angles.most_common(1)[0][0]) % 360
    return _Frame(turn, left, bottom, right - left, top - bottom)


def _samples(count: int) -> Iterator[int]:
    return iter(range(0, count, max(1, count // _SAMPLES)))


def _hidden(text: pdfium.PdfTextPage, count: int) -> bool:
    """Whether most characters are drawn invisible: the text is then someone's OCR under a scan."""
    seen = invisible = 0
    for index in _samples(count):
        item = pdfium_c.FPDFText_GetTextObject(text, index)
        if item:
            seen += 1
            invisible += pdfium_c.FPDFTextObj_GetTextRenderMode(item) == _INVISIBLE
    return invisible * 2 > seen


def _characters(text: pdfium.PdfTextPage, count: int, frame: _Frame) -> Iterator[tuple[int, _Edges]]:
    """Codes and edges (left, top, right, bottom) of the characters; a blank has the code 0."""
    place, upright = frame.mapper(), frame.turn == 0
    left, roof = frame.left, frame.height + frame.bottom
    rect = pdfium_c.FS_RECTF()
    pointer = ctypes.byref(rect)
    get_code, get_box = pdfium_c.FPDFText_GetUnicode, pdfium_c.FPDFText_GetLooseCharBox
    raw = text.raw
    nowhere = (0.0, 0.0, 0.0, 0.0)
    for index in range(count):
        code = get_code(raw, index)
        if code in _BLANK:
            yield 0, nowhere
        elif code not in _SKIPPED and get_box(raw, index, pointer):
            if upright:
                yield code, (rect.left - left, roof - rect.top, rect.right - left, roof - rect.bottom)
            else:
                yield code, place(rect.left, rect.bottom, rect.right, rect.top)


def _words(
    text: pdfium.PdfTextPage, count: int, frame: _Frame, confidence: float
) -> tuple[list[int], tuple[Word, ...]]:
    """Join characters to words: a blank, gap, step back or new line ends a word; `^` marks raised characters."""
    codes: list[int] = []
    words: dict[tuple[str, int, int], Word] = {}
    letters: list[str] = []
    x0 = y0 = x1 = y1 = tall = 0.0
    raised = False
    for code, (left, top, right, bottom) in chain(_characters(text, count, frame), ((0, (0.0, 0.0, 0.0, 0.0)),)):
        apart = (
            not code or left - x1 > _GAP * (y1 - y0) or left < x0 - 1 or abs(top + bottom - y0 - y1) > 0.9 * (y1 - y0)
        )
        if letters and apart:
            word = "".join(letters)
            # Bold is sometimes drawn by printing twice, a fraction of a point apart.
            words.setdefault((word, round(x0 / 3), round(y0 / 3)), Word(word, x0, y0, x1, y1, confidence))
            letters.clear()
        if not code:
            continue
        codes.append(code)
        if letters:
            small = bottom - top < _RAISED_SIZE * tall and bottom < y1 - 0.15 * tall
            if small and not raised:
                letters.append("^")
            raised = small
            x1, y0, y1 = max(x1, right), min(y0, top), max(y1, bottom)
        else:
            x0, y0, x1, y1, tall, raised = left, top, right, bottom, bottom - top, False
        letters.append(_LIGATURES.get(code) or chr(code))
    return codes, tuple(words.values())


def _fault(page: pdfium.PdfPage, codes: list[int]) -> str:
    """Why the text layer cannot stand for the page, or empty."""
    count = len(codes)
    garbage = sum(1 for code in codes if code == 0xFFFD or 0xE000 <= code <= 0xF8FF or (code < 0x20 and code != 2))
    if count and garbage > _GARBAGE_SHARE * count:
        return "garbage text layer"
    if count < _SOME_CHARACTERS:
        image, paths = _drawn(page)
        if image > (0.1 if count < _FEW_CHARACTERS else 0.4) or (count < _FEW_CHARACTERS and paths > 60):
            return "no text layer"
    return ""


def _drawn(page: pdfium.PdfPage) -> tuple[float, int]:
    """The share of the page that its largest image covers, and how many paths are drawn."""
    width, height = page.get_size()
    largest, paths = 0.0, 0
    for item in page.get_objects(max_depth=3):
        if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            largest = max(largest, (right - left) * (top - bottom) / (width * height))
        elif item.type == pdfium_c.FPDF_PAGEOBJ_PATH:
            paths += 1
    return largest, paths
