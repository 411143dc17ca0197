"""`headrace extract --boxes`: the pages with boxes round what was read."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from engine.app.sitefiles import write_private
from engine.domain.report import Box, LabReport
from engine.plugins.extractors.local.wire import HEADER, pack

_SECONDS = 180.0


class NoPictures(Exception):
    """The pages could not be drawn or saved; the text says why."""


def save_boxes(data: bytes, report: LabReport, out: Path) -> list[Path]:
    """Draw the document's pages and save them: `out.png` for one page, `out-1.png` … for several.

    Raises:
        NoPictures: the document cannot be drawn, or a file cannot be written.
    """
    pages = list(_frames(_drawn(data, report)))
    if not pages:
        raise NoPictures("no page of the document can be drawn")
    names = [out] if len(pages) == 1 else [out.with_name(f"{out.stem}-{number}{out.suffix}") for number, _ in pages]
    for path, (_, picture) in zip(names, pages, strict=True):
        try:
            write_private(path, picture)
        except OSError as problem:
            raise NoPictures(f"{path}: {problem.strerror}") from None
    return names


def _drawn(data: bytes, report: LabReport) -> bytes:
    head = json.dumps({"marks": list(_marks(report))}).encode("ascii")
    try:
        return asyncio.run(_run(pack(head, data)))
    except (OSError, TimeoutError) as problem:
        raise NoPictures(f"the pages could not be drawn ({type(problem).__name__})") from None


async def _run(asked: bytes) -> bytes:
    """What the process answers, as far as it came."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "engine.app.cli.boxes_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        async with asyncio.timeout(_SECONDS):
            return (await process.communicate(asked))[0]
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())


def _frames(answer: bytes) -> Iterator[tuple[int, bytes]]:
    """Page number and picture; a frame that was cut off ends them."""
    at = 0
    while at + HEADER.size <= len(answer):
        head_length, length = HEADER.unpack_from(answer, at)
        start = at + HEADER.size
        at = start + head_length + length
        if at <= len(answer):
            head = json.loads(answer[start : start + head_length])
            yield int(head["page"]), answer[at - length : at]


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
