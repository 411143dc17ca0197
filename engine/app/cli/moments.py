"""Times as people type them: how long ago, a date, or a time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_AGO = re.compile(r"([0-9]{1,5})(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def absolute(text: str, now: datetime) -> str:
    """`2h` or `3d` before `now` as ISO 8601; everything else as it is, for the API to judge."""
    found = _AGO.fullmatch(text.strip())
    if found is None:
        return text.strip()
    return (now - timedelta(**{_UNITS[found[2]]: int(found[1])})).isoformat(timespec="seconds")
