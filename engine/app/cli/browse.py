"""`headrace ls`, `show` and `explain`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.app.cli import explained
from engine.app.cli.client import Api, with_api


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The query of `headrace ls`; see /api/v1/messages."""

    state: str = ""
    channel: str = ""
    control_id: str = ""
    q: str = ""
    since: str = ""
    until: str = ""
    source: str = ""
    message_type: str = ""
    reason: str = ""
    mrn: str = ""
    accession: str = ""
    filler: str = ""
    limit: int = 50
    cursor: str = ""


def list_messages(site: Path, filters: Filters, *, as_json: bool) -> int:
    """Print a page of messages."""

    async def work(api: Api) -> int:
        page = await api.json("/api/v1/messages", **asdict(filters))
        if as_json:
            sys.stdout.write(json.dumps(page, ensure_ascii=False) + "\n")
        else:
            _table(page["items"])
            if page["next"]:
                sys.stdout.write(f"more: --cursor {page['next']}\n")
        return 0

    return with_api(site, work)


def _table(items: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "received", "control id", "type", "state", "sent", "reasons"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("id", "received", "state"))
    for item in items:
        sent = ", ".join(f"{one['destination']}:{one['ack_code'] or one['state']}" for one in item["deliveries"])
        codes = ", ".join(dict.fromkeys(one["code"] for one in item["reasons"]))
        received = item["received_at"][:19].replace("T", " ")
        table.add_row(
            item["id"], received, item["control_id"], item["message_type"],
            f"[{explained.style_of(item['state'])}]{item['state']}[/]", sent, codes,
        )  # fmt: skip
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(table)


def show_message(site: Path, message_id: str, *, part: str, as_json: bool) -> int:
    """Print one message, or one part of it as it is."""

    async def work(api: Api) -> int:
        detail = await find(api, message_id)
        if part:
            sys.stdout.buffer.write(await _part(api, detail, part))
            sys.stdout.buffer.flush()
        elif as_json:
            sys.stdout.write(json.dumps(detail, ensure_ascii=False) + "\n")
        else:
            explained.print_message(detail, with_timeline=False)
        return 0

    return with_api(site, work)


def explain_message(site: Path, message_id: str, *, as_json: bool) -> int:
    """Print the life of one message."""

    async def work(api: Api) -> int:
        detail = await find(api, message_id)
        if as_json:
            sys.stdout.write(json.dumps(detail, ensure_ascii=False) + "\n")
        else:
            explained.print_message(detail, with_timeline=True)
        return 0

    return with_api(site, work)


async def find(api: Api, word: str) -> Any:
    """A message by the engine's id, else the newest one with that control id. Raises LookupError."""
    try:
        return await api.json(f"/api/v1/messages/{word}")
    except LookupError:
        page = await api.json("/api/v1/messages", control_id=word, limit=1)
        if not page["items"]:
            raise
        return await api.json(f"/api/v1/messages/{page['items'][0]['id']}")


async def _part(api: Api, detail: Mapping[str, Any], part: str) -> bytes:
    """The bytes of a part; of several deliveries or documents the first. Raises LookupError."""
    base = f"/api/v1/messages/{detail['id']}"
    if part == "raw":
        return await api.body(f"{base}/raw")
    if part == "extracted":
        return (json.dumps(detail["report"], ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    if part == "document":
        return await api.body(f"{base}/documents/{_first(detail['documents'], part)['sha256']}")
    if part == "ack" and not detail["deliveries"]:
        return await api.body(f"{base}/ack")
    delivery = _first(detail["deliveries"], part)
    if part == "sent" and not delivery["attempts"]:
        raise LookupError("nothing was sent yet")
    return await api.body(f"{base}/deliveries/{delivery['id']}/{'ack' if part == 'ack' else 'payload'}")


def _first(items: Sequence[Any], part: str) -> Any:
    if not items:
        raise LookupError(f"the message has no {part}")
    return items[0]
