"""A page of a report beside the fields that were read from it, for the eyes of whoever reviews."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.domain.reasons import Holds
from engine.domain.report import Box, LabReport, Result
from engine.ports.drawing import DrawnPage
from engine.ports.store import MessageDetail
from engine.web import bodies, linked, message_page
from engine.web.params import read_query
from engine.web.problems import bad_parameter, not_found
from engine.web.rendering import Renderer
from engine.web.services import WebServices

_KEPT_BYTES = 32 * 1024 * 1024
_MOST_PAGES = 999
"""The last page that is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A box on the page: its place in PDF points, the result or unread line it belongs to, the field, and any doubt."""

    x: float
    y: float
    width: float
    height: float
    result: str
    field: str
    doubt: bool

    @property
    def words(self) -> str:
        """What a pointer that rests on it is told."""
        return f"{self.field.replace('_', ' ')}{', in doubt' if self.doubt else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A report of the message and which of its pages hold something in doubt."""

    number: int
    report: LabReport
    doubtful: frozenset[int]


class Sheets:
    """Drawn pages that were asked for a moment ago: the page and its picture come in two requests."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, int], DrawnPage] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[str, str, int]) -> DrawnPage | None:
        """The page, if it is still here."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: tuple[str, str, int], page: DrawnPage) -> None:
        """Keep a page; the ones that were not asked for longest make room."""
        if key not in self._kept:
            self._kept[key] = page
            self._bytes += len(page.picture)
        while self._bytes > _KEPT_BYTES:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.picture)


class BesidePages:
    """The endpoints behind a session that show pages."""

    def __init__(self, services: WebServices, renderer: Renderer) -> None:
        self._services = services
        self._renderer = renderer
        self._sheets = Sheets()

    def routes(self) -> list[Route]:
        """Page and picture; the guard lets signed-in browsers through only."""
        return [
            Route("/messages/{id}/beside", self.beside),
            Route("/messages/{id}/documents/{sha256}/pages/{page:int}.png", self.picture),
        ]

    async def beside(self, request: Request) -> Response:
        """A page of one report and its fields; by default the first report and page that hold something in doubt."""
        query = read_query(request, ("report", "page"))
        detail = await bodies.find_detail(request)
        dossier = linked.dossier_of(detail, self._services.observer)
        choices = [_choice(number, report) for number, report in enumerate(dossier.reports, start=1)]
        if not choices:
            raise not_found("report; nothing was read from a document of this message")
        choice = choices[_chosen(query, "report", [item.number for item in choices], _first_doubtful(choices)) - 1]
        pages = _pages(choice.report)
        number = _chosen(query, "page", pages, min(choice.doubtful.intersection(pages), default=1))
        sheet = await self._sheet(detail, choice.report.document.sha256, number)
        return await self._renderer.page(
            "beside.html",
            here="reviews",
            message=detail.message,
            choices=choices,
            choice=choice,
            pages=pages,
            number=number,
            sheet=sheet,
            marks=list(_marks(choice.report, number)),
            sections=list(_sections(choice.report, number)),
            unread=[(f"u{at}", line) for at, line in enumerate(choice.report.unread) if line.page == number],
            advice=[message_page.advice_on(item) for item in choice.report.review_reasons if item.holds > Holds.NOTE],
        )

    async def picture(self, request: Request) -> Response:
        """The picture of a page."""
        read_query(request, ())
        detail = await bodies.find_detail(request)
        found = await self._sheet(detail, request.path_params["sha256"].lower(), request.path_params["page"])
        if found is None:
            raise not_found("picture of this page")
        return Response(found.picture, media_type="image/png")

    async def _sheet(self, detail: MessageDetail, sha256: str, page: int) -> DrawnPage | None:
        """The page, None where content or picture is gone or none can be drawn."""
        artist = self._services.artist
        if artist is None or not 1 <= page <= _MOST_PAGES:
            return None
        key = (str(detail.message.id), sha256, page)
        kept = self._sheets.get(key)
        if kept is not None:
            return kept
        raw = await self._services.store.raw(detail.message.id)
        opened = (
            None if raw is None else await asyncio.to_thread(bodies.open_document, self._services, detail, raw, sha256)
        )
        drawn = None if opened is None else await artist.draw(opened.data, page)
        if drawn is not None:
            self._sheets.keep(key, drawn)
        return drawn


def _choice(number: int, report: LabReport) -> Choice:
    doubtful = {item.provenance.page for item in report.results if item.needs_review and item.provenance is not None}
    doubtful.update(report.pages_failed, (line.page for line in report.unread))
    return Choice(number=number, report=report, doubtful=frozenset(doubtful))


def _first_doubtful(choices: Collection[Choice]) -> int:
    return next((item.number for item in choices if item.doubtful or item.report.needs_review), 1)


def _pages(report: LabReport) -> list[int]:
    """All page numbers.

    A reading from elsewhere may not say how many there are, and may name any: a far one stands there by itself.
    """
    told = {item.provenance.page for item in report.results if item.provenance is not None}
    told.update((line.page for line in report.unread), report.pages_failed)
    last = max(min(report.document.pages, _MOST_PAGES), *(page for page in told if page <= _MOST_PAGES), 1)
    return sorted({1, *range(1, last + 1), *(page for page in told if page > last)})


def _chosen(query: Mapping[str, str], name: str, known: Collection[int], usual: int) -> int:
    text = query.get(name, "")
    if not text:
        return usual
    if text not in map(str, known):
        raise bad_parameter(name, f"must be one of {min(known)} to {max(known)}")
    return int(text)


def _marks(report: LabReport, page: int) -> Iterator[Mark]:
    for result in report.results:
        seen = result.provenance
        if seen is not None and seen.page == page:
            for field, box in (dict(seen.fields) or {"value": seen.box}).items():
                yield _mark(box, result.id, field, doubt=result.needs_review and field == "value")
    for index, line in enumerate(report.unread):
        if line.page == page:
            yield _mark(line.box, f"u{index}", "unread", doubt=False)


def _mark(box: Box, result: str, field: str, *, doubt: bool) -> Mark:
    left, top, right, bottom = min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
    return Mark(
        x=round(left - 1, 2), y=round(top - 1, 2), width=round(right - left + 2, 2), height=round(bottom - top + 2, 2),
        result=result, field=field, doubt=doubt,
    )  # fmt: skip


def _sections(report: LabReport, page: int) -> Iterator[tuple[str, list[Result]]]:
    """Headings and results of the page; those whose place nobody told stand on each."""
    for section in report.sections:
        here = [item for item in section.results if item.provenance is None or item.provenance.page == page]
        if here:
            yield section.name, here
