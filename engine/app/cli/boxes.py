"""`headrace extract --boxes`: the pages with boxes round what was read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from engine.app.sitefiles import write_private
from engine.domain.report import Box, LabReport
from engine.plugins.extractors.local.artist import draw_boxes


class NoPictures(Exception):
    """The pages could not be drawn or saved; the text says why."""


def save_boxes(data: bytes, report: LabReport, out: Path) -> list[Path]:
    """Draw the document's pages and save them: `out.png` for one page, `out-1.png` … for several.

    Raises:
        NoPictures: the document cannot be drawn, or a file cannot be written.
    """
    try:
        pages = asyncio.run(draw_boxes(data, list(_marks(report))))
    except (OSError, TimeoutError) as problem:
        raise NoPictures(f"the pages could not be drawn ({type(problem).__name__})") from None
    if not pages:
        raise NoPictures("no page of the document can be drawn")
    names = [out] if len(pages) == 1 else [out.with_name(f"{out.stem}-{number}{out.suffix}") for number, _ in pages]
    for path, (_, page) in zip(names, pages, strict=True):
        try:
            write_private(path, page.picture)
        except OSError as problem:
            raise NoPictures(f"{path}: {problem.strerror}") from None
    return names


def _marks(report: LabReport) -> Iterator[tuple[int, Box, str]]:
    """Each field that has a box, then the lines that were not read; the value of a result in doubt stands out."""
    for result in report.results:
        seen = result.provenance
        if seen is None:
            continue
        fields = dict(seen.fields) or {"value": seen.box}
        for name, box in fields.items():
            yield seen.page, box, "doubt" if name == "value" and result.needs_review else name
    for line in report.unread:
        yield line.page, line.box, "unread"
