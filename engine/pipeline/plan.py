"""A channel ready to run: its stages in order and its destinations by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.pipeline.ordering import Order
from engine.ports.destination import Destination
from engine.ports.source import AckMode
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
class LateAck:
    """Where the application acknowledgements of a source's messages go, and by which rules they are asked for."""

    mode: AckMode
    destination: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPlan:
    """One channel.

    Attributes:
        destinations: those that get results, by name.
        ack_destinations: those that carry acknowledgements only; they get no results.
        readings: by source name.
        in_flight: deliveries on their way at once, by destination name; one where nothing is said.
        late_acks: by source name; a source that is not in it sends no application acknowledgements.
    """

    name: str
    stages: Sequence[PlannedStage]
    destinations: Mapping[str, Destination]
    readings: Mapping[str, Reading] = field(default_factory=dict)
    order: Order = Order.SKIP_FAILED
    late_acks: Mapping[str, LateAck] = field(default_factory=dict)
    ack_destinations: Mapping[str, Destination] = field(default_factory=dict)
    in_flight: Mapping[str, int] = field(default_factory=dict)

    def index_of(self, stage_id: str) -> int | None:
        """Position of a stage, None when the channel has no such stage (any more)."""
        return next((index for index, item in enumerate(self.stages) if item.id == stage_id), None)
