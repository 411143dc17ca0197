"""How numbers, times and states read on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

_KINDS: Mapping[str, str] = {
    "delivered": "good",
    "sent": "good",
    "duplicate": "quiet",
    "filtered": "quiet",
    "withdrawn": "quiet",
    "skipped": "quiet",
    "received": "busy",
    "processing": "busy",
    "queued": "busy",
    "sending": "busy",
    "review": "look",
    "open": "look",
    "paused": "look",
    "parked": "bad",
}
_CONTROLS = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: chr(0x2421)}
_DIRECTIONS = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\N{REPLACEMENT CHARACTER}")
_VISIBLE = _CONTROLS | _DIRECTIONS


def number(value: int) -> str:
    """Thousands apart by a narrow space."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def size(octets: int) -> str:
    """Bytes in the unit that reads best."""
    if octets < 1024:
        return f"{octets} B"
    value = octets / 1024
    return f"{value:.1f} KiB" if value < 1024 else f"{value / 1024:.1f} MiB"


def percent(share: float) -> str:
    """A confidence, never rounded up to certainty: 0.999 is 99 %."""
    return f"{int(share * 100)}\N{NARROW NO-BREAK SPACE}%"


def age(seconds: float) -> str:
    """How long ago, in the one unit that matters."""
    if seconds < 0:
        return "0 s"
    for unit, length, until in (("s", 1, 90), ("min", 60, 5400), ("h", 3600, 172_800)):
        if seconds < until:
            return f"{int(seconds // length)}\N{NARROW NO-BREAK SPACE}{unit}"
    return f"{int(seconds // 86_400)}\N{NARROW NO-BREAK SPACE}d"


def local_time(at: datetime, now: datetime) -> str:
    """A time in the offset of `now`; today's without the date."""
    local = at.astimezone(now.tzinfo)
    return local.strftime("%H:%M:%S" if local.date() == now.date() else "%Y-%m-%d %H:%M")


def state_kind(state: str) -> str:
    """What a state asks of the reader: good, quiet, busy, look, bad."""
    return _KINDS.get(state, "quiet")


def visible(text: str) -> str:
    """Control characters as their pictures; characters that turn the reading direction as replacement marks."""
    return text.translate(_VISIBLE)
