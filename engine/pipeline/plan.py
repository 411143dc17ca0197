"""A channel ready to run: its stages in order and its destinations by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.ports.destination import Destination
from engine.ports.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStage:
    """A stage under its id in the channel."""

    id: str
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How messages of one source are decoded: codec or `auto`, and the fallbacks."""

    charset: str = "auto"
    fallbacks: tuple[str, ...] = ("utf-8", "windows-1252")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPlan:
    """One channel; `readings` by source name."""

    name: str
    stages: Sequence[PlannedStage]
    destinations: Mapping[str, Destination]
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def index_of(self, stage_id: str) -> int | None:
        """Position of a stage, None when the channel has no such stage (any more)."""
        return next((index for index, item in enumerate(self.stages) if item.id == stage_id), None)
