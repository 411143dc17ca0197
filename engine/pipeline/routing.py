"""Whether a message is for us, and which channel's rules it follows: decided by its header alone, before the ACK.

Source: HL7 v2 chapter 2, rules for accepting a message (MSH-9, MSH-11, MSH-12), table 0357.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.domain.reasons import Reason, reason
from engine.hl7v2.ack import AckError
from engine.hl7v2.header import Header
from engine.pipeline.ordering import Order, OrderBy, Queueing
from engine.ports.source import AcceptPolicy, Origin

_VERSION_WHEN_EMPTY = "2.3"
_PROCESSING_ID_WHEN_EMPTY = "P"
_OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The channel a message belongs to, what it keeps in order there, and whether it goes first."""

    channel: str
    order_by: OrderBy = OrderBy.PATIENT
    keeps_order: bool = True
    is_urgent: bool = False


_USUAL = Queueing()


def route(origin: Origin, plan: Mapping[str, Queueing]) -> Route:
    """The channel of the source that heard the message; a channel without an entry orders by patient."""
    queueing = plan.get(origin.channel, _USUAL)
    return Route(
        channel=origin.channel,
        order_by=queueing.order_by,
        keeps_order=queueing.order is not Order.NONE,
        is_urgent=origin.source in queueing.stat_sources,
    )


@dataclass(frozen=True, slots=True)
class HeaderWords:
    """What is asked of a header more than once, read once: blanks trimmed, ASCII with escapes for the rest."""

    type_event: str = ""
    processing_id: str = ""
    version: str = ""

    @classmethod
    def of(cls, header: Header) -> HeaderWords:
        """Read MSH-9, MSH-11 and MSH-12."""
        return cls(header.type_event, _word(header.processing_id), _word(header.version))


def not_for_us(header: Header, words: HeaderWords, policy: AcceptPolicy) -> AckError | None:
    """Why the header alone is reason enough to refuse (AR or CR), or None.

    MSH-9 gives 200, or 201 when other events of the type are taken here; MSH-11 gives 202, MSH-12 203; a foreign
    receiving application (MSH-5) is a value that is not in our table, 103.
    """
    if not is_accepted_type(words.type_event, policy):
        code = words.type_event.partition("^")[0]
        known = any(entry.partition("^")[0] == code for entry in policy.types)
        return _error("201" if known else "200", 9, component=2 if known else 1)
    if (words.processing_id or _PROCESSING_ID_WHEN_EMPTY) not in policy.processing_ids:
        return _error("202", 11)
    if (words.version or _VERSION_WHEN_EMPTY) not in policy.versions:
        return _error("203", 12)
    allowed = policy.receiving_applications
    if allowed and _word(header.component(5, 1)) not in allowed:
        return _error("103", 5)
    return None


def is_accepted_type(type_event: str, policy: AcceptPolicy) -> bool:
    """Whether the policy lists `ORU^R01` itself or every event of its type (`ORU^*`)."""
    if type_event in policy.types:
        return True
    code, found, _ = type_event.partition("^")
    return bool(found) and f"{code}^*" in policy.types


def type_label(type_event: str, policy: AcceptPolicy) -> str:
    """The message type for a metric or a log line: an entry of the list, else `other`; peers invent no labels."""
    if type_event in policy.types:
        return type_event
    return f"{type_event.partition('^')[0]}^*" if is_accepted_type(type_event, policy) else _OTHER


def header_reasons(words: HeaderWords) -> tuple[Reason, ...]:
    """What was read into an incomplete header."""
    if words.version and words.processing_id:
        return ()
    found = []
    if not words.version:
        found.append(reason("version.missing", field="MSH-12"))
    if not words.processing_id:
        found.append(reason("processing_id.missing", field="MSH-11"))
    return tuple(found)


def _word(raw: bytes) -> str:
    return raw.strip().decode("ascii", "backslashreplace")


def _error(code: str, field: int, component: int = 0) -> AckError:
    return AckError(code=code, segment="MSH", occurrence=1, field=field, component=component)
