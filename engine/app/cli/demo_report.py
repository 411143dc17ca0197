"""What came of each demo case: judged against the generators' truth, and shown."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.hl7v2 import er7

_SHOWN_RESULTS = 3
_NAME = 36
_ORIGINAL = "11502-2"
_WIDTH = 100
_TAKEN_BACK = ("D", "W", "X")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One case with what came of it; `wrong` names every difference from the truth."""

    group: str
    title: str
    note: str
    ack: str
    state: str
    reasons: tuple[str, ...]
    read: int
    lines: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether everything came out as it should."""
        return not self.wrong


def judge(
    case: Any,
    ack: str,
    detail: Mapping[str, Any] | None,
    received: Mapping[str, bytes],
    canonical: Callable[[str], str],
) -> Outcome:
    """Compare one case with its truth: the answer, the state, the reasons, and what the EHR holds.

    `canonical` names codes that differ only by a method the page does not print alike.
    """
    state = str(detail["state"]) if detail else ("" if not case.state else "missing")
    reasons = tuple(item["code"] for item in detail["reasons"]) if detail else ()
    messages = _received(detail, received)
    wrong = [*_differs("ACK", case.ack, ack), *_differs("state", case.state, state)]
    if case.reasons and not set(case.reasons) & set(reasons):
        wrong.append(f"reason {' or '.join(case.reasons)} is missing")
    wrong += _wrong_outgoing(case, messages, canonical)
    report = (detail or {}).get("report") or {}
    return Outcome(
        group=case.group,
        title=case.title,
        note=case.note,
        ack=ack,
        state=state or "known",
        reasons=tuple(dict.fromkeys(item["text"] for item in (detail or {}).get("reasons", ()))),
        read=int(report.get("summary", {}).get("total_tests", 0)),
        lines=tuple(line for message in messages for line in _lines(message)),
        wrong=tuple(wrong),
    )


def _received(detail: Mapping[str, Any] | None, received: Mapping[str, bytes]) -> list[er7.Er7Message]:
    ids = [item["control_id"] for item in detail["deliveries"]] if detail else []
    return [er7.parse(received[item]) for item in ids if item in received]


def _differs(what: str, expected: str, found: str) -> list[str]:
    return [] if expected == found else [f"{what} {found or 'none'} instead of {expected or 'none'}"]


def _wrong_outgoing(case: Any, messages: Sequence[er7.Er7Message], canonical: Callable[[str], str]) -> list[str]:
    """Differences between what the EHR got and what it should have got."""
    if case.outgoing == "nothing":
        return ["something reached the EHR"] if messages else []
    if len(messages) != 1:
        return [f"{len(messages)} messages at the EHR instead of 1"]
    message = messages[0]
    pid = message.first("PID")
    wrong = _differs("patient", case.patient_mrn, pid.value(3) if pid else "")
    arrived = [_observation(obx) for obx in _results(message)]
    got = [(canonical(loinc), value) for loinc, value in arrived]
    wanted = [(canonical(loinc), value) for loinc, value, _unit in case.observations]
    missing = [item for item in wanted if item not in got]
    extra = [item for item in got if item not in wanted]
    wrong += [f"{code} {value} did not arrive" for code, value in missing[:3]]
    wrong += [f"{code} {value} arrived and should not" for code, value in extra[:3]]
    if case.outgoing == "retraction" and any(obx.value(11) != "W" for obx in message.all("OBX")):
        wrong.append("something is not taken back")
    if case.outgoing == "original" and not any(obx.value(2) == "ED" for obx in message.all("OBX")):
        wrong.append("the original is missing")
    return wrong


def _observation(obx: er7.Segment) -> tuple[str, str]:
    """(LOINC, value as a person would write it) of one OBX."""
    code = obx.value(3) if obx.value(3, 3) == "LN" else obx.value(3, 4) if obx.value(3, 6) == "LN" else ""
    if obx.value(2) == "SN":
        return code, "".join(obx.components(5))
    if obx.value(2) in ("CE", "CWE"):
        return code, obx.value(5, 2) or obx.value(5)
    return code, "~".join(obx.texts(5))


def _lines(message: er7.Er7Message) -> list[str]:
    """A few OBX as they arrived, cut to a line each, and a count of the rest."""
    results = _results(message)
    shown = [_line(item) for item in results[:_SHOWN_RESULTS]]
    if len(results) > _SHOWN_RESULTS:
        shown.append(f"… and {len(results) - _SHOWN_RESULTS} more results")
    shown += [
        f"original attached ({item.value(5, 3)}, {len(item.value(5, 5)) * 3 // 4:,} bytes)"
        for item in message.all("OBX")
        if item.value(2) == "ED"
    ]
    return shown


def _results(message: er7.Er7Message) -> list[er7.Segment]:
    """The OBX that are no document, sent or taken back."""
    return [item for item in message.all("OBX") if item.value(2) != "ED" and item.value(3) != _ORIGINAL]


def _line(item: er7.Segment) -> str:
    """One result in a line of about seventy characters."""
    code, value = _observation(item)
    name = item.value(3, 2) if item.value(3, 3) == "LN" else item.value(3, 5) or item.value(3, 2)
    name = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    if item.value(11) in _TAKEN_BACK and not value:
        return f"{code or '(no LOINC)':8} {name:{_NAME}} taken back ({item.value(11)})"
    return f"{code or '(no LOINC)':8} {name:{_NAME}} {value:>8} {item.value(6):12} {item.value(8)}".rstrip()


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcomes for programs."""
    cases = [
        {
            "title": item.title,
            "ack": item.ack,
            "state": item.state,
            "reasons": list(item.reasons),
            "read": item.read,
            "received": list(item.lines),
            "right": item.right,
            "wrong": list(item.wrong),
        }
        for item in outcomes
    ]
    return {"ok": all(item.right for item in outcomes), "cases": cases}


def print_outcomes(outcomes: Sequence[Outcome], svg: Path | None = None) -> None:
    """One block a case, its group's name above the first, then a summary; `svg` keeps a picture of it."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH, record=svg is not None)
    group = ""
    for number, item in enumerate(outcomes, start=1):
        if item.group != group:
            group = item.group
            console.print(Text(f"\n{group}", style="bold underline"))
        _print_outcome(console, number, item)
    _print_summary(console, outcomes)
    if svg is not None:
        svg.write_text(_without_web_fonts(console.export_svg(title="make demo")), encoding="utf-8")


def _print_outcome(console: Any, number: int, item: Outcome) -> None:
    from rich.padding import Padding
    from rich.text import Text

    head = Text.assemble(
        (f"{number:2} ", "dim"),
        (f"{item.title:34}", "bold"),
        (f" {item.ack:3}", "green" if item.ack in ("AA", "CA") else "red"),
        (f" {item.state:10}", _STYLES.get(item.state, "dim")),
        (f"{item.read} results read" if item.read else "", "dim"),
    )
    head.rstrip()
    console.print(head)
    told = [(item.note, "dim italic")]
    told += [(f"→ {line}", "cyan") for line in item.lines]
    told += [(f"waits: {text}" if item.state == "review" else f"note: {text}", "yellow") for text in item.reasons]
    told += [(f"WRONG: {text}", "bold red") for text in item.wrong]
    for text, style in told:
        is_line = text.startswith("→")
        words = Text(text, style=style, no_wrap=is_line, overflow="ellipsis" if is_line else "fold")
        console.print(Padding(words, (0, 0, 0, 3), expand=False))


def _without_web_fonts(picture: str) -> str:
    """The picture without the fonts it would fetch from elsewhere; any monospaced font will do."""
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


_STYLES = {
    "delivered": "green",
    "review": "yellow",
    "duplicate": "blue",
    "known": "blue",
    "missing": "bold red",
    "parked": "bold red",
}


def _print_summary(console: Any, outcomes: Sequence[Outcome]) -> None:
    wrong = sum(1 for item in outcomes if not item.right)
    states = {name: sum(1 for item in outcomes if item.state == name) for name in _STYLES}
    console.print()
    console.print(
        f"{len(outcomes)} messages: {states['delivered']} delivered, {states['review']} wait for a person, "
        f"{states['duplicate']} duplicates, {states['known']} answered again."
    )
    if wrong:
        console.print(f"[bold red]{wrong} did not come out as it should.[/]")
    else:
        console.print("[bold green]All came out as they should.[/]")
