"""Where a message stands: computed from its deliveries and reviews."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.domain.message import DeliveryState, DeliveryStatus, MessageState, settled_state

UNFINISHED = ("received", "processing")
"""States of a message that has a work row."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A message's stored state, and the one its deliveries and reviews make."""

    channel: str
    stored: str
    is_final: bool
    computed: MessageState

    @property
    def has_moved(self) -> bool:
        """Whether the stored state is to be brought up to date: not while stages work on it, or where one fixed it."""
        return not self.is_final and self.stored not in UNFINISHED and self.computed.value != self.stored


def computed(deliveries: Iterable[tuple[str, object]], *, is_reviewed: bool) -> MessageState:
    """The state of a message with these deliveries (state, whether required), and an open review case or none."""
    return settled_state(
        review_open=is_reviewed,
        deliveries=[DeliveryStatus(state=DeliveryState(state), required=bool(needed)) for state, needed in deliveries],
    )


def moved(standings: Mapping[int, Standing]) -> dict[int, Standing]:
    """Those of them that are to be brought up to date."""
    return {sequence: standing for sequence, standing in standings.items() if standing.has_moved}
