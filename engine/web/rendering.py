"""Templates to responses; every value is escaped unless a template says otherwise, and none does."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse, Response

from engine.web import wording
from engine.web.services import WebServices

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


class Renderer:
    """The templates with the words and filters they use."""

    def __init__(self, services: WebServices) -> None:
        self._services = services
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "when": self._when,
            "ago": self._ago,
            "number": wording.number,
            "size": wording.size,
            "percent": wording.percent,
            "state_kind": wording.state_kind,
            "visible": wording.visible,
        }
        self._environment.globals |= {"version": services.version, "site_title": services.site_title}

    async def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A whole page or a part of one; made in a thread, since a long list would hold up the answers to senders."""
        found = self._environment.get_template(template)
        text = await asyncio.to_thread(found.render, **values)
        return HTMLResponse(text, status_code=status)

    def _when(self, at: datetime) -> str:
        """Local time; the date only when it is not today's."""
        return wording.local_time(at, self._services.clock.now())

    def _ago(self, at: datetime | None) -> str:
        return "" if at is None else wording.age((self._services.clock.now() - at).total_seconds())
