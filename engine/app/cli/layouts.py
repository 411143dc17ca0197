"""`headrace layouts`: what is known of the forms in which laboratories print their reports."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.app.cli.client import Api, with_api

_COLOURS = {"held": "bold red", "confirmed": "green", "learned": "green", "seen": "yellow"}


def list_layouts(site: Path, *, is_held_only: bool, as_json: bool) -> int:
    """Print the remembered layouts."""

    async def work(api: Api) -> int:
        page = await api.json("/api/v1/layouts")
        items = [item for item in page["items"] if not is_held_only or item["state"] == "held"]
        if as_json:
            sys.stdout.write(json.dumps({**page, "items": items}, ensure_ascii=False) + "\n")
        else:
            _print(items)
        return 0

    return with_api(site, work)


def decide(site: Path, ids: Sequence[str], act: str, *, why: str, as_json: bool) -> int:
    """`confirm` or `forget` layouts."""

    async def work(api: Api) -> int:
        for wanted in ids:
            done = await api.act(f"/api/v1/layouts/{quote(wanted, safe='')}/{act}", {"reason": why})
            more = f"; {done['replayed']} messages go through the gate again" if done["replayed"] else ""
            words = json.dumps(done) if as_json else f"{done['id']} is {done['state']}{more}"
            sys.stdout.write(words + "\n")
        return 0

    return with_api(site, work)


def _print(items: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("id", "state", "sender", "laboratory printed", "columns", "documents", "since", "first message"):
        table.add_column(heading, justify="right" if heading == "documents" else "left", overflow="fold")
    for item in items:
        sender = " / ".join(filter(None, (item["facility"], item["application"])))
        table.add_row(
            item["id"],
            f"[{_COLOURS[item['state']]}]{item['state']}[/]",
            escape(sender or "-"),
            escape(item["lab"] or "-"),
            escape(", ".join(item["columns"]) + (" (scan)" if item["scanned"] else "")),
            str(item["documents"]),
            item["first_at"][:10],
            item["message_id"],
        )
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table if items else "none")
