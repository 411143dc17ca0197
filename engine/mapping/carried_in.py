"""Which OBX carry a document, and which are results: the sorting that decides what is read from a page at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.domain.document import Carried
from engine.hl7v2.er7 import Er7Message, Segment
from engine.hl7v2.escapes import unescape
from engine.mapping.orders_in import Group, Observed

_TEXT_TYPES = frozenset({"TX", "FT"})
_CODED_TYPES = frozenset({"NM", "SN", "CE", "CWE", "CNE"})
_SHORTEST_REPORT_LINES = 3
_SHORTEST_FILE = 64
_LONGEST_WORD = 16
# What the first characters of well-known files look like in base64: PDF, RTF, TIFF (both orders), JPEG, PNG, GIF,
# BMP, ZIP, HTML and XML; then PDF and RTF in hex. Seen in ST, TX and OBX without a type (dcm4chee-arc-light#3463).
_FILE_STARTS = (
    *("JVBERi", "e1xydG", "SUkqA", "TU0AK", "/9j/", "iVBORw0", "R0lGOD", "Qk0", "UEsDB", "PCFET0", "PGh0bW", "PD94bW"),
    *("25504446", "7B5C727466", "7b5c727466"),
)
_BASE64_LINE = re.compile(r"^[A-Za-z0-9+/_=\s\\.-]+$")
_PIECE = re.compile(r"^[A-Za-z0-9+/_-]+={0,2}$")
_DATA_URI = re.compile(r"^\s*data:[^,]{0,200};base64,", re.IGNORECASE)
_PLAIN_FILE = re.compile(r"^\s*(?:\{\\rtf|%PDF-|<!doctype html|<html|<\?xml|<ClinicalDocument)", re.IGNORECASE)
_ENCODINGS = frozenset({"base64", "hex", "a", "b"})
_NUMBER = re.compile(r"^[<>=]{0,2}\s*[+-]?\d+([.,]\d+)?$")


@dataclass(slots=True)
class Sorted:
    """The OBX of one group told apart. `notes` are the NTE that stood behind a document's OBX."""

    carried: list[Carried] = field(default_factory=list)
    observations: list[Observed] = field(default_factory=list)
    notes: list[Segment] = field(default_factory=list)


def documents(message: Er7Message, group: Group, order_index: int) -> Sorted:
    """Take the OBX out of a group that carry a file; everything else stays an observation, in order."""
    found = Sorted()
    previous: Observed | None = None
    for item in group.observations:
        if _is_document(message, item) or (previous is not None and _is_piece(item, previous)):
            carried = _carried(message, item, order_index)
            goes_on = previous is not None and _goes_on(item.obx, previous.obx, carried)
            found.carried.append(replace(carried, continues=goes_on, status=item.obx.value(11)))
            found.notes.extend(item.notes)
            previous = item
        else:
            found.observations.append(item)
            previous = None
    return found


def text_reports(group: Sorted, order_index: int) -> Sorted:
    """Take the reports out of what remains that were sent as lines of text.

    A report is a run of at least three lines under one OBX-3, which may stand in the first line alone; fewer lines are
    a remark and pass on as they are.

    Source: one OBX a line, OBX-3 often only in the first (LinuxForHealth PR#86); `~` and escapes break lines too.
    """
    found = Sorted(carried=group.carried, notes=group.notes)
    for run in _runs(group.observations):
        text = _text_report([item.obx for item in run], order_index)
        if text is None:
            found.observations.extend(run)
        else:
            found.carried.append(text)
            found.notes.extend(note for item in run for note in item.notes)
    return found


def is_result(item: Observed) -> bool:
    """A discrete result: anything that is not a line of text.

    ST is used for both: it is a result when it has a unit, a range, a flag or a LOINC code, or is a number.
    """
    if item.kind in _TEXT_TYPES:
        return False
    if item.kind not in ("ST", ""):
        return True
    obx = item.obx
    told = obx.has(6) or obx.has(7) or obx.has(8) or "LN" in (obx.value(3, 3), obx.value(3, 6))
    return bool(obx.value(3)) and (told or bool(_NUMBER.match(obx.value(5).strip())))


def _is_document(message: Er7Message, item: Observed) -> bool:
    if item.kind in ("ED", "RP"):
        return True
    if item.kind in _CODED_TYPES:
        return False
    raw = item.obx.raw_field(5)
    if len(raw) < _SHORTEST_FILE:
        return False
    if _DATA_URI.match(raw[:256]) or _PLAIN_FILE.match(_plain(message, raw[:64])):
        return True
    parts = _components(message, raw)
    if not item.kind and any(part.lower() == "base64" for part in parts if len(part) < _LONGEST_WORD):
        return True
    data = _longest(parts)
    return _starts_file(data) and bool(_BASE64_LINE.match(data[:4096]))


def _is_piece(item: Observed, previous: Observed) -> bool:
    """A further line of a file that is sent as lines of base64 in text OBX."""
    if previous.kind in ("ED", "RP") or item.kind not in ("", "ST", "TX", "FT"):
        return False
    return _same_name(item.obx, previous.obx) and bool(_PIECE.match(item.obx.raw_field(5)))


def _goes_on(obx: Segment, previous: Segment, carried: Carried) -> bool:
    """Whether the data may be a further piece of the document before: the same OBX-3 and no start of a file."""
    return _same_name(obx, previous) and bool(carried.parts) and not _starts_file(carried.parts[0])


def _same_name(obx: Segment, previous: Segment) -> bool:
    name = obx.raw_field(3)
    return not name or name == previous.raw_field(3)


def _longest(parts: Sequence[str]) -> str:
    return max(parts, key=len, default="")


def _starts_file(part: str) -> bool:
    return part.lstrip().startswith(_FILE_STARTS)


def _components(message: Er7Message, raw: str) -> list[str]:
    separator = message.delimiters.component
    return raw.split(separator) if separator else [raw]


def _carried(message: Er7Message, item: Observed, order_index: int) -> Carried:
    """The data of one OBX with what was said of it, whatever the order of the two."""
    obx = item.obx
    if item.kind == "RP":
        return Carried(
            location=obx.location(5), order_index=order_index, parts=(), declared_type="RP", title=_title(obx)
        )
    if _PLAIN_FILE.match(_plain(message, obx.raw_field(5)[:64])):
        return Carried(
            location=obx.location(5), order_index=order_index, parts=obx.texts(5), is_text=True, title=_title(obx)
        )
    repeats = [_components(message, text) for text in obx.repetitions(5)]
    chosen = [_data(message, parts) for parts in repeats]
    head = repeats[0] if repeats else []
    words = [part for part in head if part and len(part) < _SHORTEST_FILE and part != chosen[0]]
    return Carried(
        location=obx.location(5),
        order_index=order_index,
        parts=tuple(_plain(message, part) for part in chosen if part),
        encoding=next((word for word in reversed(words) if word.lower() in _ENCODINGS), ""),
        declared_type="^".join(words),
        file_name=next((word for word in words[:1] if "." in word), ""),
        title=_title(obx),
    )


def _data(message: Er7Message, parts: Sequence[str]) -> str:
    """The component with the data: what follows the encoding, else the longest (types and names are short)."""
    place = next(
        (at for at, part in enumerate(parts) if len(part) < _LONGEST_WORD and part.lower() in _ENCODINGS), None
    )
    behind = [] if place is None else list(parts[place + 1 :])
    if place is not None and parts[place].lower() == "a":  # plain text with separators nobody escaped
        return message.delimiters.component.join(behind)
    longest = _longest(parts)
    return _longest(behind) or (longest if place is None or len(longest) >= _SHORTEST_FILE else "")


def _title(obx: Segment) -> str:
    return obx.value(3, 2) or obx.value(3)


def _plain(message: Er7Message, part: str) -> str:
    if message.delimiters.escape and message.delimiters.escape in part:
        return unescape(part, message.delimiters, codec=message.codec).text
    return part


def _runs(observations: Sequence[Observed]) -> list[list[Observed]]:
    """Neighbours under one OBX-3; an empty one belongs to the line before it."""
    runs: list[list[Observed]] = []
    for item in observations:
        if runs and _same_name(item.obx, runs[-1][0].obx):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _text_report(lines: Sequence[Segment], order_index: int) -> Carried | None:
    """The joined text of a run of lines, or None when there are too few of them to be a report."""
    parts = [text for obx in lines for text in (obx.texts(5) or ("",))]
    if sum(part.count("\n") + 1 for part in parts) < _SHORTEST_REPORT_LINES:
        return None
    return Carried(
        location=lines[0].location(5),
        order_index=order_index,
        parts=tuple(parts),
        is_text=True,
        declared_type="TX",
        status=lines[0].value(11),
        title=_title(lines[0]),
    )
