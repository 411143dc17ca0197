"""How the command line reaches a site: by the running engine's API, or the same API over its store at rest."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from engine.app.sitefiles import SiteFiles

FAILED, USAGE, TRY_AGAIN, BAD_CONFIGURATION = 1, 2, 75, 78
_EXITS: Mapping[int, int] = {400: USAGE, 503: TRY_AGAIN}
_TIMEOUT_SECONDS = 60.0


class Unavailable(Exception):
    """The site cannot be read; `exit_code` says how the command ends."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Api:
    """A few calls on the API; answers are JSON as documented in docs/reference/api.md."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def json(self, path: str, **query: str | int) -> Any:
        """GET JSON. Raises LookupError for 404, Unavailable for other refusals."""
        return (await self._ask("GET", path, query=query)).json()

    async def body(self, path: str) -> bytes:
        """GET bytes. Raises LookupError for 404, Unavailable for other refusals."""
        return (await self._ask("GET", path)).content

    async def act(self, path: str, fields: Mapping[str, object] | None = None) -> Any:
        """POST JSON; empty texts are left out. Raises LookupError for 404, Unavailable for other refusals."""
        given = {key: value for key, value in (fields or {}).items() if value != ""}
        return (await self._ask("POST", path, body=given)).json()

    async def _ask(
        self, method: str, path: str, *, query: Mapping[str, str | int] | None = None, body: object = None
    ) -> httpx.Response:
        given = {key: value for key, value in (query or {}).items() if value != ""}
        try:
            answer = await self._client.request(method, path, params=given, json=body)
        except httpx.HTTPError as problem:
            raise Unavailable(f"the engine does not answer ({type(problem).__name__})", TRY_AGAIN) from None
        if answer.is_success:
            return answer
        detail = answer.json().get("detail", "") if "json" in answer.headers.get("content-type", "") else ""
        if answer.status_code == 404:
            raise LookupError(detail or "no such path")
        words = detail or f"the engine answered {answer.status_code}"
        raise Unavailable(words, _EXITS.get(answer.status_code, FAILED))


def with_api(site: Path, work: Callable[[Api], Awaitable[int]]) -> int:
    """Run `work` on the API of a site; what goes wrong is one line on stderr and an exit code."""
    folder = site.absolute()

    async def go() -> int:
        async with open_api(folder) as api:
            return await work(api)

    try:
        return asyncio.run(go())
    except LookupError as problem:
        sys.stderr.write(f"{problem.args[0]}\n")
        return FAILED
    except Unavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return problem.exit_code


@asynccontextmanager
async def open_api(site: Path) -> AsyncIterator[Api]:
    """The API of the site (an absolute path), running or not.

    Raises:
        Unavailable: bad configuration (78), a store that is locked or broken (75, 1).
    """
    files = SiteFiles(site)
    running = files.running()
    if running is not None and await _answers(str(running.get("web", ""))):
        headers = {"Authorization": f"Bearer {files.admin_token()}"}
        async with httpx.AsyncClient(
            base_url=str(running["web"]), headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False
        ) as client:
            yield Api(client)
        return
    # The whole engine is behind this: a command on a running one need not wait until it is imported.
    from engine.app.cli.at_rest import api_at_rest

    async with api_at_rest(files) as api:
        yield api


async def _answers(url: str) -> bool:
    if not url:
        return False
    try:
        async with httpx.AsyncClient(base_url=url, timeout=2.0, trust_env=False) as client:
            return (await client.get("/healthz")).status_code == 200
    except httpx.HTTPError:
        return False
