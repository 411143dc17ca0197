"""The head of a letter: its subject, its own number and its day, where labels of reports do not tell them.

Only what no label gave is looked for, and only in a letter: one that greets somebody or names its subject. A name
counts with birth date, number or title beside it: `Re: Blood results` names nobody. Each subject counts, because a
letter about two people is no letter about one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.documents.pages import Word
from engine.extraction.folding import fold
from engine.extraction.header import first_date, id_text
from engine.extraction.labels import Labelled, label_key
from engine.extraction.layout import Cell, Line
from engine.extraction.packs.model import Language

_LONGEST = 5
_MOST_NAMES = 5
_FEWEST_NAMES = 2
_WINDOW = 3
"""Lines in which the facts of a subject stand: its own and those right under it."""
_DIGITS = 3
_PARTICLES = frozenset(
    {"de", "del", "della", "di", "da", "do", "dos", "das", "van", "von", "der", "den", "zu", "la", "le", "el", "y", "e"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Near:
    """A person's name and the words behind it; whether a title led the name, and whether the word of a subject did."""

    words: list[Word]
    name: list[Word]
    titled: bool
    subject: bool


def letter_values(lines: Sequence[Line], found: Sequence[Labelled], language: Language, order: str) -> list[Labelled]:
    """What the head of a letter says that no label did.

    Args:
        lines: of all pages.
        found: the labelled values.
        language: with the words of letters.
        order: the document's own date order, or empty.
    """
    if not _is_letter(lines, language):
        return []
    known = {item.key for item in found if item.words}
    is_named = bool(known & {"patient_name", "family", "given"})
    out = _subjects(lines, known, language, order, is_named=is_named)
    if not known & {"accession", "specimen", "order"}:
        out += _first(lines, "ref", "accession", language, order)
    if not known & {"reported", "printed"}:
        out += _first(lines, "dated", "reported", language, order) or _day_alone(lines, language, order)
    if "collected" not in known:
        out += _first(lines, "taken", "collected", language, order)
    return out


def _is_letter(lines: Sequence[Line], language: Language) -> bool:
    """Whether somebody is greeted, or a subject announced by a word that is no label of reports (`Patient:`)."""
    greeting, about = (language.letter.get(key, frozenset()) for key in ("greeting", "about"))
    starts = {words.split(" ", 1)[0] for words in (*greeting, *about)}
    for line in lines:
        if line.cells and not line.tokens.isdisjoint(starts):
            words = line.cells[0].words
            size = _begins(words, "about", language)
            subject = size > 0 and words[size - 1].text.endswith(":") and not label_key(_text(words[:size]), language)
            if subject or _begins(words, "greeting", language):
                return True
    return False


def _begins(words: Sequence[Word], key: str, language: Language) -> int:
    """How many words at the beginning are one of the letter's words of this kind; 0 when none are."""
    kind = language.letter.get(key, frozenset())
    for size in range(min(_LONGEST, len(words)), 0, -1):
        if fold(" ".join(word.text for word in words[:size])) in kind:
            return size
    return 0


def _subjects(
    lines: Sequence[Line], known: set[str], language: Language, order: str, *, is_named: bool
) -> list[Labelled]:
    """The people that subject lines name, the first with birth date and number where no label gives them.

    One who is named with title and birth date in a sentence is the patient where nobody else is.
    """
    out: list[Labelled] = []
    for index, line in enumerate(lines):
        below = [word for other in lines[index + 1 : index + _WINDOW] for cell in other.cells for word in cell.words]
        for place, cell in enumerate(line.cells):
            behind = [word for other in line.cells[place + 1 :] for word in other.words]
            near = _named(cell, [*behind, *below], language)
            if near is None or not (near.subject or not (out or is_named)):
                continue
            facts = list(_facts(near.words, line, language, order))
            keys = {item.key for item in facts}
            if "birth_date" in keys or (near.subject and (near.titled or "patient_id" in keys)):
                label = cell.words[0].text if near.subject else ""
                first = not (out or is_named)
                out.append(_labelled("patient_name", label, near.name, line))
                out += [item for item in facts if first and item.key not in known]
    return out


def _named(cell: Cell, further: list[Word], language: Language) -> _Near | None:
    """The person whom a cell names behind the word of a subject or a title; None where it names none."""
    words = list(cell.words)
    size = _begins(words, "about", language)
    subject = size > 0 and (words[size - 1].text.endswith(":") or _begins(words[size:], "title", language) > 0)
    start = size if subject else 0
    titles = [at for at in range(start, len(words)) if _begins(words[at:], "title", language)]
    if titles and (titles[0] == start or not subject):
        start = titles[0] + _begins(words[titles[0] :], "title", language)
    elif not subject:
        return None
    end = _name_end(words, start, language)
    name = words[start:end]
    if len(name) < _FEWEST_NAMES:
        return None
    return _Near([*words[end:], *further], name, bool(titles), subject)


def _name_end(words: Sequence[Word], start: int, language: Language) -> int:
    """Where the words of a name end: at a label, a digit, a small word, or the comma behind a full name."""
    at = start
    while at < len(words) and at - start < _MOST_NAMES:
        text = words[at].text.rstrip(",;")
        plain = text.replace("-", "").replace("'", "").replace("’", "").rstrip(".")
        if not plain.isalpha() or _is_word(words, at, language):
            break
        if not plain[0].isupper() and (fold(text) not in _PARTICLES or at == start):
            break
        at += 1
        if words[at - 1].text[-1] in ",;" and at - start > 1:
            break
    return at


def _is_word(words: Sequence[Word], at: int, language: Language) -> bool:
    """Whether a label begins there, or a word of reports, which no name is."""
    if any(label_key(_text(words[at : at + size]), language) for size in (1, 2, 3)):
        return True
    return fold(words[at].text) in language.words or fold(words[at].text) in language.report_words


def _facts(words: Sequence[Word], line: Line, language: Language, order: str) -> Iterator[Labelled]:
    """Birth date and numbers of a person, each behind its label anywhere in some words."""
    seen: set[str] = set()
    for at in range(len(words)):
        for size in range(min(_LONGEST, len(words) - at - 1), 0, -1):
            key = label_key(_text(words[at : at + size]), language)
            rest = list(words[at + size : at + size + _LONGEST])
            tells = (key == "birth_date" and first_date([one.text for one in rest[:4]], language, order)) or (
                key == "patient_id" and sum(map(str.isdigit, id_text(rest))) >= _DIGITS
            )
            if tells and key not in seen:
                seen.add(key)
                yield _labelled(key, _text(words[at : at + size]), rest, line)


def _first(lines: Sequence[Line], kind: str, key: str, language: Language, order: str) -> list[Labelled]:
    """The first value behind one of the letter's words: a number for `ref`, a date for the others."""
    for index, line in enumerate(lines):
        below = [word for other in lines[index + 1 : index + 2] for cell in other.cells for word in cell.words]
        for cell in line.cells:
            for at in range(len(cell.words) if kind == "taken" else 1):
                size = _begins(cell.words[at:], kind, language)
                rest = [*cell.words[at + size :], *(below if kind == "taken" else ())][:_LONGEST]
                if not size or not rest:
                    continue
                digits = sum(map(str.isdigit, id_text(rest)))
                if (digits >= _DIGITS) if kind == "ref" else _starts_with_date(rest, language, order):
                    return [_labelled(key, _text(cell.words[at : at + size]), rest, line)]
    return []


def _starts_with_date(words: Sequence[Word], language: Language, order: str) -> bool:
    return any(first_date([_text(words[:size])], language, order) is not None for size in range(1, len(words) + 1))


def _day_alone(lines: Sequence[Line], language: Language, order: str) -> list[Labelled]:
    """The only date that fills a cell above the greeting: the day of the letter."""
    days: list[Labelled] = []
    for line in lines:
        if line.cells and _begins(line.cells[0].words, "greeting", language):
            return days if len(days) == 1 else []
        days += [
            _labelled("reported", "", cell.words, line)
            for cell in line.cells
            if len(cell.words) <= _LONGEST and first_date([cell.text], language, order) is not None
        ]
    return []


def _labelled(key: str, label: str, words: Sequence[Word], line: Line) -> Labelled:
    return Labelled(key, label.rstrip(": "), tuple(words), line.page, colon=True, x0=words[0].x0, y0=line.y0)


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)
