"""An in-memory store that reads as the port promises, and services around it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from engine.domain.document import Document
from engine.domain.message import ContentKind, DeliveryState, MessageId, MessageState
from engine.domain.reasons import Reason, reason
from engine.ports.store import (
    DeliveryView,
    Fingerprint,
    FingerprintOwner,
    MessageDetail,
    MessageQuery,
    MessageView,
    QueueView,
    ReviewQuery,
    ReviewView,
    StoreError,
    StoreFigures,
    TimelineEntry,
)
from engine.web.services import WebServices

START = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
TOKEN = "t0ken-for-tests-0123456789"


@dataclass
class FakeClock:
    seconds: float = 1000.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class FakeObserver:
    notes: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def note(self, event: str, /, *, level: str = "info", **fields: str | float | None) -> None:
        self.notes.append((event, {"level": level, **fields}))

    def count(self, metric: str, /, amount: float = 1, **labels: str) -> None:
        self.notes.append((metric, {"amount": amount, **labels}))

    def observe(self, metric: str, /, value: float, **labels: str) -> None:
        self.notes.append((metric, {"value": value, **labels}))


@dataclass
class FakeStore:
    details: list[MessageDetail] = field(default_factory=list)
    raws: dict[str, bytes] = field(default_factory=dict)
    acks: dict[str, bytes] = field(default_factory=dict)
    payloads: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    review_views: list[ReviewView] = field(default_factory=list)
    queues: tuple[QueueView, ...] = ()
    owners: list[FingerprintOwner] = field(default_factory=list)
    writable: bool = True
    broken: bool = False
    calls: list[str] = field(default_factory=list)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.broken:
            raise StoreError("broken")

    async def search(self, query: MessageQuery) -> list[MessageView]:
        self._called("search")
        newest_first = sorted(self.details, key=lambda item: item.message.sequence, reverse=True)
        return [item.message for item in newest_first if _fits(item, query)][: query.limit]

    async def get(self, message_id: MessageId) -> MessageDetail | None:
        self._called("get")
        return next((item for item in self.details if item.message.id == message_id), None)

    async def raw(self, message_id: MessageId) -> bytes | None:
        self._called("raw")
        return self.raws.get(message_id)

    async def ack_sent(self, message_id: MessageId) -> bytes | None:
        self._called("ack_sent")
        return self.acks.get(message_id)

    async def payload(self, delivery_id: str) -> bytes | None:
        self._called("payload")
        return self.payloads.get(delivery_id)

    async def answer(self, delivery_id: str) -> bytes | None:
        self._called("answer")
        return self.answers.get(delivery_id)

    async def reviews(self, query: ReviewQuery) -> list[ReviewView]:
        self._called("reviews")
        found = [
            item
            for item in sorted(self.review_views, key=lambda one: one.id, reverse=True)
            if query.state in ("", item.state)
            and query.channel in ("", item.channel)
            and (not query.before or item.id < query.before)
        ]
        return found[: query.limit]

    async def figures(self) -> StoreFigures:
        self._called("figures")
        counts: dict[tuple[str, str], int] = {}
        for item in self.details:
            key = (item.message.channel, item.message.state.value)
            counts[key] = counts.get(key, 0) + 1
        opened = [item for item in self.review_views if item.state == "open"]
        return StoreFigures(
            messages=counts,
            queues=self.queues,
            reviews_open=len(opened),
            oldest_review_at=min((item.opened_at for item in opened), default=None),
            work_waiting=0,
        )

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        self._called("find_fingerprints")
        return [item for item in self.owners if any(asked.asks_for(item.fingerprint) for asked in fingerprints)]

    async def is_writable(self) -> bool:
        self._called("is_writable")
        return self.writable


def _fits(item: MessageDetail, query: MessageQuery) -> bool:
    view = item.message
    texts = {view.id, view.control_id, *item.metadata.values()}
    return (
        query.control_id in ("", view.control_id)
        and query.channel in ("", view.channel)
        and query.state in ("", view.state.value)
        and (not query.text or query.text in texts)
        and (query.before is None or view.sequence < query.before)
    )


def message_id(number: int) -> MessageId:
    return MessageId(f"01HRACE{number:019d}")


def view(number: int, **changes: object) -> MessageView:
    made = MessageView(
        id=message_id(number),
        sequence=number,
        channel="lab-reports",
        source="lab",
        control_id=f"MSG{number:05d}",
        message_type="ORU^R01",
        kind=ContentKind.ER7,
        received_at=START + timedelta(minutes=number),
        state=MessageState.DELIVERED,
        reasons=(),
        patient_mrn=f"MRN{number:04d}",
        documents=(),
        deliveries=(delivery(number),),
        size_bytes=2048,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def delivery(number: int, **changes: object) -> DeliveryView:
    made = DeliveryView(
        id=f"d{number}",
        destination="ehr",
        state=DeliveryState.SENT,
        control_id=f"HR{number:06d}",
        attempts=1,
        ack_code="AA",
        required=True,
        queued_at=START,
        sent_at=START + timedelta(seconds=1),
        next_attempt_at=None,
        error="",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def detail(message: MessageView, *, dossier: str = "", metadata: dict[str, str] | None = None) -> MessageDetail:
    timeline = (
        TimelineEntry(
            at=message.received_at, action="accept", actor=f"source:{message.source}", detail='{"bytes": 2048}'
        ),
        TimelineEntry(at=message.received_at, action="deliver", actor="engine", detail='{"destination": "ehr"}'),
    )
    known = {"patient_mrn": message.patient_mrn or ""} if metadata is None else metadata
    return MessageDetail(message=message, dossier=dossier, outputs=(), timeline=timeline, metadata=known)


def review(number: int, message: MessageView, **changes: object) -> ReviewView:
    made = ReviewView(
        id=f"r{number:05d}",
        message_id=message.id,
        channel=message.channel,
        state="open",
        reasons=(reason("patient.conflict", field="patient"), reason("value.ambiguous", field="results[r3].value")),
        opened_at=message.received_at,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def document(data_sha256: str, size: int) -> Document:
    return Document(sha256=data_sha256, media_type="application/pdf", size_bytes=size, location="OBX[1]-5")


def a_reason(code: str, place: str = "") -> Reason:
    return reason(code, field=place)


async def no_metrics() -> bytes:
    return b"# HELP up 1 if it runs\n"


def services(store: FakeStore, **changes: object) -> WebServices:
    made = WebServices(
        store=store,  # type: ignore[arg-type]
        clock=FakeClock(),
        observer=FakeObserver(),
        admin_token=TOKEN,
        metrics_text=no_metrics,
        version="0.1.0",
        allowed_hosts=("localhost",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]
