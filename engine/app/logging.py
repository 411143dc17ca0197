"""The log: JSON lines on stderr made of known keys with values of a known form, and nothing else.

A log is read by people who must not read patient records. So nothing here tries to find patients in text; instead each
key says what its values look like, and a value of any other form is cut, a key that is not listed is dropped. Text of
foreign libraries never gets through: their messages quote their input.
"""

from __future__ import annotations

import atexit
import json
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from math import isfinite
from pathlib import Path, PurePath
from queue import Empty, SimpleQueue
from types import MappingProxyType, TracebackType
from typing import BinaryIO, Protocol

import structlog
from structlog.typing import EventDict, WrappedLogger

from engine.app.clock import SystemClock

LEVELS: Mapping[str, int] = MappingProxyType({"debug": 10, "info": 20, "warning": 30, "error": 40})
CUT = "[cut]"
LINES_MAX = 10_000
LINES_AT_ONCE = 500
CLOSE_SECONDS = 5.0
GATHER_SECONDS = 0.005
"""Lines of this time are written together: waking the writer for each would cost the event loop more than the line."""

_ENCODER = json.JSONEncoder(check_circular=False)
_EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_CHANNEL = re.compile(r"[a-z0-9-]{1,40}")
_WORD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_CODE = re.compile(r"[A-Z]{2}|[0-9]{1,4}|[a-z][a-z0-9_.-]{0,63}")
_ID = re.compile(r"(?=.*[0-9])[0-9A-Za-z_.:/-]{1,120}")
_CONTROL_ID = re.compile(r"[\x20-\x7e]{1,50}")
_MESSAGE_TYPE = re.compile(r"[A-Z][A-Z0-9]{2}(\^[A-Z][A-Z0-9]{2}(\^[A-Z0-9_]{3,7})?)?")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,80}")
_ADDRESS = re.compile(r"(?=.*[0-9:])(https?://)?[0-9A-Za-z.:\[\]_-]{1,120}/?")
_PLACE = re.compile(r"[A-Za-z0-9_/.-]{1,100}\.py:[0-9]{1,6}")
_HL7_PLACE = re.compile(r"[A-Z][A-Z0-9]{2}(\[[0-9]{1,5}\])?(-[0-9]{1,3}(\.[0-9]{1,3}){0,2})?")
_LOGGER = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,80}")
_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_ERROR = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,80})( at [a-z_][a-z0-9_.]{0,100}:[0-9]{1,6})?")
_NOTHING = re.compile(r"(?!)")

_FORMS: Mapping[re.Pattern[str], tuple[str, ...]] = {
    _CHANNEL: ("channel",),
    _NAME: ("stage", "source", "destination", "directory", "extractor", "plugin", "component", "node"),
    _WORD: ("outcome", "state", "decision", "result", "mode", "kind", "action", "reason", "carrier", "engine", "check"),
    _CODE: ("code", "error_code", "signal"),
    _ID: ("message_id", "review_id", "delivery_id", "batch_id", "duplicate_of", "version", "worker"),
    _CONTROL_ID: ("control_id",),
    _MESSAGE_TYPE: ("message_type",),
    _MEDIA_TYPE: ("media_type",),
    _ADDRESS: ("peer", "listen", "address", "url"),
    _PLACE: ("at",),
    _HL7_PLACE: ("field",),
    _LOGGER: ("logger",),
    _DIGEST: ("sha256", "ordering_key"),
    _NOTHING: (
        *(
            "duration_ms",
            "retry_in_ms",
            "wait_ms",
            "seconds",
            "bytes",
            "size",
            "free_bytes",
            "limit",
            "status",
            "pages",
        ),
        *("attempt", "attempts", "count", "items", "lines", "connections", "queued", "parked", "segments", "frames"),
        *("pid", "port", "epoch", "run_id", "sequence", "line", "column", "score", "confidence", "dropped", "workers"),
    ),
}
ALLOWED: Mapping[str, re.Pattern[str]] = MappingProxyType({key: form for form, keys in _FORMS.items() for key in keys})
"""Each key that may be logged and the form of its texts; those of `_NOTHING` take numbers only."""
_MATCHERS = {key: form.fullmatch for key, form in ALLOWED.items()}


class SafeText(str):
    """Text that an error class of the engine vouches for; made by `error_fields` only."""

    __slots__ = ()


class Sink(Protocol):
    """Takes finished lines."""

    def write(self, line: bytes) -> None:
        """One line with its line end; must not block."""

    def tell_lost(self, listener: Callable[[int], None]) -> None:
        """Tell `listener` from now on how many lines were lost; it may be called from another thread."""

    def close(self) -> None:
        """Write what waits; later lines are lost."""


class EventLog:
    """Events as lines.

    Args:
        sink: takes the lines.
        level: the least level that is written.
        pretty: for a person's terminal instead of JSON.
        now: the time for the lines.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        level: str = "info",
        pretty: bool = False,
        now: Callable[[], datetime] = SystemClock.utc,
    ) -> None:
        self.threshold = LEVELS[level]
        self._now = now
        self._errors = _ErrorNames()
        self._on_dropped: Callable[[int], None] | None = None
        self._sink = sink
        renderer = structlog.dev.ConsoleRenderer(colors=True, sort_keys=False) if pretty else _render_json
        self._logger = structlog.wrap_logger(
            _Lines(sink),
            processors=[self._stamp, renderer],
            wrapper_class=structlog.make_filtering_bound_logger(self.threshold),
            context_class=dict,
        ).bind()
        self._writers = {name: getattr(self._logger, name) for name in LEVELS}

    def write(self, event: str, level: str, fields: Mapping[str, object]) -> None:
        """Write one event with those of its fields that may be seen."""
        kept, dropped = _allowed(fields, self._errors)
        if not _EVENT.fullmatch(event):
            event, dropped = "event.misnamed", dropped + 1
        if dropped and self._on_dropped is not None:
            self._on_dropped(dropped)
        self._writers[level](event, **kept)

    def tell_drops(self, listener: Callable[[int], None]) -> None:
        """Tell `listener` from now on how many fields of each event were dropped or cut."""
        self._on_dropped = listener

    def tell_lost(self, listener: Callable[[int], None]) -> None:
        """Tell `listener` from now on how many lines were lost."""
        self._sink.tell_lost(listener)

    def close(self) -> None:
        """Write what waits; later events are lost."""
        self._sink.close()

    def _stamp(self, _logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        at = self._now().isoformat(timespec="milliseconds")
        return {"timestamp": at, "level": _name, "event": event.pop("event"), **event}


def configure(level: str = "info") -> EventLog:
    """The log of a running engine: to stderr, readable on a terminal, with all foreign output turned into events.

    Stays in force until the process ends, when what waits is written.
    """
    log = EventLog(LineWriter(sys.stderr.buffer), level=level, pretty=sys.stderr.isatty())
    stack = ExitStack()
    stack.enter_context(capture_foreign(log))
    stack.callback(log.close)
    atexit.register(stack.close)
    return log


def _render_json(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    return _ENCODER.encode(event)


def _allowed(fields: Mapping[str, object], errors: _ErrorNames) -> tuple[dict[str, object], int]:
    """The fields that may be written, cut where their form is wrong, and how many were dropped or cut."""
    kept: dict[str, object] = {}
    dropped = 0
    for key, value in fields.items():
        matches = _MATCHERS.get(key)
        kind = type(value)
        if matches is not None and (matches(value) if isinstance(value, str) else kind is int):
            kept[key] = value
        elif value is None or value == "":
            continue
        elif matches is None and not (key == "error" or (key == "detail" and kind is SafeText)):
            dropped += 1
        elif _is_odd_but_fine(key, value, errors):
            kept[key] = value
        else:
            kept[key] = CUT
            dropped += 1
    return kept, dropped


def _is_odd_but_fine(key: str, value: object, errors: _ErrorNames) -> bool:
    """Finite floats, booleans, kinds of str (enums), error names, and safe text."""
    if isinstance(value, (int, float)):
        return isfinite(value)
    if key == "error":
        found = _ERROR.fullmatch(value) if isinstance(value, str) else None
        return found is not None and found[1] in errors
    if key == "detail":
        return type(value) is SafeText
    return isinstance(value, str) and ALLOWED[key].fullmatch(value) is not None


class _ErrorNames:
    """The names of exception classes loaded in this process: no other word passes as an error."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def __contains__(self, value: object) -> bool:
        if value not in self._names:
            self._names = _all_error_names()
        return value in self._names


def _all_error_names() -> set[str]:
    names: set[str] = set()
    waiting: list[type[BaseException]] = [BaseException]
    while waiting:
        kinds = [kind for kind in type.__subclasses__(waiting.pop()) if kind.__name__ not in names]
        names.update(kind.__name__ for kind in kinds)
        waiting.extend(kinds)
    return names


class _Lines:
    """What structlog writes to."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def msg(self, line: str) -> None:
        """One rendered event."""
        self._sink.write(line.encode("utf-8", "backslashreplace") + b"\n")

    debug = info = warning = error = msg


class LineWriter:
    """A sink that writes from a thread of its own: a reader of stderr that stalls must not stall the engine.

    Args:
        stream: unbuffered or buffered, flushed after each batch.
        lines_max: lines that may wait; further ones are lost and counted.
    """

    def __init__(self, stream: BinaryIO, *, lines_max: int = LINES_MAX) -> None:
        self._stream = stream
        self._lines_max = lines_max
        self._on_lost: Callable[[int], None] | None = None
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def write(self, line: bytes) -> None:
        """Hand a line over, or lose it when too many wait."""
        if self._queue.qsize() < self._lines_max:
            self._queue.put(line)
        elif self._on_lost is not None:
            self._on_lost(1)

    def tell_lost(self, listener: Callable[[int], None]) -> None:
        """See `Sink.tell_lost`."""
        self._on_lost = listener

    def close(self) -> None:
        """Write what waits, for five seconds at most; lines that come later are not written."""
        self._queue.put(None)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            lines, is_last = batch
            try:
                self._stream.write(b"".join(lines))
                self._stream.flush()
            except (OSError, ValueError):
                if self._on_lost is not None:
                    self._on_lost(len(lines))
            if is_last:
                return

    def _next_batch(self) -> tuple[list[bytes], bool]:
        """Wait for one line, take those that are there too; True with the last batch."""
        lines: list[bytes] = []
        line = self._queue.get()
        if line is not None:
            time.sleep(GATHER_SECONDS)
        while line is not None:
            lines.append(line)
            if len(lines) >= LINES_AT_ONCE:
                return lines, False
            try:
                line = self._queue.get_nowait()
            except Empty:
                return lines, False
        return lines, True


def error_fields(error: BaseException) -> dict[str, str]:
    """Fields for a note on an exception: its class, the place in our code, and its words if its class is `log_safe`.

    Only classes of the engine can vouch for their words (class attribute `log_safe = True`): they promise to name
    places, kinds and lengths. Of a group the first leaf is described.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    fields = {"error": type(error).__name__, "at": _place(error.__traceback__)}
    if type(error).__module__.startswith("engine.") and getattr(type(error), "log_safe", False) is True:
        fields["detail"] = SafeText(" ".join(str(error).split())[:200])
    return fields


def _place(trace: TracebackType | None) -> str:
    """`engine/room/file.py:line` of the innermost frame in our code; else the innermost file at all."""
    home = Path(__file__).parents[1]
    frames = [(PurePath(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(trace)]
    if not frames:
        return "unknown.py:0"
    for path, line in reversed(frames):
        if path.is_relative_to(home):
            return f"engine/{path.relative_to(home).as_posix()}:{line}"
    path, line = frames[-1]
    return f"{path.name}:{line}"


class _ForeignHandler(logging.Handler):
    """Turns records of other libraries into events without their text."""

    def __init__(self, log: EventLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warning"
        fields: dict[str, object] = {"logger": record.name, "at": f"{record.module}.py:{record.lineno}"}
        if record.exc_info and record.exc_info[1] is not None:
            fields |= error_fields(record.exc_info[1])
        self._log.write("foreign.log", level, fields)


@contextmanager
def capture_foreign(log: EventLog) -> Iterator[None]:
    """While open, everything that other code would print to stderr becomes an event without its text.

    Covers the standard library's loggers at WARNING and above, Python warnings, and what the interpreter prints of
    uncaught errors. Everything is put back on leaving.
    """
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook, sys.unraisablehook
    root.handlers[:] = [_ForeignHandler(log)]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)  # noqa: FBT003 - the standard library's own signature
    sys.excepthook = lambda _kind, error, _trace: log.write("engine.crashed", "error", error_fields(error))
    threading.excepthook = lambda args: _on_uncaught(log, "thread.crashed", args.exc_value)
    sys.unraisablehook = lambda args: _on_uncaught(log, "engine.unraisable", args.exc_value)
    try:
        yield
    finally:
        logging.captureWarnings(False)  # noqa: FBT003
        root.handlers[:], level, sys.excepthook, threading.excepthook, sys.unraisablehook = before
        root.setLevel(level)


def _on_uncaught(log: EventLog, event: str, error: BaseException | None) -> None:
    log.write(event, "error", {} if error is None else error_fields(error))
