"""The rows of the model store: what a database would keep, as plain objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.domain.document import Document
from engine.domain.message import DeliveryState, DeliveryStatus, MessageId, MessageState, settled_state
from engine.domain.reasons import Reason
from engine.ports.store import NewDelivery, NewMessage, StageOutput, TimelineEntry

UNFINISHED = (MessageState.RECEIVED, MessageState.PROCESSING)
OPEN = (DeliveryState.QUEUED, DeliveryState.SENDING)


@dataclass(slots=True)
class Dlv:
    """A delivery."""

    new: NewDelivery
    number: int
    message: Msg
    queued_at: datetime
    state: DeliveryState = DeliveryState.QUEUED
    run_id: int = 1
    attempts: int = 0
    rejects: int = 0
    ack_code: str = ""
    answer: bytes | None = None
    next_at: datetime | None = None
    sent_at: datetime | None = None
    reason: Reason | None = None
    error: str = ""
    holds: bool = False


@dataclass(slots=True)
class Case:
    """A review case."""

    id: str
    number: int
    message: Msg
    run_id: int
    reasons: tuple[Reason, ...]
    opened_at: datetime
    state: str = "open"


@dataclass(slots=True)
class Msg:
    """A message with its work, when it has any."""

    new: NewMessage
    sequence: int
    reasons: tuple[Reason, ...]
    state: MessageState = MessageState.RECEIVED
    is_final: bool = False
    run_id: int = 1
    findings: tuple[Reason, ...] = ()
    error: str = ""
    documents: tuple[Document, ...] = ()
    duplicate_of: MessageId | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, StageOutput] = field(default_factory=dict)
    dossiers: dict[str, str] = field(default_factory=dict)
    timeline: list[TimelineEntry] = field(default_factory=list)
    deliveries: list[Dlv] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    has_work: bool = True
    stage: str = ""
    attempts: int = 0
    holds: bool = False
    touched: bool = False
    """A person acted on it: its place in the order is that person's choice."""

    @property
    def key(self) -> tuple[str, str]:
        return self.new.channel, self.new.ordering_key

    @property
    def dossier(self) -> str:
        return next(reversed(self.dossiers.values()), "")

    def put_dossier(self, stage: str, text: str) -> None:
        self.dossiers.pop(stage, None)
        self.dossiers[stage] = text

    def settle(self) -> None:
        """Where its deliveries and cases leave it, unless it is worked on or its end was set."""
        if self.is_final or self.state in UNFINISHED:
            return
        self.state = self.computed

    @property
    def computed(self) -> MessageState:
        return settled_state(
            review_open=any(case.state == "open" for case in self.cases),
            deliveries=[DeliveryStatus(state=item.state, required=item.new.required) for item in self.deliveries],
        )


@dataclass(slots=True)
class Key:
    """An ordering key that has work: its messages by sequence, its lease, and until when it waits."""

    channel: str
    name: str
    work: dict[int, Msg] = field(default_factory=dict)
    owner: str = ""
    epoch: int = 0
    lease_until: float = 0.0
    not_before: datetime | None = None


@dataclass(slots=True)
class LaneRow:
    """A destination queue: its lease, and the deliveries that are not over."""

    channel: str
    destination: str
    owner: str = ""
    epoch: int = 0
    lease_until: float = 0.0
    all: list[Dlv] = field(default_factory=list)
    open: dict[str, list[Dlv]] = field(default_factory=dict)
    """By ordering key, in order: what is queued, or parked and holds the key."""
