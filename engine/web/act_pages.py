"""The forms of the pages that change something, and the page of the queues; plain forms, no script needed.

A form is taken from this site only (the guard looks at Origin and session); after an act the browser is sent
to a page it can reload without doing it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from engine.ports.store import DeliveryView, MessageView
from engine.web import acts, bodies, operate
from engine.web.forms import read_form
from engine.web.json_body import reason_of
from engine.web.params import choice_of, read_query
from engine.web.problems import Problem, bad_parameter, not_found
from engine.web.rendering import Renderer
from engine.web.services import WebServices

DONE: Mapping[str, str] = {
    "replay": "Queued to be processed again. What was sent and has not changed is not sent twice.",
    "withdraw": "Withdrawn. What was sent stays sent.",
    "set-aside": "What waited behind this message goes on.",
    "retry": "Queued to be sent now: the same bytes, the same control id.",
    "withdraw-delivery": "The delivery is withdrawn.",
}
"""What the page of a message says after an act."""

ShowMessage = Callable[[Request, str, int], Awaitable[Response]]


class ActPages:
    """The endpoints behind a session that change something.

    Args:
        services: what the web room has.
        renderer: makes pages.
        show_message: the page of the request's message, with a refusal and its status.
    """

    def __init__(self, services: WebServices, renderer: Renderer, show_message: ShowMessage) -> None:
        self._services = services
        self._renderer = renderer
        self._show_message = show_message

    def routes(self) -> list[Route]:
        """All of them; the guard lets signed-in browsers through only."""
        message, delivery = "/messages/{id}", "/messages/{id}/deliveries/{delivery:path}"
        return [
            Route(message + "/replay", self.replay, methods=["POST"]),
            Route(message + "/withdraw", self.withdraw, methods=["POST"]),
            Route(message + "/set-aside", self.set_aside, methods=["POST"]),
            Route(delivery + "/retry", self.retry, methods=["POST"]),
            Route(delivery + "/withdraw", self.withdraw_delivery, methods=["POST"]),
            Route("/queues", self.queues, methods=["GET"]),
            Route("/queues", self.set_pause, methods=["POST"]),
            Route("/reviews/{id}/close", self.close_review, methods=["POST"]),
        ]

    async def replay(self, request: Request) -> Response:
        """Queue a message for its stages again."""

        async def work(message: MessageView, form: Mapping[str, str]) -> None:
            await operate.replay(self._services, message, form.get("from", ""))

        return await self._act(request, "replay", {"from"}, work)

    async def withdraw(self, request: Request) -> Response:
        """Close a message for good."""

        async def work(message: MessageView, form: Mapping[str, str]) -> None:
            await operate.withdraw(self._services, message.id, reason_of(form, is_needed=True))

        return await self._act(request, "withdraw", {"reason"}, work)

    async def set_aside(self, request: Request) -> Response:
        """Let what waits behind a message go on."""

        async def work(message: MessageView, _form: Mapping[str, str]) -> None:
            await operate.set_aside(self._services, message.id, "")

        return await self._act(request, "set-aside", (), work)

    async def retry(self, request: Request) -> Response:
        """Send a delivery now."""

        async def work(message: MessageView, _form: Mapping[str, str]) -> None:
            await operate.retry_delivery(self._services, _delivery(request, message).id)

        return await self._act(request, "retry", (), work)

    async def withdraw_delivery(self, request: Request) -> Response:
        """End a delivery that was not sent."""

        async def work(message: MessageView, form: Mapping[str, str]) -> None:
            why = reason_of(form, is_needed=True)
            await operate.withdraw_delivery(self._services, _delivery(request, message).id, why)

        return await self._act(request, "withdraw-delivery", {"reason"}, work)

    async def _act(
        self,
        request: Request,
        name: str,
        allowed: Collection[str],
        work: Callable[[MessageView, Mapping[str, str]], Awaitable[None]],
    ) -> Response:
        """Do it and go to the message's page; a refusal is shown there, with what the form said gone."""
        form = await _form(request, allowed)
        message = (await bodies.find_detail(request)).message
        try:
            await work(message, form)
        except Problem as refusal:
            return await self._show_message(request, refusal.detail, refusal.status)
        return RedirectResponse(f"/messages/{quote(message.id)}?done={name}", status_code=303)

    async def queues(self, request: Request) -> Response:
        """Every destination's queue: what waits, since when, why, and whether a person paused it."""
        read_query(request, ())
        return await self._queues("", 200)

    async def set_pause(self, request: Request) -> Response:
        """Pause or resume one queue, or (both names empty) everything."""
        form = await _form(request, {"act", "channel", "destination"})
        is_paused = choice_of(form, "act", ("pause", "resume")) != "resume"
        place = form.get("channel", ""), form.get("destination", "")
        if "act" not in form or bool(place[0]) != bool(place[1]):
            raise bad_parameter("act", "is not understood here")
        found = await operate.set_pause(self._services, *place, is_paused=is_paused, why="")
        if place[0] and not is_paused and any(item.is_paused for item in found):
            return await self._queues("The queue stays paused with its channel or with everything: resume all.", 409)
        return RedirectResponse("/queues", status_code=303)

    async def _queues(self, refusal: str, status: int) -> Response:
        found = operate.queues(self._services, await self._services.store.figures())
        return await self._renderer.page("queues.html", status=status, here="queues", queues=found, refusal=refusal)

    async def close_review(self, request: Request) -> Response:
        """Close an open review case."""
        form = await _form(request, {"outcome", "patient", "reason"})
        why = reason_of(form, is_needed=True)
        review = await acts.find_review(self._services, request.path_params["id"])
        await operate.close_review(self._services, review.id, form.get("outcome", ""), why, form.get("patient", ""))
        return RedirectResponse("/reviews", status_code=303)


def _delivery(request: Request, message: MessageView) -> DeliveryView:
    """The delivery of the path, which must belong to the message. Raises Problem (404)."""
    wanted = request.path_params["delivery"]
    for delivery in message.deliveries:
        if delivery.id == wanted:
            return delivery
    raise not_found("delivery")


async def _form(request: Request, allowed: Collection[str]) -> Mapping[str, str]:
    """The fields of a form, known ones only; a form without fields is one. Raises Problem (400)."""
    read_query(request, ())
    form = await read_form(request)
    for name, value in form.items():
        if name not in allowed or "\x00" in value:
            raise bad_parameter(name[:60], "is not understood here")
    return form
