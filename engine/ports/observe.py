"""What is noticed: events for the log and figures for the metrics."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Notifications: many may listen, none can change anything.

    Keys are an allow-list (see docs/reference/logging.md); a field outside it is dropped and counted, so that no
    patient can reach a log line. Values are short words, numbers, or the engine's own ids.
    """

    def note(self, event: str, /, *, level: str = "info", **fields: str | float | None) -> None:
        """Record one event, named `room.what_happened`; `level` is debug, info, warning or error."""

    def count(self, metric: str, /, amount: float = 1, **labels: str) -> None:
        """Add to a counter of `engine.app.metrics`."""

    def observe(self, metric: str, /, value: float, **labels: str) -> None:
        """Add one observation (seconds, bytes) to a histogram of `engine.app.metrics`."""
