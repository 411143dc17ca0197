"""The running engine of one site: starts everything in order, stops it in the reverse."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field

from engine import __version__
from engine.app.compose import Parts, Surroundings, build_parts, enabled
from engine.app.metrics import Metrics
from engine.app.retaining import retention_rules
from engine.app.sitefiles import SiteFiles
from engine.app.supervise import Supervisor
from engine.config.components import Component
from engine.config.loaded import LoadedChannel, LoadedSite
from engine.pipeline.answers import AnswerLane
from engine.pipeline.delivery import Lane
from engine.pipeline.late_ack import same_connection
from engine.pipeline.retention import ROLE, Pruner
from engine.pipeline.roles import Role
from engine.pipeline.run import Tools
from engine.pipeline.worker import Worker
from engine.plugins.extractors.local.artist import ProcessArtist
from engine.ports.content import Content
from engine.ports.fields import HostPort
from engine.ports.source import PRESSED, AnsweringSource
from engine.ports.store import MessageView
from engine.web.app import create_app
from engine.web.server import WebServer
from engine.web.services import ChannelInfo, DestinationInfo, Readiness, SourceInfo, StageInfo, WebServices

_STOP_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Bound:
    """Where the engine listens: addresses by plugin name, and the web URL."""

    listeners: dict[str, list[str]] = field(default_factory=dict)
    web: str = ""


class Engine:
    """One site, running.

    Args:
        loaded: a site without errors.
        around: clock, dice, observer and folder.
        metrics: the figures behind the observer, for the exposition.
    """

    def __init__(self, loaded: LoadedSite, around: Surroundings, metrics: Metrics) -> None:
        self._loaded = loaded
        self._around = around
        self._metrics = metrics
        self._files = SiteFiles(around.site)
        self._parts: Parts | None = None
        self._supervisor = Supervisor(around.clock, around.observer)
        self._worker: Worker | None = None
        self._lanes: list[Lane | AnswerLane] = []
        self._pruning: Role | None = None
        self._web: WebServer | None = None
        self._listening: dict[tuple[str, str], tuple[str, ...]] = {}
        self._stopping = False

    async def start(self) -> Bound:
        """Open the store, start workers, then bind listeners and the web.

        Raises:
            StoreLocked: another engine owns the site.
            StoreError: the store cannot be opened.
            OSError: an address is taken or a file is missing; what was started is stopped again.
        """
        self._files.prepare()
        self._parts = build_parts(self._loaded, self._around)
        await self._parts.store.open()
        started = False
        try:
            self._start_work(self._parts)
            listeners = await self._listen(self._parts)
            bound = Bound(listeners=listeners, web=await self._start_web(self._parts))
            started = True
        finally:
            if not started:
                await self.stop()
        self._files.publish({"web": bound.web, **bound.listeners})
        return bound

    def _start_work(self, parts: Parts) -> None:
        around, node = self._around, self._loaded.site.node
        tools = Tools(
            store=parts.store,
            clock=around.clock,
            ids=around.ids,
            observer=around.observer,
            pace=parts.pace,
            answers=parts.answers,
        )
        worker = self._worker = Worker(tools, parts.plans, node=node, concurrency=self._loaded.site.workers.messages)
        self._lanes = [*self._delivery_lanes(parts), *self._answer_lanes(parts)]
        for name, extractor in parts.extractors.items():
            self._supervisor.start(f"extractor:{name}", extractor.start)
        self._supervisor.start("wakeups", lambda: self._pass_hints(parts))
        self._supervisor.start("worker", worker.run)
        self._pruning = self._pruner(parts)
        self._supervisor.start(ROLE, self._pruning.run)
        for lane in self._lanes:
            self._supervisor.start(lane.hint, lane.run)

    def _pruner(self, parts: Parts) -> Role:
        around = self._around
        pruner = Pruner(parts.store, retention_rules(self._loaded), clock=around.clock, observer=around.observer)
        return Role(
            parts.store,
            node=self._loaded.site.node,
            name=ROLE,
            work=pruner.run,
            clock=around.clock,
            observer=around.observer,
        )

    def _delivery_lanes(self, parts: Parts) -> list[Lane]:
        around = self._around
        return [
            Lane(
                parts.store,
                destination,
                channel=plan.name,
                name=name,
                node=self._loaded.site.node,
                clock=around.clock,
                ids=around.ids,
                observer=around.observer,
                in_flight=plan.in_flight.get(name, 1),
                order=plan.order,
            )
            for plan in parts.plans.values()
            for name, destination in {**plan.destinations, **plan.ack_destinations}.items()
        ]

    def _answer_lanes(self, parts: Parts) -> list[AnswerLane]:
        """A queue of application acknowledgements for each source that sends its own."""
        return [
            AnswerLane(
                parts.store,
                source,
                parts.answers,
                channel=channel,
                name=same_connection(name),
                node=self._loaded.site.node,
                clock=self._around.clock,
                observer=self._around.observer,
            )
            for (channel, name), source in parts.sources.items()
            if isinstance(source, AnsweringSource)
            and (late := parts.plans[channel].late_acks.get(name)) is not None
            and late.destination == same_connection(name)
        ]

    async def _pass_hints(self, parts: Parts) -> None:
        """Hand the store's hints to whom they concern."""
        lanes = {lane.hint: lane for lane in self._lanes}
        async for hint in parts.store.wakeups():
            if hint in lanes:
                lanes[hint].wake()
            elif self._worker is not None:
                self._worker.wake()
            if self._stopping:
                return

    async def _listen(self, parts: Parts) -> dict[str, list[str]]:
        bound: dict[str, list[str]] = {}
        uses = {(channel.name, item.name): item.use for channel in enabled(self._loaded) for item in channel.sources}
        for key, source in parts.sources.items():
            addresses = await source.start()
            self._listening[key] = tuple(addresses)
            bound.setdefault(uses[key], []).extend(addresses)
        return bound

    async def _start_web(self, parts: Parts) -> str:
        listen = self._loaded.site.web.listen
        secret = self._files.setup_secret()
        services = WebServices(
            store=parts.store,
            clock=self._around.clock,
            observer=self._around.observer,
            admin_token=self._files.admin_token(),
            metrics_text=self._metrics_text,
            version=__version__,
            channels=self._channels,
            ready=self._ready,
            setup_secret=secret,
            setup_used=self._files.setup_used,
            allowed_hosts=_allowed_hosts(listen),
            content=self._content,
            artist=ProcessArtist(),
        )
        self._web = WebServer(create_app(services), listen.host or "0.0.0.0", listen.port)  # noqa: S104 - as asked
        url = await self._web.start()
        where = self._files.publish_setup(url, secret)
        if where is not None:
            sys.stdout.write(f"first start: the one-time set-up link is in {where}\n")
        return url

    def _content(self, message: MessageView, raw: bytes) -> Content:
        """The bytes of a message with its source's character set settings."""
        plan = self._parts.plans.get(message.channel) if self._parts else None
        reading = plan.readings.get(message.source) if plan else None
        if reading is None:
            return Content(raw, kind=message.kind, file_name=message.file_name)
        return Content(
            raw,
            kind=message.kind,
            charset=reading.charset,
            fallbacks=reading.fallbacks,
            file_name=message.file_name,
        )

    async def _metrics_text(self) -> bytes:
        if self._parts is None:
            return self._metrics.render()
        return await self._metrics.scrape(self._parts.store, self._around.clock.now())

    async def _ready(self) -> Readiness:
        failing = self._supervisor.failing
        checks: dict[str, bool | str] = {
            "listeners": len(self._listening) == len(self._parts.sources) if self._parts else False,
            "workers": True if not failing else f"restarting: {', '.join(sorted(failing))}",
            "stopping": not self._stopping,
        }
        ok = all(value is True for value in checks.values())
        return Readiness(ok=ok, checks={**checks, **await self._store_words()})

    async def _store_words(self) -> dict[str, bool | str]:
        """How the store keeps up, and why it refuses; whether it takes messages is the web's own check."""
        if self._parts is None:
            return {}
        store = self._parts.store
        pressure = store.pressure
        words = "refusing" if pressure >= 1 else f"sources wait, {pressure:.0%} full"
        return {"intake": True if pressure < PRESSED else words, "disk": await store.trouble() or True}

    def _channels(self) -> list[ChannelInfo]:
        return [self._channel_info(channel) for channel in self._loaded.channels]

    def _channel_info(self, channel: LoadedChannel) -> ChannelInfo:
        return ChannelInfo(
            name=channel.name,
            title=channel.config.title,
            enabled=channel.config.enabled,
            sources=tuple(self._source_info(channel, item) for item in channel.sources),
            stages=tuple(StageInfo(id=item.name, use=item.use) for item in channel.stages),
            destinations=tuple(
                DestinationInfo(
                    name=item.name,
                    use=item.use,
                    address=str(getattr(item.settings, "to", "")),
                    required=bool(getattr(item.settings, "required", True)),
                )
                for item in channel.destinations
            ),
        )

    def _source_info(self, channel: LoadedChannel, item: Component) -> SourceInfo:
        addresses = self._listening.get((channel.name, item.name), ())
        return SourceInfo(name=item.name, use=item.use, address=", ".join(addresses), listening=bool(addresses))

    async def stop(self) -> None:
        """Take nothing new, finish what is in hand, close everything; the store last."""
        self._stopping = True
        parts = self._parts
        if parts is None:
            return
        await asyncio.gather(*(source.stop() for source in parts.sources.values()), return_exceptions=True)
        if self._worker is not None:
            self._worker.stop()
        if self._pruning is not None:
            self._pruning.stop()
        for lane in self._lanes:
            lane.stop()
        if self._web is not None:
            await self._web.stop()
        await self._close(parts)
        self._files.unpublish()

    async def _close(self, parts: Parts) -> None:
        """Workers end by themselves; the hint task has no end of its own."""
        self._supervisor.cancel("wakeups")
        await self._supervisor.join(_STOP_SECONDS)
        for plan in parts.plans.values():
            for planned in plan.stages:
                await planned.stage.close()
            for destination in (*plan.destinations.values(), *plan.ack_destinations.values()):
                await destination.close()
        for extractor in parts.extractors.values():
            await extractor.close()
        for directory in parts.directories.values():
            await directory.close()
        await parts.store.close()


def _allowed_hosts(listen: HostPort) -> tuple[str, ...]:
    """A loopback web answers only to loopback names; others stand behind a proxy that knows its own."""
    return ("localhost", "127.0.0.1", "::1") if listen.is_loopback else ()
