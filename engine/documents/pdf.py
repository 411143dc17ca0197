"""PDF text layers through PDFium: characters with boxes, joined to words.

PDFium is not safe in threads and is C code fed with foreign bytes: this module runs in a disposable process only.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from operator import sub

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from engine.documents.pages import OpenedPages, Page, PageLimits, PageSource, Word
from engine.documents.pictures import Picture, Recogniser, page_of_picture
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
_NO_LAYER, _GARBAGE_LAYER = "no text layer", "garbage text layer"
_TO_RECOGNISE = (_NO_LAYER, _GARBAGE_LAYER)
_PICTURE_SCALE = 200 / 72
_PICTURE_PIXELS = 12_000_000
_SAMPLES = 16
_FLAT = 0.01
"""Letters lower than this, in points, are told apart one by one."""
_LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
    "\u00ad": "-",
    "\x02": "-",
    "\u2010": "-",
    "\u2011": "-",
}
_BLANKS = " \t\n\r\xa0\u2002\u2003\u2007\u2009\u202f\u3000"
_BLANK_CODES = frozenset(map(ord, _BLANKS))
_RUN = re.compile(f"[^{_BLANKS}]+")
_SKIPPED = re.compile("[\u200b\u200c\u200d\u2060\ufeff\ufffe\x00]")
_SPECIAL = re.compile(f"{_SKIPPED.pattern}|[{''.join(_LIGATURES)}]")
_UNSURE = re.compile("[\ud800-\udfff\ufffe\x00\x02]")
_GARBAGE = re.compile("[\ufffd\ue000-\uf8ff\x01\x03-\x1f]")

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


def open_pdf(data: bytes, limits: PageLimits, recogniser: Recogniser | None = None) -> OpenedPages:
    """Read the text layer of every page within the limits; pages without a usable one are recognised, if that can be.

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
        pages, over = _read_pages(document, min(count, limits.pages), limits, recogniser)
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


def _read_pages(
    document: pdfium.PdfDocument, count: int, limits: PageLimits, recogniser: Recogniser | None
) -> tuple[list[Page], bool]:
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
            if recogniser is not None and (read.failed in _TO_RECOGNISE or _doubtful(read)):
                read = _recognised(page, read, recogniser)
        finally:
            page.close()
        pages.append(read)
        left -= characters
        if left < 0:
            return pages, True
    return pages, False


def _doubtful(page: Page) -> bool:
    """Whether the text layer is someone else's recognition under a picture."""
    return any(word.confidence < 1.0 for word in page.words[:1])


def _recognised(page: pdfium.PdfPage, read: Page, recogniser: Recogniser) -> Page:
    """The page by its picture; where that cannot be read, what its text layer gave, with the reason if it gave none."""
    refusal = recogniser.refusal()
    if refusal:
        return replace(read, failed=f"{read.failed}; {refusal}") if read.failed else read
    found = page_of_picture(_picture(page), read.number, recogniser)
    return read if found.failed and read.words else found


def _picture(page: pdfium.PdfPage, rotation: int = 0) -> Picture:
    width, height = page.get_size()
    scale = min(_PICTURE_SCALE, math.sqrt(_PICTURE_PIXELS / (width * height)))
    bitmap = page.render(scale=scale, grayscale=True, rotation=rotation)
    try:
        data = bytes(bitmap.buffer)
        if bitmap.stride != bitmap.width:
            rows = range(0, bitmap.height * bitmap.stride, bitmap.stride)
            data = b"".join(data[start : start + bitmap.width] for start in rows)
        return Picture(data=data, width=bitmap.width, height=bitmap.height, points=1 / scale)
    finally:
        bitmap.close()


def pdf_pictures(data: bytes, limits: PageLimits, *, only: int = 0) -> Iterator[tuple[int, Picture]]:
    """The pages of a PDF as they are read, or `only` one: number and picture; none of what cannot be opened."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError:
        return
    try:
        count = min(len(document), limits.pages)
        for index in range(count) if not only else range(only - 1, min(only, count)):
            with contextlib.suppress(pdfium.PdfiumError):
                page = document[index]
                text = page.get_textpage()
                turn = _frame(page, text, text.count_chars()).turn
                if 0 < min(page.get_size()) <= max(page.get_size()) <= limits.side_points:
                    yield index + 1, _picture(page, (turn - page.get_rotation()) % 360)
    finally:
        document.close()


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
        glyphs = _glyphs(text, count, frame)
        words = _words(glyphs, _HIDDEN_CONFIDENCE if _hidden(text, count) else 1.0)
    finally:
        text.close()
    width, height = frame.size()
    failed = _fault(page, glyphs.placed())
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
        if pdfium_c.FPDFText_GetUnicode(text, index) not in _BLANK_CODES
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Glyphs:
    """The characters of a page, one for each PDFium index, and their reading edges in points (blanks have none)."""

    letters: str
    special: bool
    missing: frozenset[int]
    lefts: Sequence[float]
    tops: Sequence[float]
    rights: Sequence[float]
    bottoms: Sequence[float]

    def placed(self) -> str:
        """All characters that are drawn somewhere, blanks aside."""
        kept = "".join(_RUN.findall(self.letters))
        if self.missing:
            kept = "".join(c for i, c in enumerate(self.letters) if i not in self.missing and c not in _BLANKS)
        return _SKIPPED.sub("", kept) if self.special else kept

    def words(self) -> Iterator[tuple[str, _Edges]]:
        """Join characters to words: a blank, gap, step back or new line ends a word; `^` marks raised characters."""
        for run in _RUN.finditer(self.letters):
            start, end = run.span()
            odd = self.missing or (self.special and _SPECIAL.search(run.group()))
            whole = None if odd else self._whole(start, end)
            if whole is None:
                yield from self._parts(start, end)
            else:
                yield run.group(), whole

    def _whole(self, start: int, end: int) -> _Edges | None:
        """The edges of a run that is one word set in one size on one line without gaps; None when it may be more."""
        left, top, bottom = self.lefts[start], self.tops[start], self.bottoms[start]
        size, tall = end - start, bottom - top
        if size == 1:
            return left, top, self.rights[start], bottom
        if tall < _FLAT or self.tops[start:end].count(top) != size or self.bottoms[start:end].count(bottom) != size:
            return None
        rights, lefts = self.rights[start:end], self.lefts[start + 1 : end]
        if min(lefts) < left - 1 or max(map(sub, lefts, rights)) > _GAP * tall:
            return None
        return left, top, max(rights), bottom

    def _parts(self, start: int, end: int) -> Iterator[tuple[str, _Edges]]:
        """The words of a run, character by character."""
        letters: list[str] = []
        x0 = y0 = x1 = y1 = tall = 0.0
        raised = False
        for index in range(start, end):
            letter = self.letters[index]
            if index in self.missing or _SKIPPED.match(letter):
                continue
            left, top, right, bottom = self.lefts[index], self.tops[index], self.rights[index], self.bottoms[index]
            apart = left - x1 > _GAP * (y1 - y0) or left < x0 - 1 or abs(top + bottom - y0 - y1) > 0.9 * (y1 - y0)
            if letters and apart:
                yield "".join(letters), (x0, y0, x1, y1)
                letters.clear()
            if letters:
                small = bottom - top < _RAISED_SIZE * tall and bottom < y1 - 0.15 * tall
                if small and not raised:
                    letters.append("^")
                raised = small
                x1, y0, y1 = max(x1, right), min(y0, top), max(y1, bottom)
            else:
                x0, y0, x1, y1, tall, raised = left, top, right, bottom, bottom - top, False
            letters.append(_LIGATURES.get(letter, letter))
        if letters:
            yield "".join(letters), (x0, y0, x1, y1)


def _glyphs(text: pdfium.PdfTextPage, count: int, frame: _Frame) -> _Glyphs:
    """Read all characters and their loose boxes; the boxes land in one buffer, which keeps Python out of the loop."""
    letters = _letters(text, count)
    buffer = (ctypes.c_float * (4 * max(count, 1)))()
    base = ctypes.addressof(buffer)
    page = ctypes.cast(text.raw, ctypes.c_void_p).value
    found = list(map(_get_box(), repeat(page, count), range(count), range(base, base + 16 * count, 16)))
    missing = [] if all(found) else [at for at, fine in enumerate(found) if not fine and letters[at] not in _BLANKS]
    edges: Sequence[float] = memoryview(buffer).cast("B").cast("f").tolist()  # seven times as fast as list()
    lefts, tops, rights, bottoms = edges[0::4], edges[1::4], edges[2::4], edges[3::4]
    if frame.turn == 0:
        left, roof = frame.left, frame.height + frame.bottom
        lefts, rights = ([x - left for x in lefts], [x - left for x in rights]) if left else (lefts, rights)
        tops, bottoms = [roof - y for y in tops], [roof - y for y in bottoms]
    else:
        turned = list(map(frame.mapper(), lefts, bottoms, rights, tops))
        lefts, tops, rights, bottoms = ([item[side] for item in turned] for side in range(4))
    return _Glyphs(
        letters=letters,
        special=_SPECIAL.search(letters) is not None,
        missing=frozenset(missing),
        lefts=lefts,
        tops=tops,
        rights=rights,
        bottoms=bottoms,
    )


def _get_box() -> Callable[..., int]:
    """PDFium's loose box of a character, taking plain addresses: building a pointer for each call costs most of it."""
    address = ctypes.cast(pdfium_c.FPDFText_GetLooseCharBox, ctypes.c_void_p).value
    kind = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    return kind(address or 0)


def _letters(text: pdfium.PdfTextPage, count: int) -> str:
    """One letter for each character index.

    The whole text comes in one call where it holds as many characters as there are indexes; characters without text,
    hyphens at a line's end and those beyond the basic plane need a call each.
    """
    buffer = (ctypes.c_ushort * (count + 1))()
    if pdfium_c.FPDFText_GetText(text.raw, 0, count, buffer) == count + 1:
        letters = bytes(buffer)[: 2 * count].decode("utf-16-le", "surrogatepass")
        if not _UNSURE.search(letters):
            return letters
    codes = [pdfium_c.FPDFText_GetUnicode(text.raw, index) for index in range(count)]
    return "".join(["\ufffd" if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF else chr(code) for code in codes])


def _words(glyphs: _Glyphs, confidence: float) -> tuple[Word, ...]:
    """The words of a page, each once."""
    found: dict[tuple[str, float, float], Word] = {}
    for text, (x0, y0, x1, y1) in glyphs.words():
        # Bold is sometimes drawn by printing twice, a fraction of a point apart.
        place = (text, (x0 + 1.5) // 3, (y0 + 1.5) // 3)
        if place not in found:
            found[place] = Word(text, x0, y0, x1, y1, confidence)
    return tuple(found.values())


def _fault(page: pdfium.PdfPage, placed: str) -> str:
    """Why the text layer cannot stand for the page, or empty."""
    count = len(placed)
    if len(_GARBAGE.findall(placed)) > _GARBAGE_SHARE * count:
        return _GARBAGE_LAYER
    if count < _SOME_CHARACTERS:
        image, paths = _drawn(page)
        if image > (0.1 if count < _FEW_CHARACTERS else 0.4) or (count < _FEW_CHARACTERS and paths > 60):
            return _NO_LAYER
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
