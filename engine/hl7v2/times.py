"""HL7 dates and times with the precision they were sent in: never widened, never guessed.

Source: HL7 v2 chapter 2A, DT, TM, DTM, TS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from enum import IntEnum

from engine.hl7v2.errors import LocalProtocolError, TimeError

_DTM = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.(?P<fraction>\d{1,4}))?)?)?)?)?)?(?P<offset>[+-]\d{4})?",
    re.ASCII,
)
_PARTS = ("month", "day", "hour", "minute", "second")


class Precision(IntEnum):
    """How much of a time was sent; ordered."""

    YEAR = 4
    MONTH = 6
    DAY = 8
    HOUR = 10
    MINUTE = 12
    SECOND = 14
    FRACTION = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7Time:
    """A point or a span in time, as precise as it was sent.

    Attributes:
        year: 1 to 9999.
        month: 1 to 12, None when not sent; so on down to `second`.
        day: day of the month.
        hour: 0 to 23.
        minute: 0 to 59.
        second: 0 to 59.
        fraction: the digits behind the point, as sent.
        offset_minutes: east of UTC; None when not sent.
    """

    year: int
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    fraction: str = ""
    offset_minutes: int | None = None

    @classmethod
    def parse(cls, text: str) -> Hl7Time:
        """Read DT, DTM or TS (`YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`).

        Raises:
            TimeError: anything else, junk behind it, or a date that does not exist. The text is not quoted.
        """
        found = _DTM.fullmatch(text)
        if found is None:
            raise TimeError(f"{len(text)} characters that are no HL7 date or time", error_code="102")
        numbers = {name: int(found[name]) if found[name] else None for name in _PARTS}
        offset = _offset(found["offset"])
        made = cls(year=int(found["year"]), **numbers, fraction=found["fraction"] or "", offset_minutes=offset)
        try:
            made.floor()
        except ValueError:
            raise TimeError("a date or time that does not exist", error_code="102") from None
        return made

    @property
    def precision(self) -> Precision:
        """The smallest part that was sent."""
        if self.fraction:
            return Precision.FRACTION
        sent = sum(getattr(self, name) is not None for name in _PARTS)
        return list(Precision)[sent]

    def date(self) -> date | None:
        """The day, None when the precision is coarser."""
        return None if self.month is None or self.day is None else date(self.year, self.month, self.day)

    def floor(self, zone: tzinfo | None = None) -> datetime:
        """The first instant of the span; `zone` stands in when no offset was sent (None: naive)."""
        own = zone if self.offset_minutes is None else timezone(timedelta(minutes=self.offset_minutes))
        micro = int(f"{self.fraction:0<6}") if self.fraction else 0
        return datetime(
            self.year,
            self.month or 1,
            self.day or 1,
            self.hour or 0,
            self.minute or 0,
            self.second or 0,
            micro,
            tzinfo=own,
        )

    def __str__(self) -> str:
        parts = (getattr(self, name) for name in _PARTS)
        digits = f"{self.year:04}" + "".join(f"{part:02}" for part in parts if part is not None)
        fraction = f".{self.fraction}" if self.fraction else ""
        return digits + fraction + _offset_text(self.offset_minutes)


def _offset(text: str | None) -> int | None:
    if text is None:
        return None
    hours, minutes = int(text[1:3]), int(text[3:5])
    if hours > 14 or minutes > 59:
        raise TimeError("an offset from UTC that does not exist", error_code="102")
    return (-1 if text[0] == "-" else 1) * (hours * 60 + minutes)


def _offset_text(minutes: int | None) -> str:
    if minutes is None:
        return ""
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def format_time(moment: datetime, precision: Precision = Precision.SECOND) -> str:
    """Write a moment; from hours on with its offset when it is aware.

    Raises:
        LocalProtocolError: an offset that is no whole number of minutes.
    """
    digits = f"{moment.year:04}{moment.month:02}{moment.day:02}{moment.hour:02}{moment.minute:02}{moment.second:02}"
    text = digits[: min(precision, Precision.SECOND)]
    if precision is Precision.FRACTION:
        text += f".{moment.microsecond // 1000:03}"
    offset = moment.utcoffset()
    if offset is None or precision < Precision.HOUR:
        return text
    if offset.total_seconds() % 60:
        raise LocalProtocolError("an offset with seconds cannot be written")
    return text + _offset_text(int(offset.total_seconds()) // 60)
