"""From the settings `retain:` to rules of the pruner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.config.loaded import LoadedSite
from engine.pipeline.retention import Rule
from engine.ports.store import Prunable


def retention_rules(loaded: LoadedSite) -> list[Rule]:
    """A rule for each thing that is not kept for ever; a channel's own word goes before the site's."""
    return [*_of_channels(loaded), *_of_site(loaded)]


def _of_channels(loaded: LoadedSite) -> Iterator[Rule]:
    common = loaded.site.retain
    for channel in loaded.channels:
        own = channel.config.retain
        for what, mine, everyones in (
            (Prunable.BODIES, own.documents if own else None, common.documents),
            (Prunable.MESSAGES, own.messages if own else None, common.messages),
        ):
            days = everyones if mine is None else mine
            if days is not None:
                yield Rule(what=what, keep=timedelta(days=days), channel=channel.name)


def _of_site(loaded: LoadedSite) -> Iterator[Rule]:
    common = loaded.site.retain
    for what, days in ((Prunable.FRAGMENTS, common.fragments), (Prunable.AUDIT, common.audit)):
        if days is not None:
            yield Rule(what=what, keep=timedelta(days=days))
