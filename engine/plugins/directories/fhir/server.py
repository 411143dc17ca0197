"""The server's side of the `fhir` directory: searches with their pages, `$match`, `$ihe-pix`.

Source: FHIR R4 http (search by POST), Patient-operation-match; IHE ITI PDQm ITI-78, ITI-119; PIXm ITI-83.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urlencode, urljoin, urlsplit

from engine.links.failures import CallFailed, Cause, cause_of
from engine.links.http import Answer, Post, Remote
from engine.plugins.directories.fhir.bundles import Page, Resource, issue_codes, page_of, target_numbers

if TYPE_CHECKING:
    from engine.links.guard import Guard
    from engine.links.identity import Auth
    from engine.plugins.directories.fhir.settings import FhirSettings

_REFUSES_THE_QUESTION = frozenset({400, 413, 422})
_UNKNOWN_DOMAIN = frozenset({"code-invalid", "value"})
_ABOUT_A_PATIENT = frozenset({"identifier", "family", "given", "name", "birthdate", "gender", "phone", "telecom"})
_SEARCH_PATHS = ("/Patient", "/Patient/_search")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one question brought; `whole` is false when the server has more, or left something out."""

    patients: list[Resource]
    whole: bool = True


class FhirServer:
    """Asks one server."""

    def __init__(self, settings: FhirSettings, remote: Remote, auth: Auth, guard: Guard) -> None:
        self._settings = settings
        self._remote = remote
        self._auth = auth
        self._guard = guard
        self._headers = {"Accept": "application/fhir+json"}
        self._search_headers = {**self._headers, "Prefer": "handling=strict"} if settings.strict else self._headers

    async def search(self, words: Mapping[str, str]) -> Found:
        """Every patient a search finds, page by page. Raises CallFailed."""
        settings = self._settings
        request = self._search({**words, "_count": str(settings.page_size)})
        patients: list[Resource] = []
        seen: set[str] = set()
        for _ in range(settings.max_pages):
            page, following = await self._page(request, seen)
            patients += page.patients
            if not page.whole or max(len(patients), page.total or 0) > settings.max_candidates:
                return Found(patients=patients[: settings.max_candidates], whole=False)
            if following is None:
                return Found(patients=patients)
            request = following
        return Found(patients=patients, whole=False)

    async def match(self, patient: Resource) -> Found:
        """Whom `$match` finds likely, in no order and without a score: the engine decides. Raises CallFailed."""
        most = self._settings.max_candidates
        parameters: list[Mapping[str, object]] = [
            {"name": "resource", "resource": patient},
            {"name": "onlyCertainMatches", "valueBoolean": False},
            {"name": "count", "valueInteger": most},
        ]
        page, _ = await self._page(self._operation("$match", parameters), set())
        whole = page.whole and len(page.patients) < most and not page.next_url
        return Found(patients=page.patients[:most], whole=whole)

    async def cross_referenced(self, system: str, value: str, target: str) -> list[str]:
        """The numbers of system `target` of whoever has that number; none when nobody has it. Raises CallFailed."""
        parameters: list[Mapping[str, object]] = [
            {"name": "sourceIdentifier", "valueString": f"{system}|{value}"},
            {"name": "targetSystem", "valueString": target},
        ]
        request = replace(self._operation("$ihe-pix", parameters), reads_errors=True)
        if self._settings.requests == "get":
            words = {str(item["name"]): str(item["valueString"]) for item in parameters}
            request = replace(request, method="GET", url=f"{request.url}?{urlencode(words)}")

        async def ask() -> list[str]:
            answer = await self._send(request)
            if answer.status == 404 and "not-found" in issue_codes(answer.body):
                return []
            if answer.status == 403 and issue_codes(answer.body) & _UNKNOWN_DOMAIN:
                raise CallFailed(Cause.QUESTION, status=403)
            return target_numbers(_body(answer), target)

        return await self._guard.call(ask)

    async def _page(self, request: Post, seen: set[str]) -> tuple[Page, Post | None]:
        """A page, and the request for the next one; `seen` holds the links followed so far."""

        async def ask() -> tuple[Page, Post | None]:
            page = page_of(_body(await self._send(request)))
            if not page.next_url:
                return page, None
            if page.next_url in seen:
                raise CallFailed(Cause.NOT_OURS, status=200)
            following = self._further(page.next_url)
            seen.add(page.next_url)
            return page, following

        return await self._guard.call(ask)

    async def _send(self, request: Post) -> Answer:
        """One request, and one more with a new token when the first one's was refused."""
        identity = await self._auth.headers()
        answer = await self._remote.post(replace(request, headers={**request.headers, **identity}))
        if answer.status == 401 and self._auth.refused(identity):
            identity = await self._auth.headers()
            answer = await self._remote.post(replace(request, headers={**request.headers, **identity}))
        return answer

    def _search(self, words: Mapping[str, str | Sequence[str]]) -> Post:
        url = f"{self._settings.base_url}/Patient"
        if self._settings.requests == "get":
            return Post(url=f"{url}?{urlencode(words, doseq=True)}", headers=self._search_headers, method="GET")
        return Post(url=f"{url}/_search", headers=self._search_headers, form=words)

    def _operation(self, name: str, parameters: Sequence[Mapping[str, object]]) -> Post:
        body = json.dumps({"resourceType": "Parameters", "parameter": list(parameters)}).encode("utf-8")
        headers = {**self._headers, "Content-Type": "application/fhir+json"}
        return Post(url=f"{self._settings.base_url}/Patient/{name}", headers=headers, content=body)

    def _further(self, link: str) -> Post:
        """The request for a next page: only on this server, and by POST where the link repeats the search.

        Raises:
            CallFailed: the link leads elsewhere, or would put the patient into an address.
        """
        base = urlsplit(self._settings.base_url)
        try:
            url = urljoin(f"{self._settings.base_url}/", link)
            parts = urlsplit(url)
        except ValueError:
            raise CallFailed(Cause.NOT_OURS, status=200) from None
        if (
            parts.username is not None
            or _origin(parts) != _origin(base)
            or not f"{parts.path}/".startswith(f"{base.path}/")
        ):
            raise CallFailed(Cause.NOT_OURS, status=200)
        words = parse_qs(parts.query, keep_blank_values=True)
        if self._settings.requests == "post":
            if parts.path in {base.path + path for path in _SEARCH_PATHS}:
                return self._search(words)
            if {name.partition(":")[0] for name in words} & _ABOUT_A_PATIENT:
                raise CallFailed(Cause.NOT_OURS, status=200)
        return Post(url=url, headers=self._search_headers, method="GET")

    async def close(self) -> None:
        """Cut what is on the way and drop the connections."""
        await self._remote.close()
        await self._auth.close()


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname, port or {"http": 80, "https": 443}.get(parts.scheme)


def _body(answer: Answer) -> bytes:
    """The body of a 200. Raises CallFailed; a search that is refused for what it asks is told from one that fails."""
    if answer.status == 200:
        return answer.body
    cause = Cause.QUESTION if answer.status in _REFUSES_THE_QUESTION else cause_of(answer.status)
    cause = Cause.CLIENT_ERROR if cause is Cause.REFUSED else cause
    raise CallFailed(cause, status=answer.status, retry_after=answer.retry_after)
