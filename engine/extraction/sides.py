"""On which side of its value a range stands: the rows that can tell answer for those that cannot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from engine.extraction.draft import Draft
from engine.extraction.grammar import Kind

_DOUBTFUL = 0.6


def doubt_sides(drafts: Sequence[Draft]) -> None:
    """Make rows without columns doubtful whose value and range look alike (`0-2  3-5`), where ranges come first.

    Without a heading the first of two such texts was taken for the value. Numbers on the same page tell whether
    ranges stand before values there; one that does is enough.
    """
    pages: dict[int, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.row.headless and draft.row.fields.get("value"):
            pages[draft.page].append(draft)
    for own in pages.values():
        if any(draft.row.kind is Kind.NUMBER and _comes_first(draft) for draft in own):
            for draft in own:
                if _may_be_span(draft) and not _comes_first(draft):
                    draft.row.certainty = min(draft.row.certainty, _DOUBTFUL)


def _may_be_span(draft: Draft) -> bool:
    """Whether the value may be the range: it has its form, or is an answer with another one behind it."""
    row = draft.row
    return row.kind is Kind.RANGE or (row.kind is Kind.ANSWER and bool(row.fields.get("range")))


def _comes_first(draft: Draft) -> bool:
    """Whether the range stands left of the value, on its line."""
    value, span = draft.row.fields["value"][0], draft.row.fields.get("range", [])
    return bool(span) and abs(span[0].y0 - value.y0) < value.y1 - value.y0 and span[0].x0 < value.x0
