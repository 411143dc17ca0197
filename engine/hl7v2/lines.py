"""Where the segments of a message begin and end, also where senders break lines as they please.

Source: HL7 v2 chapter 2.5 (a segment ends with CR); what is done with LF, CR LF and stray lines is the house rule for
what senders do to segment ends, with its tests in tests/unit/hl7v2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_LINE_ENDS = re.compile(r"[\r\n]+")
# Names that are surely segments: taken in lower case too, and without a separator behind them; any other word alone
# on a line ("CRP" in a broken text) is content.
_KNOWN = (
    "PID|PD1|NK1|PV1|PV2|EVN|MRG|ORC|OBR|OBX|NTE|TXA|SPM|SAC|TQ1|TQ2|MSA|ERR|SFT|UAC|AL1|DG1|GT1|IN1|IN2|IN3|PR1|ROL"
    "|PRT|ARV|FT1|CTI|CTD|CON|ACC|BLG|QRD|QRF|QPD|QAK|RCP|DSP|DSC|ADD"
)


@lru_cache(maxsize=64)
def _beginnings(separator: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What surely begins a segment, and what likely does."""
    mark = re.escape(separator)
    named = rf"(?:[A-Z][A-Z0-9]{{2}}|(?i:{_KNOWN})){mark}"
    return re.compile(named), re.compile(rf"{named}|(?:Z[A-Z0-9]{{2}}|{_KNOWN})(?:[\r\n]|\Z)")


def spans(text: str, separator: str) -> Iterator[tuple[int, int, bool]]:
    """Where the segments are, and whether a line that is none was joined to them.

    A segment begins after a line end when an id and a separator follow; a known id alone counts after CR (or after LF
    when the message has no CR). A line that is none of that belongs to the field before it, line end included. Empty
    lines between segments are nothing. Upper case is the rule; known ids are taken in lower case too.
    """
    certain, likely = _beginnings(separator)
    has_cr = "\r" in text
    start, joined = 0, False
    for at, behind in _line_ends(text):
        if behind == len(text):
            yield start, at, joined
            return
        begins = certain if has_cr and "\r" not in text[at:behind] else likely
        if begins.match(text, behind):
            yield start, at, joined
            start, joined = behind, False
        else:
            joined = True
    yield start, len(text), joined


def _line_ends(text: str) -> Iterator[tuple[int, int]]:
    """Runs of CR and LF as spans; the search for single CRs is several times faster than the pattern."""
    if "\n" in text:
        yield from (found.span() for found in _LINE_ENDS.finditer(text))
        return
    at = text.find("\r")
    while at >= 0:
        behind = at + 1
        if text.startswith("\r", behind):
            run = _LINE_ENDS.match(text, behind)
            behind = run.end() if run else behind
        yield at, behind
        at = text.find("\r", behind)
