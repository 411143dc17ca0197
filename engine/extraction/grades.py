"""Signs behind an answer: `Present ++` says how much, where a laboratory does not mark high numbers with `+`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.documents.pages import Word
from engine.extraction.draft import Draft
from engine.extraction.folding import key
from engine.extraction.grammar import Kind

_DEGREES = frozenset({"positive", "trace", "amount"})


def with_grades(drafts: Sequence[Draft], answers: Mapping[str, str]) -> None:
    """Give the signs that were taken for flags of answers back to the answers, where they are none.

    They are flags where numbers of the document are marked with signs, and where the answer has its own (`3+ +`); they
    are none where the answer has a flag besides.
    """
    marks_numbers = any(
        not word.text.strip("()[]+-")
        for draft in drafts
        if draft.row.kind is Kind.NUMBER
        for word in draft.row.fields.get("flag", ())
    )
    for draft in drafts:
        row = draft.row
        flags = row.fields.get("flag", [])
        signs = _signs(flags) if row.kind is Kind.ANSWER and row.fields.get("value") else []
        others = [word for word in flags if word not in signs]
        graded = row.text("value").endswith("+") or answers.get(key(row.text("value"))) not in _DEGREES
        if (
            signs
            and not graded
            and (others or not marks_numbers)
            and all(_follows(row.fields["value"], word) for word in signs)
        ):
            row.add("value", signs)
            row.fields["flag"] = others


def _signs(words: Iterable[Word]) -> list[Word]:
    return [word for word in words if "+" in word.text and not word.text.strip("()[]+")]


def _follows(value: Sequence[Word], sign: Word) -> bool:
    """Whether a sign stands right behind the answer, on its line."""
    last = value[-1]
    return abs(sign.y0 - last.y0) < last.y1 - last.y0 and -1 < sign.x0 - last.x1 < 1.2 * (last.y1 - last.y0)
