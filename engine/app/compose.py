"""Puts a site together: every component built from its settings, nothing started yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.config.components import Component
from engine.config.crosscheck import SAME_CONNECTION
from engine.config.loaded import LoadedChannel, LoadedSite
from engine.pipeline.answers import LateAnswers
from engine.pipeline.intake import FrameIntake
from engine.pipeline.late_ack import same_connection
from engine.pipeline.ordering import Order, OrderBy, Queueing
from engine.pipeline.pace import Pace
from engine.pipeline.plan import ChannelPlan, LateAck, PlannedStage, Reading
from engine.ports.clock import Clock, Ids
from engine.ports.destination import Destination
from engine.ports.directory import Directory
from engine.ports.extractor import Extractor
from engine.ports.layouts import KeepsLayouts
from engine.ports.observe import Observer
from engine.ports.plugin import Kind
from engine.ports.services import DestinationServices, SiteServices, SourceServices
from engine.ports.source import AckMode, Source
from engine.ports.stage import FingerprintLookup, StageServices
from engine.ports.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the outside lends the engine: clock, dice, observer, and the site's folder."""

    site: Path
    clock: Clock
    ids: Ids
    observer: Observer


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A site's components, built and not started. `sources` by (channel, name)."""

    store: Store
    extractors: Mapping[str, Extractor]
    directories: Mapping[str, Directory]
    plans: Mapping[str, ChannelPlan]
    sources: Mapping[tuple[str, str], Source]
    pace: Pace
    answers: LateAnswers


def build_parts(loaded: LoadedSite, around: Surroundings, *, history: FingerprintLookup | None = None) -> Parts:
    """Build every component of the enabled channels.

    Args:
        loaded: a site without errors.
        around: what the outside lends.
        history: what dedupe looks into; the store unless given.

    Raises:
        ImportError: a plugin needs a library that is not installed.
        OSError: a file a component needs at once (a certificate) cannot be read.
    """
    services = _site_services(loaded, around)
    blobs = loaded.blobs.plugin.build(loaded.blobs.settings, services)
    store: Store = loaded.store.plugin.build(loaded.store.settings, _site_services(loaded, around, blobs=blobs))
    extractors = {item.name: _extractor(item, loaded, services) for item in loaded.of(Kind.EXTRACTOR)}
    directories = {item.name: _named(item, services) for item in loaded.of(Kind.DIRECTORY)}
    stage_services = StageServices(
        extractors=extractors,
        directories=directories,
        fingerprints=history or store,
        observer=around.observer,
        layouts=store.layouts if history is None and isinstance(store, KeepsLayouts) else None,
    )
    channels = enabled(loaded)
    pace, answers = Pace(around.clock), LateAnswers()
    intake = FrameIntake(
        store=store,
        clock=around.clock,
        ids=around.ids,
        observer=around.observer,
        pace=pace,
        answers=answers,
        plan={channel.name: _queueing(channel) for channel in channels},
    )
    return Parts(
        pace=pace,
        answers=answers,
        store=store,
        extractors=extractors,
        directories=directories,
        plans={channel.name: _plan(channel, stage_services, around) for channel in channels},
        sources={
            (channel.name, item.name): item.plugin.build(item.settings, _source_services(item, channel, intake, around))
            for channel in channels
            for item in channel.sources
        },
    )


def enabled(loaded: LoadedSite) -> tuple[LoadedChannel, ...]:
    """The channels that run."""
    return tuple(channel for channel in loaded.channels if channel.config.enabled)


def _site_services(loaded: LoadedSite, around: Surroundings, *, blobs: Any = None) -> SiteServices:
    return SiteServices(
        site=around.site,
        node=loaded.site.node,
        clock=around.clock,
        ids=around.ids,
        observer=around.observer,
        blobs=blobs,
    )


def _named(item: Component, services: SiteServices) -> Any:
    """A component that is told what the configuration calls it."""
    return item.plugin.build(item.settings, replace(services, name=item.name))


def _extractor(item: Component, loaded: LoadedSite, services: SiteServices) -> Extractor:
    """`workers: {readers}` of the engine file is the default number of reader processes of a local extractor."""
    settings = item.settings
    if "readers" in type(settings).model_fields and "readers" not in settings.model_fields_set:
        settings = settings.model_copy(update={"readers": loaded.site.workers.readers})
    built: Extractor = item.plugin.build(settings, services)
    return built


def _queueing(channel: LoadedChannel) -> Queueing:
    config = channel.config
    return Queueing(
        order_by=OrderBy(config.order_by),
        order=Order(config.order),
        stat_sources=frozenset(config.priority.stat_sources),
    )


def _plan(channel: LoadedChannel, services: StageServices, around: Surroundings) -> ChannelPlan:
    built = {item.name: _destination(item, channel, around) for item in channel.destinations}
    acks_only = {item.name for item in channel.destinations if getattr(item.settings, "acks_only", False)}
    return ChannelPlan(
        name=channel.name,
        stages=tuple(
            PlannedStage(id=item.name, stage=item.plugin.build(item.settings, services)) for item in channel.stages
        ),
        destinations={name: one for name, one in built.items() if name not in acks_only},
        ack_destinations={name: one for name, one in built.items() if name in acks_only},
        readings={item.name: _reading(item) for item in channel.sources},
        order=Order(channel.config.order),
        late_acks={item.name: late for item in channel.sources if (late := _late_ack(item)) is not None},
        in_flight={item.name: int(getattr(item.settings, "in_flight", 1)) for item in channel.destinations},
    )


def _destination(item: Component, channel: LoadedChannel, around: Surroundings) -> Destination:
    services = DestinationServices(
        name=item.name, channel=channel.name, clock=around.clock, ids=around.ids, observer=around.observer
    )
    built: Destination = item.plugin.build(item.settings, services)
    return built


def _late_ack(item: Component) -> LateAck | None:
    """Where the application acknowledgements of a source go that can be asked for them."""
    ack = getattr(item.settings, "ack", None)
    wanted = getattr(ack, "application", None)
    if wanted is None:
        return None
    name = same_connection(item.name) if wanted == SAME_CONNECTION else str(wanted)
    return LateAck(mode=AckMode(getattr(ack, "mode", AckMode.AUTO)), destination=name)


def _reading(item: Component) -> Reading:
    """Character set settings of a source that has them."""
    charset = getattr(item.settings, "charset", "auto")
    fallbacks = getattr(item.settings, "fallback_charsets", Reading().fallbacks)
    return Reading(charset=charset, fallbacks=tuple(fallbacks))


def _source_services(
    item: Component, channel: LoadedChannel, intake: FrameIntake, around: Surroundings
) -> SourceServices:
    return SourceServices(
        name=item.name,
        channel=channel.name,
        intake=intake,
        clock=around.clock,
        ids=around.ids,
        observer=around.observer,
    )
