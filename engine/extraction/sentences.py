"""Lines of running text put together to sentences, each word with what stood behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.documents.pages import Word
from engine.extraction.folding import fold
from engine.extraction.layout import Line
from engine.extraction.narrative import is_frame
from engine.extraction.packs.model import Language

_FEWEST = 4
_FULL = 2.5
"""Words a cell: fewer are columns, or spread headings."""
_CLOSE = 1.0
_SHORT = 3
_PAUSES = ",;:"


@dataclass(frozen=True, slots=True)
class Token:
    """One word without the sign behind it; `pause` where a comma, colon or the like followed.

    Attributes:
        folded: for comparing.
        printed: the word with its sign, as it lies on the page.
    """

    word: Word
    folded: str
    printed: Word
    pause: bool

    @property
    def has_digit(self) -> bool:
        """Whether a digit is in it."""
        return any(map(str.isdigit, self.word.text))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of running text that follow one another."""

    lines: tuple[Line, ...]
    source: str

    @property
    def page(self) -> int:
        """Its page."""
        return self.lines[0].page


def paragraphs(lines: Sequence[Line], source: str, language: Language) -> Iterator[Paragraph]:
    """The paragraphs of a page: lines that flow, and the short last one behind them."""
    own: list[Line] = []
    for line in lines:
        follows = bool(own) and line.y0 - own[-1].y1 < _CLOSE * line.height
        open_end = follows and own[-1].text[-1:] not in ".!?"
        if _flows(line, language) or (open_end and len(line.cells) == 1 and not is_frame(line, language)):
            if own and not follows:
                yield Paragraph(tuple(own), source)
                own = []
            own.append(line)
        elif own:
            yield Paragraph(tuple(own), source)
            own = []
    if own:
        yield Paragraph(tuple(own), source)


def _flows(line: Line, language: Language) -> bool:
    """Whether a line is part of a text: it ends like a sentence, or holds commas and small words."""
    words = [word.text for cell in line.cells for word in cell.words]
    if len(words) < _FEWEST or len(words) < _FULL * len(line.cells) or is_frame(line, language):
        return False
    small = language.prose.get("lead", frozenset()) | language.prose.get("link", frozenset())
    signs = sum(text[-1] in ",;." or (text.isalpha() and fold(text) in small) for text in words)
    return signs > 1 or words[-1][-1] == "."


def sentences(paragraph: Paragraph) -> Iterator[list[Token]]:
    """The sentences of a paragraph; where a point may be that of an abbreviation, the sentence goes on."""
    words = [word for line in paragraph.lines for cell in line.cells for word in cell.words]
    own: list[Token] = []
    for at, word in enumerate(words):
        following = words[at + 1].text if at + 1 < len(words) else ""
        ends = word.text[-1] in ".!?" and not _is_short(word.text) and (not following or following[0].isupper())
        stripped = word.text.rstrip(_PAUSES) or word.text
        if ends or (word.text[-1] == "." and any(map(str.isdigit, word.text)) and not following):
            stripped = stripped.rstrip(".!?")
        plain = replace(word, text=stripped or word.text)
        own.append(Token(plain, fold(plain.text) or plain.text, word, ends or plain.text != word.text))
        if ends or word.text[-1] == ";":
            yield own
            own = []
    if own:
        yield own


def _is_short(text: str) -> bool:
    """Whether a word with a point may be an abbreviation (`Dr.`, `ca.`)."""
    letters = text.rstrip(".")
    return letters.isalpha() and len(letters) <= _SHORT
