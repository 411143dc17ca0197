"""The figures of the overview, gathered for its template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.domain.layout import Layout, LayoutState
from engine.ports.layouts import KeepsLayouts
from engine.ports.store import MessageQuery, MessageView, QueueView, Store, StoreFigures
from engine.web import shapes
from engine.web.services import ChannelInfo, DestinationInfo, Readiness, WebServices

RECENT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRow:
    """One destination and what waits for it."""

    info: DestinationInfo
    queue: QueueView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """One channel of the table."""

    info: ChannelInfo
    counters: dict[str, int]
    destinations: tuple[DestinationRow, ...]
    oldest_at: datetime | None
    last: MessageView | None

    @property
    def light(self) -> str:
        """`off`, `good`, or `bad` when a source of an enabled channel does not listen."""
        if not self.info.enabled:
            return "off"
        return "good" if all(source.listening for source in self.info.sources) else "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything on the page."""

    channels: tuple[ChannelRow, ...]
    recent: tuple[MessageView, ...]
    figures: StoreFigures
    readiness: Readiness
    now: datetime
    layouts: tuple[Layout, ...] = ()
    """Forms of laboratories' reports that wait for a person."""

    @property
    def waiting(self) -> int:
        """Deliveries that wait, over all queues."""
        return sum(queue.queued for queue in self.figures.queues)

    @property
    def parked(self) -> int:
        """Deliveries that wait for a person."""
        return sum(queue.parked for queue in self.figures.queues)

    @property
    def paused(self) -> int:
        """Queues that a person paused."""
        return sum(queue.is_paused for queue in self.figures.queues)

    @property
    def oldest_waiting_at(self) -> datetime | None:
        """When the oldest delivery that waits was queued."""
        return min((queue.oldest_at for queue in self.figures.queues if queue.oldest_at), default=None)

    @property
    def shows_withdrawn(self) -> bool:
        """Whether the rare counter has anything to say."""
        return any(row.counters["withdrawn"] for row in self.channels)


async def gather(services: WebServices, readiness: Readiness) -> Overview:
    """Ask the store once for the figures, once for the newest messages, and once a channel for its last one."""
    figures = await services.store.figures()
    recent = await services.store.search(MessageQuery(limit=RECENT))
    rows = [await _row(services.store, info, figures, recent) for info in _all_channels(services, figures)]
    return Overview(
        channels=tuple(rows),
        recent=tuple(recent),
        figures=figures,
        readiness=readiness,
        now=services.clock.now(),
        layouts=await _held_layouts(services.store),
    )


async def _held_layouts(store: Store) -> tuple[Layout, ...]:
    found = await store.layouts.everything() if isinstance(store, KeepsLayouts) else ()
    return tuple(item for item in found if item.state is LayoutState.HELD)


def _all_channels(services: WebServices, figures: StoreFigures) -> list[ChannelInfo]:
    """The configured channels, then those that only the store still knows: what waits there must be seen."""
    configured = list(services.channels())
    names = {info.name for info in configured}
    left = sorted({channel for channel, _ in figures.messages} - names)
    return configured + [ChannelInfo(name=name, title="no longer configured", enabled=False) for name in left]


async def _row(store: Store, info: ChannelInfo, figures: StoreFigures, recent: list[MessageView]) -> ChannelRow:
    queues = {queue.destination: queue for queue in figures.queues if queue.channel == info.name}
    known = [DestinationRow(info=item, queue=queues.pop(item.name, None)) for item in info.destinations]
    gone = [
        DestinationRow(info=DestinationInfo(name=name, use="", address="no longer configured"), queue=queue)
        for name, queue in queues.items()
    ]
    counters = shapes.counters(figures, info.name)
    last = next((item for item in recent if item.channel == info.name), None)
    if last is None and counters["received"]:
        found = await store.search(MessageQuery(channel=info.name, limit=1))
        last = found[0] if found else None
    oldest = [row.queue.oldest_at for row in (*known, *gone) if row.queue is not None and row.queue.oldest_at]
    return ChannelRow(
        info=info,
        counters=counters,
        destinations=(*known, *gone),
        oldest_at=min(oldest, default=None),
        last=last,
    )
