"""Checks that need more than one component: names that must exist, addresses taken twice, unsafe combinations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.config.components import Component
from engine.config.explain import yaml_key
from engine.config.loaded import ChannelDraft
from engine.config.models import SiteConfig
from engine.config.patient_feed import feed_problems, feeds_index
from engine.config.problems import Location, Problem, Severity, did_you_mean, joined_path, listed, printable
from engine.config.yaml_nodes import MappingNode, ScalarNode, SequenceNode
from engine.ports.fields import HostPort
from engine.ports.plugin import Kind

SITE_FILE = "conf/headrace.yaml"
SAME_CONNECTION = "same_connection"
_ANY_HOST = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - recognised, not bound
NOT_YET = ("alerts", "shadow", "tests")
"""Sections of a channel that are checked for their form and have no effect in this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """Settings of a stage that name something of the engine file."""

    keys: tuple[str, ...]
    word: str
    section: str


_DIRECTORIES = _Reference(keys=("directory", "directories"), word="directory", section="directories")
_EXTRACTORS = _Reference(keys=("with", "extractor", "extractors"), word="extractor", section="extractors")


def channel_problems(
    tree: MappingNode,
    lists: Mapping[Kind, Sequence[Component]],
    directories: Collection[str] | None,
    extractors: Collection[str] | None,
) -> list[Problem]:
    """What is wrong inside one channel, beyond its single components."""
    problems = list(_not_yet(tree))
    stages = {stage.path: stage for stage in lists[Kind.STAGE]}
    for path, node in _members(tree, "stages"):
        if directories is not None:
            problems += _unknown_names(node, path, stages.get(path), _DIRECTORIES, directories)
        if extractors is not None:
            problems += _unknown_names(node, path, stages.get(path), _EXTRACTORS, extractors)
    destinations = _members(tree, "destinations")
    names = {node.text("name") or node.text("id") or node.text("use") or "" for _, node in destinations}
    for path, node in _members(tree, "sources"):
        problems += _unknown_ack_destination(node, path, names)
    problems += _unknown_stat_sources(tree, {source.name for source in lists[Kind.SOURCE]})
    for source in lists[Kind.SOURCE]:
        problems += _plain_listener(source)
    if tree.find("destinations") is None and not feeds_index(lists[Kind.STAGE]):
        message = "the channel has no destinations: messages are kept and go nowhere"
        problems.append(_warning(tree.at, "", "config.no_destination", message))
    return problems


def site_problems(
    tree: MappingNode, site: SiteConfig, components: Sequence[Component], channels: Sequence[ChannelDraft]
) -> list[Problem]:
    """What is wrong between files."""
    problems = [*_duplicate_channels(channels), *_shared_addresses(site, channels)]
    problems += [*_blobs_of_another_store(components), *feed_problems(components, channels)]
    if not site.web.listen.is_loopback:
        message = "the web application is reachable from other machines over plain HTTP"
        at = (tree.find("web", "listen") or tree).at
        problems.append(_warning(at, "web.listen", "config.plain_listener", message, "put a TLS proxy in front"))
    if not any(channel.enabled for channel in channels):
        message = "no channel is enabled: the engine will not receive anything"
        problems.append(_warning(tree.at, "", "config.no_channel", message, "put a channel into channels/*.yaml"))
    return problems


_BLOBS_APART = {
    ("postgres", "files"): (
        "files on one machine do not go with a store that several machines share",
        "write `blobs: {use: store}` or `use: s3`",
    ),
    ("sqlite", "store"): (
        "the sqlite store keeps no large bodies itself",
        "write `blobs: {use: files}`, or leave `blobs:` out",
    ),
}
"""Stores and blob stores that do not go together: what is wrong, and what to write."""


def _blobs_of_another_store(components: Sequence[Component]) -> Iterator[Problem]:
    by_kind = {component.kind: component for component in components}
    store, blobs = by_kind.get(Kind.STORE), by_kind.get(Kind.BLOBS)
    if store is None or blobs is None or (store.use, blobs.use) not in _BLOBS_APART:
        return
    message, hint = _BLOBS_APART[store.use, blobs.use]
    at = (blobs.node.find("use") or blobs.node).at
    yield Problem(location=at, path="blobs.use", message=message, slug="config.bad_value", hint=hint)


def _not_yet(tree: MappingNode) -> Iterator[Problem]:
    for key in NOT_YET:
        if key in tree.entries:
            message = f"'{key}' is read but does nothing in this version"
            yield _warning(tree.entries[key].at, key, "config.not_yet", message)


def _members(tree: MappingNode, section: str) -> list[tuple[str, MappingNode]]:
    """The components of a list as written, with their paths."""
    node = tree.find(section)
    members = node.members if isinstance(node, SequenceNode) else ()
    return [(f"{section}[{index}]", one) for index, one in enumerate(members) if isinstance(one, MappingNode)]


def _unknown_names(
    node: MappingNode, path: str, stage: Component | None, refer: _Reference, known: Collection[str]
) -> Iterator[Problem]:
    for key in refer.keys:
        for place, at, name in _names_under(node, key, stage):
            if name in known:
                continue
            there = f"there are {listed(sorted(known))}" if known else f"add it to `{refer.section}:` in {SITE_FILE}"
            yield Problem(
                location=at,
                path=joined_path(path, place),
                message=f"no {refer.word} is called '{printable(name)}'",
                slug="config.unknown_reference",
                hint=did_you_mean(name, known) or there,
            )


def _names_under(
    node: MappingNode, key: str, stage: Component | None
) -> Iterator[tuple[tuple[str | int, ...], Location, str]]:
    """Names a stage refers to: those written, else those its settings have by default."""
    written = node.find(key)
    if written is None:
        default = _setting(stage, key) if stage is not None else None
        for name in [default] if isinstance(default, str) else default if isinstance(default, tuple) else ():
            yield (key,), node.at, str(name)
    elif isinstance(written, SequenceNode):
        for index, member in enumerate(written.members):
            if isinstance(member, ScalarNode) and isinstance(member.value, str):
                yield (key, index), member.at, member.value
    elif isinstance(written, ScalarNode) and isinstance(written.value, str):
        yield (key,), written.at, written.value


def _setting(component: Component, key: str) -> object:
    for name, info in type(component.settings).model_fields.items():
        if yaml_key(name, info) == key:
            return getattr(component.settings, name)
    return None


def _unknown_ack_destination(source: MappingNode, path: str, names: Collection[str]) -> Iterator[Problem]:
    node = source.find("ack", "application")
    wanted = source.text("ack", "application")
    if node is not None and wanted is not None and wanted != SAME_CONNECTION and wanted not in names:
        yield Problem(
            location=node.at,
            path=joined_path(path, ["ack", "application"]),
            message=f"no destination of this channel is called '{printable(wanted)}'",
            slug="config.unknown_reference",
            hint=did_you_mean(wanted, [SAME_CONNECTION, *names]) or f"or write {SAME_CONNECTION}",
        )


def _unknown_stat_sources(tree: MappingNode, names: Collection[str]) -> Iterator[Problem]:
    node = tree.find("priority", "stat_sources")
    for index, member in enumerate(node.members if isinstance(node, SequenceNode) else ()):
        if isinstance(member, ScalarNode) and isinstance(member.value, str) and member.value not in names:
            yield Problem(
                location=member.at,
                path=joined_path("priority", ["stat_sources", index]),
                message=f"no source of this channel is called '{printable(member.value)}'",
                slug="config.unknown_reference",
                hint=did_you_mean(member.value, names) or f"there are {listed(sorted(names))}",
            )


def _listeners(source: Component) -> Iterator[tuple[HostPort, Location, str]]:
    """The addresses a source listens on, each with its place and path."""
    listen = getattr(source.settings, "listen", None)
    node = source.node.find("listen") or source.node
    for index, address in enumerate(listen if isinstance(listen, tuple) else (listen,)):
        if isinstance(address, HostPort):
            one = node.members[index] if isinstance(node, SequenceNode) else node
            path: list[str | int] = ["listen", index] if isinstance(node, SequenceNode) else ["listen"]
            yield address, one.at, joined_path(source.path, path)


def _plain_listener(source: Component) -> Iterator[Problem]:
    if "tls" not in type(source.settings).model_fields or getattr(source.settings, "tls", None) is not None:
        return
    for address, at, path in _listeners(source):
        if not address.is_loopback:
            message = "listens for other machines without TLS: patient data crosses the network in the clear"
            hint = "add `tls:`, or listen on 127.0.0.1 behind a tunnel"
            yield _warning(at, path, "config.plain_listener", message, hint)


def _duplicate_channels(channels: Sequence[ChannelDraft]) -> Iterator[Problem]:
    seen: dict[str, Location] = {}
    for channel in channels:
        name = channel.tree.text("channel") if channel.tree is not None else None
        node = channel.tree.find("channel") if channel.tree is not None else None
        if name is None or node is None:
            continue
        if name in seen:
            message = f"the name '{printable(name)}' is taken by the channel in {seen[name]}"
            yield Problem(location=node.at, path="channel", message=message, slug="config.duplicate_channel")
        seen.setdefault(name, node.at)


def _shared_addresses(site: SiteConfig, channels: Sequence[ChannelDraft]) -> Iterator[Problem]:
    taken: list[tuple[HostPort, str]] = [(site.web.listen, "the web application")]
    enabled = [channel for channel in channels if channel.enabled]
    for source in (source for channel in enabled for source in channel.components.get(Kind.SOURCE, ())):
        for listen, at, path in _listeners(source):
            owner = next((owner for address, owner in taken if _same_address(address, listen)), None)
            if owner is not None:
                message = f"the address {listen} is taken by {owner}"
                yield Problem(location=at, path=path, message=message, slug="config.address_in_use")
            taken.append((listen, f"source '{source.name}' in {at}"))


def _same_address(one: HostPort, other: HostPort) -> bool:
    if one.port != other.port or one.port == 0:
        return False
    hosts = {one.host, other.host}
    return len(hosts) == 1 or bool(hosts & _ANY_HOST) or hosts in ({"localhost", "127.0.0.1"}, {"localhost", "::1"})


def _warning(at: Location, path: str, slug: str, message: str, hint: str = "") -> Problem:
    return Problem(location=at, path=path, message=message, slug=slug, hint=hint, severity=Severity.WARNING)
