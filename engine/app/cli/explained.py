"""A message for the terminal: what it is, what was read, what was decided, sent and answered."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_STYLES = {
    "delivered": "green",
    "sent": "green",
    "review": "yellow",
    "queued": "cyan",
    "processing": "cyan",
    "received": "cyan",
    "duplicate": "blue",
    "filtered": "blue",
    "parked": "bold red",
}
_RELATIONS = {
    "duplicate_of": "repeated by this one",
    "repeated_by": "repeats this one",
    "supersedes": "replaced by this one",
    "same_report": "the same report",
    "newer": "newer version",
    "older": "older version",
    "adds_to": "other results",
}
_SHOWN_RESULTS = 200


def style_of(state: str) -> str:
    """The colour of a state; its word always stands beside it."""
    return _STYLES.get(state, "default")


def print_message(detail: Mapping[str, Any], *, with_timeline: bool) -> None:
    """Print one message in the shape of /api/v1/messages/{id}."""
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    console.print(f"[bold]{detail['id']}[/]  [{style_of(detail['state'])}]{detail['state']}[/]")
    console.print(
        f"{detail['message_type'] or 'document'} {detail['control_id']} from {detail['source']} "
        f"in {detail['channel']}, received {detail['received_at']}",
        markup=False,
    )
    console.print(f"patient {detail['patient_mrn'] or '(not decided)'}", markup=False)
    _print_match(console, detail.get("match"))
    for item in detail["documents"]:
        console.print(f"document {item['media_type']}, {item['bytes']:,} bytes, {item['sha256'][:16]}…", markup=False)
    for item in detail["reasons"]:
        console.print(f"  [yellow]{item['code']}[/] ", end="")
        console.print(f"{item['text']} {item['field']}".rstrip(), markup=False)
    print_report(console, detail.get("report"))
    for item in detail["deliveries"]:
        console.print(
            f"to {item['destination']}: [{style_of(item['state'])}]{item['state']}[/], MSH-10 {item['control_id']}, "
            f"{item['attempts']} sent, ACK {item['ack_code'] or 'none'}, id {item['id']}"
        )
    _print_versions(console, detail)
    if with_timeline:
        _print_timeline(console, detail["timeline"])


def _print_match(console: Any, match: Mapping[str, Any] | None) -> None:
    """Which step decided, how sure it is, and each field's part in bits."""
    if not match:
        return
    words = f"  {match['decision']} {match['mrn'] or '-'}, score {match['score']:.3f}"
    console.print(words + (f", by {match['step']}" if match["step"] else ""), markup=False)
    said = [item for item in match["evidence"] if item["outcome"] != "missing"]
    if said:
        parts = (f"{item['field']} {item['outcome']} {item['weight']:+.1f}" for item in said)
        console.print(f"  {', '.join(parts)}", markup=False)


def _print_versions(console: Any, detail: Mapping[str, Any]) -> None:
    """The other messages about the same order or report, newest first, this one among them."""
    linked = detail.get("versions", ())
    if not linked:
        return
    own = {**detail, "relations": ["this message"]}
    console.print("[bold]versions[/]")
    for item in sorted((*linked, own), key=lambda one: str(one["received_at"]), reverse=True):
        words = ", ".join(_RELATIONS.get(name, name) for name in item["relations"])
        console.print(
            f"  {item['received_at'][:19]}  [{style_of(item['state'])}]{item['state']:10}[/] {words:22} ", end=""
        )
        console.print(f"{item['id']} {item['control_id']}", markup=False)


def print_report(console: Any, report: Mapping[str, Any] | None) -> None:
    """Print what was read from a document: one line a result, with its confidence and what is doubtful about it."""
    from rich.table import Table

    if not report:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("test", "value", "unit", "reference", "flag", "LOINC", "conf.", "doubt"):
        table.add_column(heading, justify="right" if heading in ("value", "conf.") else "left")
    results = [item for section in report["sections"] for item in section["results"]]
    for item in results[:_SHOWN_RESULTS]:
        doubt = ", ".join(one["code"] for one in item["review_reasons"])
        table.add_row(
            plain(item["test_name"]), plain(item["value"]), plain(item["unit"]), plain(item["reference_range"]),
            plain(item["flag"] or item["interpretation"]), item["loinc_code"] or "-", f"{item['confidence']:.2f}",
            f"[yellow]{doubt}[/]" if doubt else "",
        )  # fmt: skip
    console.print(table)
    for line in report.get("unread", ()):
        console.print(f"[yellow]not read[/] page {line['page']}: ", end="")
        console.print(line["text"], markup=False)
    summary = report["summary"]
    console.print(
        f"{summary['total_tests']} results, {summary['coded']} coded, {summary['needs_review']} for review; "
        f"read by {report['metadata']['engine']}, {report['document']['pages']} pages, "
        f"{report['document']['language']}",
        markup=False,
    )


def plain(text: object) -> str:
    """Text of a document never acts as markup."""
    return str(text).replace("[", "\\[")


def _print_timeline(console: Any, timeline: Sequence[Mapping[str, Any]]) -> None:
    console.print("[bold]timeline[/]")
    for item in timeline:
        detail = item["detail"]
        words = detail if isinstance(detail, dict) else json.loads(detail or "{}")
        shown = ", ".join(f"{key} {_word(value)}" for key, value in words.items() if value not in ("", [], None))
        console.print(f"  {item['at']}  {item['action']:12} {item['actor']:16} {shown}", markup=False)


def _word(value: object) -> str:
    return " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
