"""What the page of one message shows, gathered for its template."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from engine.domain.dossier import Dossier
from engine.domain.message import ContentKind
from engine.domain.reasons import REASONS, Reason
from engine.ports.content import Content
from engine.ports.store import DeliveryView, MessageDetail, Store, TimelineEntry
from engine.web import linked, segments
from engine.web.linked import Linked
from engine.web.segments import Reading
from engine.web.services import WebServices


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One reason with what it holds back and what to do about it."""

    reason: Reason
    holds: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the timeline; `detail` as words."""

    entry: TimelineEntry
    detail: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One delivery with the bytes built for it and the receiver's answer."""

    view: DeliveryView
    built: Reading | None
    answer: Reading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """Everything on the page."""

    detail: MessageDetail
    dossier: Dossier
    advice: tuple[Advice, ...]
    received: Reading | None
    ack: Reading | None
    deliveries: tuple[Sent, ...]
    steps: tuple[Step, ...]
    versions: tuple[Linked, ...]
    stages: tuple[str, ...]
    """Stages of the message's channel, in order; a replay may begin with any."""

    @property
    def is_document(self) -> bool:
        """Whether the message is a bare file."""
        return self.detail.message.kind is ContentKind.DOCUMENT


async def gather(services: WebServices, detail: MessageDetail) -> MessagePage:
    """Fetch and cut everything; parsing runs off the event loop."""
    store, message = services.store, detail.message
    dossier = linked.dossier_of(detail, services.observer)
    raw = await store.raw(message.id)
    received = None if raw is None else await asyncio.to_thread(segments.read, services.content(message, raw))
    return MessagePage(
        detail=detail,
        dossier=dossier,
        advice=tuple(advice_on(item) for item in message.reasons),
        received=received,
        ack=await _reading(await store.ack_sent(message.id)),
        deliveries=tuple([await _sent(store, item) for item in message.deliveries]),
        steps=tuple(_step(item) for item in detail.timeline),
        versions=tuple(await linked.versions(store, detail, dossier)),
        stages=tuple(item.id for info in services.channels() if info.name == message.channel for item in info.stages),
    )


def advice_on(reason: Reason) -> Advice:
    """A reason with the words of the closed list; a code of another release has none."""
    spec = REASONS.get(reason.code)
    if spec is None:
        return Advice(reason=reason, holds="", action="")
    words = {0: "holds nothing back", 1: "holds this result", 2: "holds the reading", 3: "holds the message"}
    return Advice(reason=reason, holds=words[reason.holds], action=spec.action)


async def _sent(store: Store, view: DeliveryView) -> Sent:
    built = await _reading(await store.payload(view.id))
    return Sent(view=view, built=built, answer=await _reading(await store.answer(view.id)))


async def _reading(data: bytes | None) -> Reading | None:
    return None if data is None else await asyncio.to_thread(segments.read, Content(data))


def _step(entry: TimelineEntry) -> Step:
    found = json.loads(entry.detail or "{}")
    pairs = found.items() if isinstance(found, dict) else [("detail", found)]
    told = tuple((str(key), _words(value)) for key, value in pairs if value not in _EMPTY)
    return Step(entry=entry, detail=told)


_EMPTY: tuple[object, ...] = (None, "", [], {})


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
