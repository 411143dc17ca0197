"""Plain text as a page: every character has its place on a grid of 6 x 12 points."""

from __future__ import annotations

import re

from engine.documents.pages import OpenedPages, Page, PageLimits, PageSource, Word
from engine.documents.sniff import TEXT

CHAR_WIDTH = 6.0
LINE_HEIGHT = 12.0
_WORD = re.compile(r"\S+")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_BREAK = re.compile(r"\\\.br\\|\r\n|\r|\n|\x0b|\u2028|\u2029")
_TAB = 8
_BOX = frozenset("│┃║┌┐└┘├┤┬┴┼─═╔╗╚╝╠╣╦╩╬")
_BARS = str.maketrans(dict.fromkeys([*_BOX, "|"], " "))


def open_text(data: bytes, limits: PageLimits) -> OpenedPages:
    """Lay a text file out on the grid; a form feed starts a new page."""
    return pages_of_text(decode_text(data), limits, TEXT)


def decode_text(data: bytes) -> str:
    """Decode by byte order mark, then UTF-8, then Windows-1252 (unmapped bytes become U+FFFD)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def pages_of_text(text: str, limits: PageLimits, media_type: str) -> OpenedPages:
    """Cut a text into pages of words on the grid, within the limits."""
    texts = _ANSI.sub("", text).split("\f")
    while len(texts) > 1 and not texts[-1].strip():
        texts.pop()
    pages: list[Page] = []
    left = limits.characters
    for number, page_text in enumerate(texts[: limits.pages], start=1):
        pages.append(_page(number, page_text[: max(left, 0)]))
        left -= len(page_text)
    over = len(texts) > limits.pages or left < 0
    return OpenedPages(
        media_type=media_type,
        pages=tuple(pages),
        page_count=len(texts),
        reason_code="document.too_large" if over else "",
    )


def _page(number: int, text: str) -> Page:
    lines = [_without_bars(line) for line in align_tabs(_BREAK.split(text))]
    words: list[Word] = []
    width = 0
    for row, line in enumerate(lines):
        top = row * LINE_HEIGHT
        width = max(width, len(line))
        words.extend(
            Word(match.group(), match.start() * CHAR_WIDTH, top, match.end() * CHAR_WIDTH, top + LINE_HEIGHT)
            for match in _WORD.finditer(line)
        )
    return Page(
        number=number,
        width=max(width, 80) * CHAR_WIDTH,
        height=max(len(lines), 60) * LINE_HEIGHT,
        words=tuple(words),
        source=PageSource.TEXT,
    )


def _without_bars(line: str) -> str:
    """Blank out the bars of a table drawn with characters."""
    return line.translate(_BARS) if line.count("|") > 1 or not _BOX.isdisjoint(line) else line


def align_tabs(lines: list[str]) -> list[str]:
    """Expand tabs: lines with equally many tabs are a table and get aligned columns; others stops of 8.

    Lines without tabs between them, such as headings and remarks, do not end the table.
    """
    out: list[str] = []
    block: list[int] = []
    for line in lines:
        if "\t" in line:
            if block and out[block[0]].count("\t") != line.count("\t"):
                _align(out, block)
                block = []
            block.append(len(out))
        out.append(line)
    _align(out, block)
    return out


def _align(lines: list[str], places: list[int]) -> None:
    """Expand the tabs of some lines, which have equally many."""
    block = [lines[place] for place in places]
    new = align_columns([line.split("\t") for line in block]) if len(block) > 1 else _stops(block)
    for place, line in zip(places, new, strict=True):
        lines[place] = line


def align_columns(rows: list[list[str]]) -> list[str]:
    """Pad cells so that each column of the rows starts at one place, three blanks after the widest cell before it."""
    widths: list[int] = []
    for row in rows:
        for index, cell in enumerate(row):
            if index == len(widths):
                widths.append(0)
            widths[index] = max(widths[index], len(cell.strip()))
    return ["".join(cell.strip().ljust(widths[i] + 3) for i, cell in enumerate(row)).rstrip() for row in rows]


def _stops(lines: list[str]) -> list[str]:
    return [line.expandtabs(_TAB) for line in lines]
