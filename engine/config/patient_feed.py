"""Checks of a patient index and of the channels that feed it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from engine.config.components import Component
from engine.config.loaded import ChannelDraft
from engine.config.problems import Location, Problem, Severity, joined_path, printable
from engine.ports.plugin import Kind

INDEX = "index"
"""The stage that feeds, and the directory that is fed."""


def feeds_index(stages: Sequence[Component]) -> bool:
    """Whether a channel applies ADT messages; such a channel needs no destination."""
    return any(stage.use == INDEX for stage in stages)


def feed_problems(components: Sequence[Component], channels: Sequence[ChannelDraft]) -> Iterator[Problem]:
    """What is wrong between indexes, their files and their feeds."""
    directories = {item.name: item for item in components if item.kind is Kind.DIRECTORY}
    fed: set[str] = set()
    for channel in channels:
        stages = channel.components.get(Kind.STAGE, ())
        for place, stage in enumerate(stages):
            if stage.use == INDEX:
                name = str(getattr(stage.settings, "directory", ""))
                fed |= {name} if channel.enabled else set()
                yield from _stage_problems(stage, place, directories.get(name))
        if feeds_index(stages):
            yield from _deaf_sources(channel.components.get(Kind.SOURCE, ()))
    yield from _index_problems(components, fed)


def _stage_problems(stage: Component, place: int, directory: Component | None) -> Iterator[Problem]:
    if directory is not None and directory.use != INDEX:
        at = (stage.node.find("directory") or stage.node).at
        message = f"the directory '{printable(directory.name)}' uses '{printable(directory.use)}': it cannot be told"
        yield _error(at, joined_path(stage.path, ["directory"]), message, "name a directory that uses `index`")
    if place:
        message = "`index` comes after another stage, which would take ADT messages for results"
        yield _error(stage.location, stage.path, message, "put it first")


def _deaf_sources(sources: Sequence[Component]) -> Iterator[Problem]:
    accepting = [source for source in sources if hasattr(source.settings, "accept")]
    if accepting and not any(_takes_adt(source) for source in accepting):
        source = accepting[0]
        message = "no source of this channel takes ADT messages: its index learns nothing"
        at = (source.node.find("accept", "types") or source.node).at
        hint = 'write `accept: {types: ["ADT^*"]}`'
        yield _warning(at, joined_path(source.path, ["accept", "types"]), message, hint)


def _takes_adt(source: Component) -> bool:
    return any(str(item).partition("^")[0] == "ADT" for item in source.settings.accept.types)  # type: ignore[attr-defined]  # asked for before


def _index_problems(components: Sequence[Component], fed: set[str]) -> Iterator[Problem]:
    store = next((item for item in components if item.kind is Kind.STORE), None)
    taken = {_file(store): "the store"} if store is not None and store.use == "sqlite" else {}
    for item in components:
        if item.kind is not Kind.DIRECTORY or item.use != INDEX:
            continue
        if store is not None and store.use == "postgres":
            message = "an index is a file of one machine: with several nodes each would know a part of the patients"
            yield _error(
                item.location, item.path, message, "ask the hospital's database or index: `sql`, `fhir`, `pdq-v2`"
            )
        at = (item.node.find("path") or item.node).at
        if _file(item) in taken:
            message = f"the file is taken by {taken[_file(item)]}"
            yield _error(at, joined_path(item.path, ["path"]), message, "give each its own")
        taken.setdefault(_file(item), f"the directory '{printable(item.name)}'")
        if item.name not in fed:
            message = "no channel feeds this index"
            hint = "add a channel with the stage `{use: index}`; see docs/matching.md"
            yield _warning(item.location, item.path, message, hint)


def _file(component: Component) -> str:
    return posixpath.normpath(str(getattr(component.settings, "path", "")))


def _error(at: Location, path: str, message: str, hint: str) -> Problem:
    return Problem(location=at, path=path, message=message, slug="config.bad_value", hint=hint)


def _warning(at: Location, path: str, message: str, hint: str) -> Problem:
    slug = "config.no_feed"
    return Problem(location=at, path=path, message=message, slug=slug, hint=hint, severity=Severity.WARNING)
