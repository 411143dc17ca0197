"""The `Extractor` port over the remote API: turns, circuit, retries, and the answer as a report with its evidence."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import stamina

from engine.domain.reasons import reason
from engine.domain.report import LabReport, ReadDocument
from engine.links.failures import CallFailed, Cause, cause_of
from engine.links.http import Answer, FilePart, Post, Remote
from engine.links.pacing import Breaker, Turns
from engine.mapping.medextract import report_of
from engine.mapping.medextract_values import WrongAnswer
from engine.plugins.extractors.medextract.dialect import Dialect, accepts, form_fields
from engine.plugins.extractors.medextract.evidence import compare, completed, without_misfits
from engine.ports.clock import Clock
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.observe import Observer

if TYPE_CHECKING:
    from engine.extraction.packs.model import Packs
    from engine.links.identity import Auth
    from engine.plugins.extractors.medextract.settings import MedExtractSettings
    from engine.plugins.extractors.medextract.texts import ReadText

_MOST_DIGITS = 40
_FILE_NAMES = {"application/pdf": "document.pdf", "image/jpeg": "document.jpg", "image/tiff": "document.tif"}


class MedExtract:
    """Reads documents by a remote service; many calls at once."""

    def __init__(
        self,
        settings: MedExtractSettings,
        dialect: Dialect,
        *,
        remote: Remote,
        auth: Auth,
        read_text: ReadText,
        packs: Packs,
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._settings = settings
        self._dialect = dialect
        self._accepts = settings.accepts or dialect.accepts
        self._remote = remote
        self._auth = auth
        self._read_text = read_text
        self._units = packs.units
        self._units_of = _units_by_code(packs)
        self._turns = Turns(settings.rate, clock)
        self.breaker = Breaker(settings.breaker, clock)
        self._clock = clock
        self._observer = observer
        self._left_alone = False

    async def extract(self, request: ReadRequest) -> LabReport:
        """Read one document.

        Raises:
            ExtractorUnavailable: there is no usable answer, and the settings leave the document to somebody else.
        """
        try:
            report = await self._ask(request)
        except CallFailed as failed:
            return self._without_answer(request, failed)
        text = await self._read_text(request.data)
        report = without_misfits(completed(report, text, self._units), self._units_of)
        return compare(report, text, trust_without_text=self._settings.check.without_text == "trust")

    def _without_answer(self, request: ReadRequest, failed: CallFailed) -> LabReport:
        """What `fallback` says; a document that the service will never read is not queued for it again."""
        cause, fallback = failed.cause, self._settings.fallback
        self._observer.note(
            "extractor.remote_failed",
            level="warning",
            extractor=self._dialect.name,
            reason=cause.word,
            status=failed.status or None,
            media_type=request.document.media_type,
            bytes=request.document.size_bytes,
        )
        if fallback == "local" or (fallback == "queue" and not cause.in_document):
            raise ExtractorUnavailable(cause.word) from None
        return LabReport(
            document=_read_document(request),
            engine=self._dialect.name,
            needs_review=True,
            review_reasons=(reason("extraction.remote_failed"),),
        )

    async def _ask(self, request: ReadRequest) -> LabReport:
        """The report of the service, after retries. Raises CallFailed."""
        post = self._post(request)
        retry = self._settings.retry
        attempts = stamina.retry_context(
            on=self._backoff,
            attempts=retry.attempts,
            timeout=None,
            wait_initial=retry.base,
            wait_max=retry.max,
            wait_jitter=retry.base,
        )
        async for attempt in attempts:
            with attempt:
                return await self._attempt(request, post)
        raise CallFailed(Cause.CLOSED)

    def _backoff(self, error: Exception) -> bool | float:
        """Whether to try again: stamina's own wait, or the service's where it is bearable."""
        if not isinstance(error, CallFailed) or not error.cause.again:
            return False
        if error.retry_after is None:
            return True
        return error.retry_after if error.retry_after <= self._settings.retry.max else False

    async def _attempt(self, request: ReadRequest, post: Post) -> LabReport:
        self.breaker.check()
        await self._turns.take()
        was, since = self.breaker.state, self._clock.monotonic()
        outcome = "cancelled"
        try:
            with self.breaker.call():
                body = _body_of(await self._send(post))
                report = await asyncio.to_thread(self._report, request, body)
                outcome = "read"
                return report
        except CallFailed as failed:
            outcome = failed.cause.word
            if failed.retry_after is not None:
                self._turns.pause(failed.retry_after)
            raise
        finally:
            self._tell(outcome, since, was)

    def _tell(self, outcome: str, since: float, was: str) -> None:
        """Figures of a try, and the circuit where it changed; the gauge stands at 1 until the circuit is closed."""
        name, state = self._dialect.name, self.breaker.state
        self._observer.count("extractor_calls", extractor=name, outcome=outcome)
        self._observer.observe("extractor_seconds", self._clock.monotonic() - since, extractor=name)
        if state != was:
            self._observer.note("extractor.circuit", level="warning", extractor=name, state=state)
        if (state != "closed") != self._left_alone:
            self._left_alone = not self._left_alone
            self._observer.count("extractor_circuit_open", 1 if self._left_alone else -1, extractor=name)

    async def _send(self, post: Post) -> Answer:
        """One request, and one more with a new token when the first one's was refused."""
        identity = await self._auth.headers()
        answer = await self._remote.post(_with_headers(post, identity))
        if answer.status == 401 and self._auth.refused(identity):
            await self._turns.take()
            answer = await self._remote.post(_with_headers(post, await self._auth.headers()))
        return answer

    def _post(self, request: ReadRequest) -> Post:
        """The request without its identity. Raises CallFailed for a document that is not sent."""
        media_type, settings = request.document.media_type, self._settings
        url = self._dialect.url(settings.base_url, media_type)
        if url is None or not accepts(self._accepts, media_type):
            raise CallFailed(Cause.NOT_ACCEPTED)
        if len(request.data) > settings.max_document:
            raise CallFailed(Cause.TOO_LARGE)
        form = form_fields(self._dialect, request.language, settings.form)
        # The sender's file name may hold a patient's name, so that it stays here.
        part: FilePart = (_FILE_NAMES.get(media_type, "document"), request.data, media_type)
        key = idempotency_key(request.data, url, form)
        return Post(url=url, headers={"Idempotency-Key": key}, form=form, files={self._dialect.request.file: part})

    def _report(self, request: ReadRequest, body: bytes) -> LabReport:
        """The report of an answer's body. Raises CallFailed."""
        answer = _parsed(body)
        settings, dialect = self._settings, self._dialect
        try:
            report = report_of(answer, dialect.shape, engine=dialect.name, min_confidence=settings.min_confidence)
        except WrongAnswer:
            raise CallFailed(Cause.WRONG_SHAPE, status=200) from None
        return _bound(report, request)

    async def start(self) -> None:
        """Nothing: the connection is opened when the first document comes."""

    async def close(self) -> None:
        """Cut what is on the way and drop the connections."""
        await self._remote.close()
        await self._auth.close()


def _body_of(answer: Answer) -> bytes:
    if answer.status != 200:
        raise CallFailed(cause_of(answer.status), status=answer.status, retry_after=answer.retry_after)
    return answer.body


def idempotency_key(data: bytes, url: str, form: dict[str, str]) -> str:
    """The same for the same document asked for in the same way, in hex."""
    asked = json.dumps([url, sorted(form.items())]).encode("utf-8")
    return hashlib.sha256(hashlib.sha256(data).digest() + asked).hexdigest()


def _with_headers(post: Post, headers: Mapping[str, str]) -> Post:
    return replace(post, headers={**post.headers, **headers})


def _parsed(body: bytes) -> object:
    """Plain values of a JSON body, numbers with their digits. Raises CallFailed."""
    try:
        return json.loads(body, parse_float=_decimal, parse_int=_integer, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise CallFailed(Cause.NOT_JSON, status=200) from None


def _decimal(text: str) -> Decimal:
    """A Decimal whose digits can be written out: an exponent must not blow it up."""
    value = Decimal(text)
    if len(text) > _MOST_DIGITS or abs(value.adjusted()) > _MOST_DIGITS:
        raise ValueError("number out of bounds")
    return value


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError("number out of bounds")
    return int(text)


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no JSON number")


def _read_document(request: ReadRequest) -> ReadDocument:
    return ReadDocument(sha256=request.document.sha256, media_type=request.document.media_type)


def _bound(report: LabReport, request: ReadRequest) -> LabReport:
    return replace(report, document=_read_document(request))


def _units_by_code(packs: Packs) -> dict[str, frozenset[str]]:
    """All units a LOINC code of the packs is printed in; codes that may stand without a unit included."""
    found: dict[str, frozenset[str]] = {}
    for analyte in packs.analytes.values():
        for code in analyte.codes:
            found[code.loinc] = found.get(code.loinc, frozenset()) | code.units
    return {code: units - {"none"} for code, units in found.items()}
