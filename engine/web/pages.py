"""The pages: overview, messages, one message, reviews. What they change is in `act_pages`."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.domain.reasons import REASONS
from engine.ports.store import MessageDetail, ReviewQuery
from engine.web import bodies, filters, message_page, overview
from engine.web.act_pages import DONE, ActPages
from engine.web.beside import BesidePages
from engine.web.forms import read_form
from engine.web.operate import OUTCOMES, PATIENTS
from engine.web.ops import Ops
from engine.web.params import choice_of, pack_review, pack_sequence, read_query, review_of, sequence_of
from engine.web.problems import bad_parameter
from engine.web.rendering import Renderer
from engine.web.services import WebServices

PAGE_SIZE = 50
_IN_ADDRESS = ("channel", "state", "reason", "since", "until", "cursor")
_SEARCH = ("q", *_IN_ADDRESS)


class Pages:
    """The endpoints behind a session."""

    def __init__(self, services: WebServices, ops: Ops, renderer: Renderer) -> None:
        self._services = services
        self._ops = ops
        self._renderer = renderer

    def routes(self) -> list[Route]:
        """All of them; the guard lets signed-in browsers through only."""
        return [
            Route("/", self.overview),
            Route("/overview/live", self.overview_live),
            Route("/messages", self.messages, methods=["GET"]),
            Route("/messages", self.search, methods=["POST"]),
            *bodies.routes("/messages"),
            *BesidePages(self._services, self._renderer).routes(),
            Route("/messages/{id}", self.message),
            Route("/reviews", self.reviews),
            *ActPages(self._services, self._renderer, self._message).routes(),
        ]

    async def overview(self, _request: Request) -> Response:
        """Channels, counters, what waits, the newest messages."""
        return await self._overview("overview.html", "overview")

    async def overview_live(self, _request: Request) -> Response:
        """The part of the overview that refreshes itself."""
        return await self._overview("overview_live.html", "")

    async def _overview(self, template: str, here: str) -> Response:
        shown = await overview.gather(self._services, await self._ops.readiness())
        return await self._renderer.page(template, here=here, view=shown)

    async def messages(self, request: Request) -> Response:
        """The list by channel, state, reason and time, which may stand in an address; a search text may not."""
        return await self._messages(read_query(request, _IN_ADDRESS))

    async def search(self, request: Request) -> Response:
        """The list by a search text: sent in the body, since an MRN has no place in an address or a history."""
        form = await read_form(request)
        for name, value in form.items():
            if name not in _SEARCH or "\x00" in value:
                raise bad_parameter(name[:60], "is not understood here")
        return await self._messages(form)

    async def _messages(self, query: Mapping[str, str]) -> Response:
        given = {name: query.get(name, "").strip() for name in _SEARCH}
        now = self._services.clock.now()
        search = filters.query_of(given, now, limit=PAGE_SIZE + 1, before=sequence_of(query))
        found = await self._services.store.search(search)
        del given["cursor"]
        return await self._renderer.page(
            "messages.html",
            here="messages",
            given=given,
            is_newest=search.before is None,
            messages=found[:PAGE_SIZE],
            following=pack_sequence(found[PAGE_SIZE - 1].sequence) if len(found) > PAGE_SIZE else "",
            channels=[info.name for info in self._services.channels()],
            states=filters.STATES,
            reasons=sorted(REASONS),
            zone=now.tzname() or "",
        )

    async def message(self, request: Request) -> Response:
        """One message with everything that came of it, and what was just done to it."""
        done = choice_of(read_query(request, ("done",)), "done", tuple(DONE))
        return await self._message(request, "", 200, done=DONE.get(done, ""))

    async def _message(self, request: Request, refusal: str, status: int, *, done: str = "") -> Response:
        page = await message_page.gather(self._services, await bodies.find_detail(request))
        return await self._renderer.page(
            "message.html",
            status=status,
            here="messages",
            page=page,
            message=page.detail.message,
            refusal=refusal,
            done=done,
        )

    async def reviews(self, request: Request) -> Response:
        """Open cases, newest first, each with what to do."""
        query = read_query(request, ("channel", "cursor"))
        search = ReviewQuery(channel=query.get("channel", ""), limit=PAGE_SIZE + 1, before=review_of(query))
        found = await self._services.store.reviews(search)
        shown = found[:PAGE_SIZE]
        return await self._renderer.page(
            "reviews.html",
            here="reviews",
            cases=[(case, [message_page.advice_on(item) for item in case.reasons]) for case in shown],
            messages=await self._messages_of([case.message_id for case in shown]),
            channel=search.channel,
            following=pack_review(shown[-1].id) if len(found) > PAGE_SIZE else "",
            outcomes=OUTCOMES.items(),
            patients=PATIENTS.items(),
            total=(await self._services.store.figures()).reviews_open,
        )

    async def _messages_of(self, ids: list[str]) -> dict[str, MessageDetail]:
        found = {}
        for message_id in ids:
            detail = await bodies.get_detail(self._services, message_id)
            if detail is not None:
                found[message_id] = detail
        return found
