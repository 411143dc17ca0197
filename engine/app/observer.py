"""The Observer that the whole engine is handed: events go to the log, figures to the metrics."""

from __future__ import annotations

from engine.app.logging import LEVELS, EventLog
from engine.app.metrics import Metrics, UnknownMetric


class AppObserver:
    """Bound to one log and one registry; it never raises on a wrong name unless it is told to.

    Args:
        strict: raise on a metric, label or level that does not exist (tests); otherwise such mistakes are counted
            under `observer_errors`, since a figure must not stop a message.
    """

    def __init__(self, log: EventLog, metrics: Metrics, *, strict: bool = False) -> None:
        self._log = log
        self._metrics = metrics
        self._strict = strict
        self._threshold = log.threshold
        log.tell_drops(lambda number: metrics.add("log_fields_dropped", number))
        log.tell_lost(lambda number: metrics.add("log_lines_dropped", number))

    def note(self, event: str, /, *, level: str = "info", **fields: str | float | None) -> None:
        """See `engine.ports.observe.Observer.note`."""
        number = LEVELS.get(level)
        if number is None:
            self._mistake(UnknownMetric("no such level"))
            return
        if number >= self._threshold:
            self._log.write(event, level, fields)

    def count(self, metric: str, /, amount: float = 1, **labels: str) -> None:
        """See `engine.ports.observe.Observer.count`; gauges that go up and down are counted here too."""
        try:
            self._metrics.add(metric, amount, **labels)
        except (UnknownMetric, ValueError) as error:
            self._mistake(error)

    def observe(self, metric: str, /, value: float, **labels: str) -> None:
        """See `engine.ports.observe.Observer.observe`."""
        try:
            self._metrics.observe(metric, value, **labels)
        except UnknownMetric as error:
            self._mistake(error)

    def _mistake(self, error: Exception) -> None:
        if self._strict:
            raise error
        self._metrics.add("observer_errors")
