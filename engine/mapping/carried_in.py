"""Which OBX carry a document, and which are results: the sorting that decides what is read from a page at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.domain.document import Carried
from engine.hl7v2.er7 import Er7Message, Segment
from engine.hl7v2.escapes import unescape
from engine.mapping.orders_in import Group, value_type

TEXT_TYPES = frozenset({"TX", "FT"})
_SHORTEST_REPORT_LINES = 3
# What the first characters of well-known files look like in base64: PDF, RTF, TIFF (both orders), JPEG, PNG, GIF,
# BMP, ZIP, HTML and XML. Seen in ST, TX and OBX without a type (dcm4chee-arc-light#3463 and others).
_FILE_STARTS = (
    "JVBERi",
    "e1xydG",
    "SUkqA",
    "TU0AK",
    "/9j/",
    "iVBORw0",
    "R0lGOD",
    "Qk0",
    "UEsDB",
    "PCFET0",
    "PGh0bW",
    "PD94bW",
)
_BASE64_LINE = re.compile(r"^[A-Za-z0-9+/_=\s\\.-]{64,}$")
_ENCODINGS = frozenset({"base64", "hex", "a", "b"})


def sort(
    message: Er7Message, group: Group, order_index: int
) -> tuple[list[Carried], list[tuple[Segment, list[Segment]]]]:
    """Split a group's OBX into carried documents and the discrete observations that remain.

    Text lines become a document only when they are a report: at least three lines and no discrete result beside them.
    """
    carried: list[Carried] = []
    rest: list[tuple[Segment, list[Segment]]] = []
    previous: Segment | None = None
    for obx, notes in group.observations:
        if _is_document(obx):
            _add_document(message, carried, obx, order_index, previous)
            previous = obx
        else:
            rest.append((obx, notes))
            previous = None
    report_lines = [] if any(_is_result(obx) for obx, _ in rest) else [obx for obx, _ in rest]
    text = _text_report(report_lines, order_index)
    if text is not None:
        return [*carried, text], [(obx, notes) for obx, notes in rest if obx not in report_lines]
    return carried, rest


def _is_document(obx: Segment) -> bool:
    kind = value_type(obx)
    if kind in ("ED", "RP"):
        return True
    if kind in ("NM", "SN", "CE", "CWE", "CNE"):
        return False
    raw = obx.raw_field(5)
    if len(raw) < 64:
        return False
    if kind == "" and re.search(r"\^base64\^", raw[:200], re.IGNORECASE):
        return True
    return _starts_file(_longest(raw.split("^"))) and bool(_BASE64_LINE.match(_longest(raw.split("^"))[:4096]))


def _is_result(obx: Segment) -> bool:
    """A discrete result: anything that is not a line of text."""
    kind = value_type(obx)
    if kind in TEXT_TYPES:
        return False
    if kind == "ST" or not kind:
        return bool(obx.value(3)) and bool(obx.has(6) or obx.has(7) or obx.has(8))
    return True


def _longest(parts: Sequence[str]) -> str:
    return max(parts, key=len, default="")


def _starts_file(part: str) -> bool:
    return part.lstrip().startswith(_FILE_STARTS)


def _add_document(
    message: Er7Message, carried: list[Carried], obx: Segment, order_index: int, previous: Segment | None
) -> None:
    """Begin a document, or continue the one before: one file split over several OBX of the same OBX-3."""
    new = _carried(message, obx, order_index)
    if (
        previous is not None
        and carried
        and obx.raw_field(3) == previous.raw_field(3)
        and new.parts
        and carried[-1].parts
        and not _starts_file(new.parts[0])
        and _starts_file(carried[-1].parts[0])
    ):
        last = carried.pop()
        carried.append(
            Carried(
                location=last.location,
                order_index=order_index,
                parts=last.parts + new.parts,
                encoding=last.encoding,
                declared_type=last.declared_type,
                file_name=last.file_name,
                title=last.title,
            )
        )
        return
    carried.append(new)


def _carried(message: Er7Message, obx: Segment, order_index: int) -> Carried:
    """The data of one ED (or bare) OBX: in each repetition the longest component, whatever its place."""
    delimiters = message.delimiters
    pieces = [item.split(delimiters.component) if delimiters.component else [item] for item in obx.repetitions(5)]
    head = pieces[0] if pieces else []
    pointer = value_type(obx) == "RP"
    chosen = [_longest(item) for item in pieces]
    words = [part for part in head if part and part is not (chosen[0] if chosen else None) and len(part) < 64]
    return Carried(
        location=obx.location(5),
        order_index=order_index,
        parts=() if pointer else tuple(_plain(message, part) for part in chosen if part),
        encoding=next((word for word in reversed(words) if word.lower() in _ENCODINGS), ""),
        declared_type="RP" if pointer else "^".join(words),
        file_name=next((word for word in words[:1] if "." in word), ""),
        title=obx.value(3, 2) or obx.value(3),
    )


def _plain(message: Er7Message, part: str) -> str:
    if message.delimiters.escape and message.delimiters.escape in part:
        return unescape(part, message.delimiters, codec=message.codec).text
    return part


def _text_report(lines: Sequence[Segment], order_index: int) -> Carried | None:
    """The joined text of a report sent line by line, or None when there are too few lines to be one.

    Source: one OBX a line, OBX-3 often only in the first (LinuxForHealth PR#86); `~` and escapes break lines too.
    """
    parts = [text for obx in lines for text in (obx.texts(5) or ("",))]
    if sum(part.count("\n") + 1 for part in parts) < _SHORTEST_REPORT_LINES:
        return None
    return Carried(
        location=lines[0].location(5),
        order_index=order_index,
        parts=tuple(parts),
        is_text=True,
        declared_type="TX",
        title=lines[0].value(3, 2) or lines[0].value(3),
    )
