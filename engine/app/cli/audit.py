"""`headrace audit balance`: where every result that came in is now."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.app.cli.client import Api, with_api
from engine.hl7v2.er7 import parse
from engine.hl7v2.errors import Er7Error
from engine.ports.content import Content

OK, FAILED = 0, 1
_PAGE = 200
_ORIGINAL = "11502-2"
_MOVING = frozenset({"queued", "sending", "paused"})
_NAMED = frozenset({"withdraw", "review.close", "close"})


@dataclass(slots=True)
class Balance:
    """The count: messages and results by what became of them, and those nobody can account for."""

    messages: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    open_items: list[dict[str, str]] = field(default_factory=list)


def balance_site(site: Path, query: Mapping[str, str], *, as_json: bool) -> int:
    """Count, print; 1 with the ids when something is not accounted for."""

    async def work(api: Api) -> int:
        found = await count(api, query)
        if as_json:
            report = {"messages": found.messages, "results": found.results, "unaccounted": found.open_items}
            sys.stdout.write(json.dumps(report) + "\n")
        else:
            _print(found)
        return FAILED if found.open_items else OK

    return with_api(site, work)


async def count(api: Api, query: Mapping[str, str]) -> Balance:
    """Go through every message of the period. Raises Unavailable when the API does not answer."""
    found = Balance()
    replaced: set[str] = set()
    async for item in _messages(api, query):  # newest first: what replaces is seen before what it replaced
        detail = await api.json(f"/api/v1/messages/{item['id']}")
        replaced |= {one["id"] for one in detail["versions"] if "supersedes" in one["relations"]}
        raw = await api.body(f"/api/v1/messages/{item['id']}/raw")
        expected = results_of(raw, detail)
        outcome, why = await _outcome(api, detail, expected)
        if outcome == "sent" and item["id"] in replaced:
            outcome = "replaced"
        found.messages[outcome] += 1
        found.results[outcome] += expected
        if why:
            found.open_items.append({"id": item["id"], "control_id": item["control_id"], "why": why})
    return found


async def _messages(api: Api, query: Mapping[str, str]) -> AsyncIterator[Mapping[str, Any]]:
    cursor = ""
    while True:
        page = await api.json("/api/v1/messages", **query, limit=_PAGE, cursor=cursor)
        for item in page["items"]:
            yield item
        cursor = page["next"] or ""
        if not cursor:
            return


def results_of(raw: bytes, detail: Mapping[str, Any]) -> int:
    """How many results a message brought: discrete ones, and what was read from its documents beside them."""
    codes: set[str] = set()
    count = 0
    if detail["kind"] == "er7":
        try:
            inbound = Content(raw).decoded.inbound
        except Er7Error:
            return 0
        count = inbound.observation_count
        codes = {item.code.in_system("LN") for item in inbound.results} - {""}
    read = [item for report in detail["reports"] for section in report["sections"] for item in section["results"]]
    return count + sum(1 for item in read if not item["loinc_code"] or item["loinc_code"] not in codes)


async def _outcome(api: Api, detail: Mapping[str, Any], expected: int) -> tuple[str, str]:
    """What became of a message, and why that does not account for it (empty when it does)."""
    state = detail["state"]
    if state == "delivered":
        return await _sent(api, detail, expected)
    if state == "duplicate":
        return await _duplicate(api, detail)
    if state in ("filtered", "withdrawn"):
        named = state == "filtered" or any(one["action"] in _NAMED for one in detail["timeline"])
        return state, "" if named else "withdrawn, and the audit trail does not say by whom"
    if state in ("review", "parked"):
        said = detail["reasons"] or detail["error"] or any(one["error"] for one in detail["deliveries"])
        return "waiting", "" if said else f"in {state} without a reason"
    if state == "queued":
        moving = any(one["state"] in _MOVING for one in detail["deliveries"])
        return "waiting", "" if moving else "queued, and nothing of it is in a queue"
    return "waiting", ""


async def _sent(api: Api, detail: Mapping[str, Any], expected: int) -> tuple[str, str]:
    """Delivered: some destination took it, and what it took holds as many results as came in."""
    sent = [one for one in detail["deliveries"] if one["state"] == "sent"]
    if not sent:
        if any(one["code"] == "delivery.superseded" for one in detail["reasons"]):
            return "replaced", ""
        stopped = detail["deliveries"] and any(one["action"] in _NAMED for one in detail["timeline"])
        return ("withdrawn", "") if stopped else ("sent", "delivered, and nothing of it was sent")
    if any(one["action"] in _NAMED for one in detail["timeline"]):
        return "sent", ""  # a person decided what of it left
    newest = {one["destination"]: one for one in sorted(sent, key=lambda one: str(one["sent_at"]))}
    for destination, one in newest.items():
        payload = await api.body(f"/api/v1/messages/{detail['id']}/deliveries/{one['id']}/payload")
        count = results_in(payload)
        if count is not None and count < expected:
            return "sent", f"{expected} results came in, {count} went to {destination}"
    return "sent", ""


def results_in(payload: bytes) -> int | None:
    """Results (OBX without the original documents) of what was sent; None when that is no ORU."""
    try:
        message = parse(payload)
    except Er7Error:
        return None
    if message.header.message_code != "ORU":
        return None  # an application acknowledgement
    return sum(1 for item in message.all("OBX") if not (item.value(3) == _ORIGINAL and item.value(2) == "ED"))


async def _duplicate(api: Api, detail: Mapping[str, Any]) -> tuple[str, str]:
    first = detail["duplicate_of"]
    if not first:
        return "duplicate", "a duplicate of nothing"
    try:
        await api.json(f"/api/v1/messages/{first}")
    except LookupError:
        return "duplicate", "a duplicate of a message that is gone"
    return "duplicate", ""


def _print(found: Balance) -> None:
    for outcome, count in sorted(found.messages.items()):
        sys.stdout.write(f"{outcome:10} {count:>8} messages {found.results[outcome]:>8} results\n")
    sys.stdout.write(f"{'all':10} {found.messages.total():>8} messages {found.results.total():>8} results\n")
    for item in found.open_items:
        sys.stdout.write(f"not accounted for: {item['id']} ({item['control_id']}): {item['why']}\n")
