"""Versions of a result set: what an order's message brings, told apart result by result, and which of two is newer.

A result's identity is the order's key, OBX-3 and OBX-4. A lab sends an order again and again as it goes from
preliminary to final to corrected; messages may arrive late or twice. Whichever is newer by the lab's own clock wins.

Source: HL7 v2.5.1 OBX-3, OBX-4, OBX-11 (table 0085), OBR-22, OBR-25 (table 0123).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cmp_to_key
from types import MappingProxyType

_TIME = re.compile(r"(\d{4,14})(?:\.\d+)?([+-]\d{4})?")
_FORMATS = MappingProxyType({14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 10: "%Y%m%d%H", 8: "%Y%m%d"})
_FINAL = 2
_RANKS = MappingProxyType({"O": 0, "I": 0, "S": 0, "A": 1, "P": 1, "R": 1, "M": 1, "N": 1, "F": 2, "C": 3, "X": 3})
WITHDRAWN = frozenset({"D", "W"})
"""OBX-11: deleted, and posted as wrong (for instance to the wrong patient)."""
CANCELLED = "X"
"""OBX-11 and OBR-25: cannot be had, cancelled."""
TAKEN_BACK = frozenset({*WITHDRAWN, CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SentResult:
    """One result as it leaves: OBX-3 (its first triplet) and OBX-4, a digest of what it says, OBX-11.

    Attributes:
        code: OBX-3, first three components in standard separators.
        sub_id: OBX-4.
        said: digest of value, unit and status; equal for equal statements.
        status: OBX-11.
        is_read: read from a document, not sent as a discrete result.
    """

    code: str
    sub_id: str = ""
    said: str = ""
    status: str = ""
    is_read: bool = False

    @property
    def identity(self) -> tuple[str, str]:
        """What stays the same when the result is corrected: the code without its words, and OBX-4."""
        code, _, rest = self.code.partition("^")
        return (code or rest.partition("^")[0]), self.sub_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderVersion:
    """One version of one order, as one message brought it.

    Attributes:
        key: digest of the order's identity with its patient; all versions share it.
        number: place in the order's history in order of arrival, from 0; not its age.
        order_index: the order's place in the message.
        placer: OBR-2 as it leaves, `filler` OBR-3.
        reported_at: OBR-22 as sent (or as the page says); `message_time` MSH-7.
        status: OBR-25.
        results: what it says.
        patient: digest of the certain patient, or empty.
        specimen: digest of order number and collection date without the patient, or empty when either is missing.
    """

    key: str
    number: int = 0
    order_index: int = 0
    placer: str = ""
    filler: str = ""
    reported_at: str = ""
    message_time: str = ""
    status: str = ""
    results: tuple[SentResult, ...] = ()
    patient: str = ""
    specimen: str = ""

    @property
    def identities(self) -> frozenset[tuple[str, str]]:
        """The results it is about."""
        return frozenset(item.identity for item in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """A result of an earlier version to be taken back: the OBX that does it, in the order it belongs to.

    Attributes:
        status: OBX-11: `D`, `W` or `X`.
    """

    order_index: int
    code: str
    sub_id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """A message that a newer one says again, all or some of it.

    Attributes:
        message_id: of the older one.
        is_whole: the newer message says everything the older one has to say, order by order.
    """

    message_id: str
    is_whole: bool = False


def digest(*parts: str) -> str:
    """32 hex digits over parts."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()[:32]


def compare(one: OrderVersion, other: OrderVersion) -> int:
    """Above 0 when `one` is newer, below when it is older, 0 when nothing tells.

    By OBR-22, then MSH-7, then the status P < F < C; a time that one of them lacks decides nothing.
    """
    for left, right in ((one.reported_at, other.reported_at), (one.message_time, other.message_time)):
        order = compare_times(left, right)
        if order:
            return order
    mine, theirs = _rank(one.status), _rank(other.status)
    return (mine > theirs) - (mine < theirs)


def is_dated(one: OrderVersion, other: OrderVersion) -> bool:
    """Whether the reported times alone (OBR-22) tell which one is newer."""
    return compare_times(one.reported_at, other.reported_at) != 0


def compare_times(left: str, right: str) -> int:
    """Two HL7 or ISO times: above 0 when the left one is later; as far as both are written down.

    Offsets count when both have one. `20260302` and `202603021015` do not contradict one another: 0.
    """
    first, second = _parsed(left), _parsed(right)
    if first is None or second is None:
        return 0
    (digits, offset), (others, its_offset) = first, second
    length = min(len(digits), len(others))
    if offset and its_offset and offset != its_offset and length >= min(_FORMATS):
        one, two = _moment(digits, offset, length), _moment(others, its_offset, length)
        return 0 if one is None or two is None else (one > two) - (one < two)
    return (digits[:length] > others[:length]) - (digits[:length] < others[:length])


def _parsed(text: str) -> tuple[str, str] | None:
    """Digits and offset of an HL7 time, or of an ISO one."""
    head, tail = text[:10], text[10:]
    bare = (head.replace("-", "") if head[4:5] == "-" else head) + tail.replace("T", "").replace(":", "")
    found = _TIME.fullmatch(bare.removesuffix("Z") + ("+0000" if bare.endswith("Z") else ""))
    return (found[1], found[2] or "") if found else None


def _moment(digits: str, offset: str, length: int) -> datetime | None:
    sign = -1 if offset[0] == "-" else 1
    shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
    form = max(size for size in _FORMATS if size <= length)
    try:
        zone = timezone(sign * shift)
        return datetime.strptime(digits[:form], _FORMATS[form]).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _rank(status: str) -> int:
    return _RANKS.get(status.strip().upper(), _FINAL)


def latest_status(said: str, printed: str) -> str:
    """The status (OBR-25) that is further on, of the message's and the page's; the message's when both are empty."""
    if not said or not printed:
        return said or printed
    return printed if _rank(printed) > _rank(said) else said


def newest(versions: Iterable[OrderVersion]) -> OrderVersion | None:
    """The newest; of those that nothing tells apart, the one that arrived last."""
    best: OrderVersion | None = None
    for item in sorted(versions, key=lambda version: version.number):
        if best is None or compare(item, best) >= 0:
            best = item
    return best


def overwrites(older: OrderVersion, newer: OrderVersion) -> bool:
    """Whether the older one would undo something of the newer: a result of both, or one that has no results at all.

    A part of the order that the newer one does not speak of (the next test of a panel) undoes nothing.
    """
    if not older.results or not newer.results:
        return True
    return bool(older.identities & newer.identities)


def covers(newer: Iterable[OrderVersion], older: Iterable[OrderVersion]) -> bool:
    """Whether everything that the orders of an older message say is said by a newer one's, result by result."""
    said = {item.key: item.identities for item in newer}
    return all(item.key in said and item.identities <= said[item.key] for item in older)


def contradicts(one: OrderVersion, other: OrderVersion) -> bool:
    """Whether two versions say different things of one result."""
    said: dict[tuple[str, str], set[str]] = {}
    for item in other.results:
        said.setdefault(item.identity, set()).add(item.said)
    mine: dict[tuple[str, str], set[str]] = {}
    for item in one.results:
        mine.setdefault(item.identity, set()).add(item.said)
    return any(said[identity] != words for identity, words in mine.items() if identity in said)


def standing(earlier: Iterable[OrderVersion]) -> tuple[SentResult, ...]:
    """What earlier versions said and no later one of them took back, each result as it was said last."""
    found: dict[tuple[str, str], SentResult] = {}
    for version in sorted(earlier, key=cmp_to_key(_by_age)):
        for item in version.results:
            found.pop(item.identity, None)
            if item.status not in TAKEN_BACK:
                found[item.identity] = item
    return tuple(found.values())


def _by_age(one: OrderVersion, other: OrderVersion) -> int:
    return compare(one, other) or one.number - other.number


def withdrawals(version: OrderVersion, before: Collection[SentResult]) -> frozenset[str]:
    """The statuses by which a version takes results back: `D` and `W` always, `X` where a value stood before."""
    found = {item.status for item in version.results} & WITHDRAWN
    had = {item.identity for item in before}
    if any(item.status == CANCELLED and item.identity in had for item in version.results):
        found |= {CANCELLED}
    return frozenset(found)
