"""What loading gives: typed settings with their places, and every problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.config.components import Component
from engine.config.models import ChannelConfig, SiteConfig
from engine.config.problems import ConfigError, Problem, Severity
from engine.config.yaml_nodes import MappingNode, ScalarNode
from engine.ports.plugin import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedChannel:
    """A channel file without errors.

    Attributes:
        file: relative to the site's folder.
        revision: first 12 hex digits of the SHA-256 of the file: which version of the channel did something.
    """

    file: str
    revision: str
    config: ChannelConfig
    sources: tuple[Component, ...]
    stages: tuple[Component, ...]
    destinations: tuple[Component, ...]

    @property
    def name(self) -> str:
        """The channel's name."""
        return self.config.channel

    @property
    def components(self) -> tuple[Component, ...]:
        """Sources, stages and destinations, in this order."""
        return (*self.sources, *self.stages, *self.destinations)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDraft:
    """A channel file as far as it could be read: what checks across files look at."""

    file: str
    tree: MappingNode | None
    components: Mapping[Kind, tuple[Component, ...]]
    channel: LoadedChannel | None
    problems: tuple[Problem, ...]

    @property
    def enabled(self) -> bool:
        """Whether the file says so, or says nothing."""
        node = self.tree.find("enabled") if self.tree is not None else None
        return not (isinstance(node, ScalarNode) and node.value is False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSite:
    """A site as far as it can be read; start it only if `ok`.

    Attributes:
        components: store, blobs, directories and extractors.
        channels: the channels without errors of their own, enabled or not, in the order of their files.
        problems: errors and warnings of all files, ordered by place.
        overlays: what the site teaches its extractors, a line a file.
    """

    site: SiteConfig
    components: tuple[Component, ...]
    channels: tuple[LoadedChannel, ...]
    problems: tuple[Problem, ...]
    overlays: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What keeps the engine from starting."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def ok(self) -> bool:
        """Whether it can be started."""
        return not self.errors

    def of(self, kind: Kind) -> tuple[Component, ...]:
        """The site's components of a kind, in the order written."""
        return tuple(component for component in self.components if component.kind is kind)

    @property
    def store(self) -> Component:
        """Where messages are kept. Raises ConfigError when it has errors."""
        return self._one(Kind.STORE)

    @property
    def blobs(self) -> Component:
        """Where large bodies are kept. Raises ConfigError when it has errors."""
        return self._one(Kind.BLOBS)

    def _one(self, kind: Kind) -> Component:
        found = self.of(kind)
        if not found:
            raise ConfigError(self.errors)
        return found[0]
