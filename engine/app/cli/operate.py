"""What an operator does from the terminal: replay, withdraw, set aside; queues, reviews, nodes."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.app.cli import explained
from engine.app.cli.browse import Filters, find
from engine.app.cli.client import Api, with_api

Items = Sequence[Mapping[str, Any]]


def replay_one(site: Path, message_id: str, *, stage: str, as_json: bool) -> int:
    """Queue one message for its stages again."""

    async def work(api: Api) -> int:
        detail = await find(api, message_id)
        done = await api.act(f"/api/v1/messages/{detail['id']}/replay", {"from": stage})
        return _told(done, f"{done['id']} is {done['state']} again", as_json=as_json)

    return with_api(site, work)


def replay_many(site: Path, filters: Filters, *, stage: str, is_dry: bool, as_json: bool) -> int:
    """Replay what the filters fit, or only count it."""

    async def work(api: Api) -> int:
        given = {key: value for key, value in asdict(filters).items() if key not in ("limit", "cursor")}
        done = await api.act("/api/v1/replay", {**given, "from": stage, "dry_run": is_dry})
        return _told(done, _counted(done), as_json=as_json)

    return with_api(site, work)


def _counted(done: Mapping[str, Any]) -> str:
    """What a replay of many came to, in a few lines."""
    more = "; more fit: run it again, or narrow it down" if done["more"] else ""
    if not done["dry_run"]:
        busy = f", {done['busy']} still being worked on and left alone" if done["busy"] else ""
        return f"{done['replayed']} messages are processed again{busy}{more}"
    shown = [f"  {item}" for item in done["ids"]]
    left = done["matched"] - len(shown)
    lines = [
        f"{done['matched']} messages would be processed again{more}",
        *shown,
        *([f"  … {left} more"] if left else []),
    ]
    return "\n".join([*lines, "nothing was done; --yes does it"])


def withdraw(site: Path, message_id: str, *, why: str, as_json: bool) -> int:
    """Close a message for good."""

    async def work(api: Api) -> int:
        detail = await find(api, message_id)
        done = await api.act(f"/api/v1/messages/{detail['id']}/withdraw", {"reason": why})
        return _told(done, f"{done['id']} is {done['state']}", as_json=as_json)

    return with_api(site, work)


def set_aside(site: Path, message_id: str, *, why: str, as_json: bool) -> int:
    """Let what waits behind a message go on."""

    async def work(api: Api) -> int:
        detail = await find(api, message_id)
        done = await api.act(f"/api/v1/messages/{detail['id']}/set-aside", {"reason": why})
        return _told(done, f"what waited behind {done['id']} goes on; it stays {done['state']}", as_json=as_json)

    return with_api(site, work)


def move_delivery(site: Path, delivery_id: str, act: str, *, why: str, as_json: bool, force: bool = False) -> int:
    """`retry` or `withdraw` one delivery."""

    async def work(api: Api) -> int:
        fields = {"reason": why, **({"force": True} if force else {})}
        done = await api.act(f"/api/v1/deliveries/{quote(delivery_id, safe='')}/{act}", fields)
        return _told(done, f"{done['id']} is {done['state']}", as_json=as_json)

    return with_api(site, work)


def list_queues(site: Path, *, as_json: bool) -> int:
    """Print every destination queue."""

    async def work(api: Api) -> int:
        return _queues(await api.json("/api/v1/queues"), as_json=as_json)

    return with_api(site, work)


def set_pause(site: Path, place: str, act: str, *, why: str, as_json: bool) -> int:
    """`pause` or `resume` a queue (`CHANNEL/DESTINATION`), a channel, or everything (empty)."""

    async def work(api: Api) -> int:
        parts = [quote(part, safe="") for part in place.split("/", 1) if part]
        return _queues(await api.act("/".join(["/api/v1/queues", *parts, act]), {"reason": why}), as_json=as_json)

    return with_api(site, work)


def _queues(page: Mapping[str, Any], *, as_json: bool) -> int:
    rows = [
        (
            f"{item['channel']}/{item['destination']}",
            "[yellow]paused[/]" if item["paused"] else "sending",
            str(item["queued"]),
            f"[bold red]{item['parked']}[/]" if item["parked"] else "0",
            _short(item["oldest_at"]),
            explained.plain(item["head_error"]),
        )
        for item in page["items"]
    ]
    return _listed(
        page, ("queue", "state", "waiting", "parked", "oldest since", "its head says"), rows, as_json=as_json
    )


def list_reviews(site: Path, *, state: str, channel: str, as_json: bool) -> int:
    """Print a page of review cases."""

    async def work(api: Api) -> int:
        page = await api.json("/api/v1/reviews", state=state, channel=channel)
        rows = [
            (
                item["id"],
                item["message_id"],
                item["channel"],
                item["state"],
                _short(item["opened_at"]),
                ", ".join(dict.fromkeys(one["code"] for one in item["reasons"])),
            )
            for item in page["items"]
        ]
        return _listed(page, ("id", "message", "channel", "state", "opened", "reasons"), rows, as_json=as_json)

    return with_api(site, work)


def close_review(site: Path, review_id: str, fields: Mapping[str, str], *, as_json: bool) -> int:
    """Close an open review case."""

    async def work(api: Api) -> int:
        done = await api.act(f"/api/v1/reviews/{quote(review_id, safe='')}/close", fields)
        return _told(done, f"{done['id']} is {done['state']}", as_json=as_json)

    return with_api(site, work)


def list_nodes(site: Path, *, as_json: bool) -> int:
    """Print the nodes that share the store."""

    async def work(api: Api) -> int:
        page = await api.json("/api/v1/nodes")
        rows = [
            (
                item["name"],
                "[green]alive[/]" if item["alive"] else "[bold red]gone[/]",
                _short(item["started_at"]),
                _short(item["seen_at"]),
                str(item["leases"]),
                item["release"],
            )
            for item in page["items"]
        ]
        return _listed(page, ("node", "state", "started", "last seen", "leases", "release"), rows, as_json=as_json)

    return with_api(site, work)


def _listed(page: Mapping[str, Any], headings: Sequence[str], rows: Sequence[Sequence[str]], *, as_json: bool) -> int:
    """A page as JSON or as a table; numbers stand to the right."""
    if as_json:
        return _told(page, "", as_json=True)
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        is_number = heading in ("waiting", "parked", "leases")
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(table if rows else "none")
    return 0


def _told(done: object, words: str, *, as_json: bool) -> int:
    sys.stdout.write((json.dumps(done, ensure_ascii=False) if as_json else words) + "\n")
    return 0


def _short(at: str | None) -> str:
    """A time to the second, or a dash."""
    return at[:19].replace("T", " ") if at else "-"
