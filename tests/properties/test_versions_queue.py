"""Any arrival of a history, while the receiver refuses, is silent or loses answers: no older version behind a newer one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.dossier import Dossier
from engine.domain.message import DeliveryState, MessageId, MessageState
from engine.domain.outcome import Duplicate
from engine.pipeline import release
from engine.pipeline.plan import ChannelPlan
from engine.plugins.stages.dedupe import Dedupe
from engine.ports.content import Content
from engine.ports.stage import StageContext
from engine.ports.store import AuditEntry, DeliveryResult, Fingerprint, FingerprintOwner, NewerSent, NewMessage
from tests.contracts.store_kit import FrozenClock
from tests.properties.test_versions import CODES, Ehr, Oru, arrivals, snapshots, version
from tests.simulation.model_bank import Bank
from tests.simulation.model_rows import Dlv
from tests.support.dossiers import MATCHED
from tests.support.intake_fakes import RecordingObserver

pytestmark = pytest.mark.slow
ACT = AuditEntry(action="retry", actor="ada")
MOODS = ("AA", "AA", "AE", "silent", "lost")
"""What becomes of a delivery: taken, refused, no answer, taken without an answer."""
Step = tuple[str, int]


class WatchedEhr(Ehr):
    """Also knows how old each result is that it took last; `undone` counts older ones that came behind."""

    def __init__(self) -> None:
        super().__init__()
        self.ages: dict[str, str] = {}
        self.undone = 0

    def apply(self, message: bytes) -> None:
        super().apply(message)
        age = ""
        for line in message.decode().split("\r"):
            fields = line.split("|")
            if fields[0] == "OBR":
                age = fields[22]
            elif fields[0] == "OBX":
                code = fields[3].split("^")[0]
                self.undone += age < self.ages.get(code, "")
                self.ages[code] = age


class Desk:
    """decode, dedupe and release over the model of the store, a queue and a receiver with moods.

    Args:
        is_ordered: all messages of the patient in one key; else each has a key of its own (`order: none`).
    """

    def __init__(self, *, is_ordered: bool) -> None:
        self.clock = FrozenClock()
        self.bank = Bank(self.clock.now, self.clock.monotonic)
        self.ehr = WatchedEhr()
        self._is_ordered = is_ordered
        self._stage = Dedupe(self, RecordingObserver())
        self._plan = ChannelPlan(name="lab", stages=(), destinations={"ehr": Oru()})  # type: ignore[dict-item]
        self._on_wire: Dlv | None = None
        lane = self.bank.open_lane("node", "lab", "ehr")
        if lane is None:
            raise AssertionError("the queue is taken")
        self._lane = lane

    async def find_fingerprints(self, fingerprints: Sequence[Fingerprint]) -> list[FingerprintOwner]:
        return self.bank.owners(list(fingerprints))

    async def take(self, raw: bytes) -> None:
        """One message, as far as its queue."""
        number = len(self.bank.order)
        new = NewMessage(
            id=MessageId(f"M{number:03}"), channel="lab", source="mllp", received_at=self.clock.now(), raw=raw,
            ordering_key="patient" if self._is_ordered else f"own{number}", sha256=hashlib.sha256(raw).hexdigest(),
        )  # fmt: skip
        self.bank.accept([new], timedelta(days=1))
        (lease,) = self.bank.claim("node", 9, 9)
        (item,) = lease.items
        content = Content(raw)
        dossier = Dossier(inbound=content.decoded.inbound, patient=MATCHED)
        seen = await self._stage.run(
            dossier, StageContext(message_id=item.id, channel="lab", content=content, now=self.clock.now())
        )
        if isinstance(seen, Duplicate):
            change = release.end(item, seen.dossier, MessageState.DUPLICATE, duplicate_of=seen.duplicate_of)
        else:
            change = release.finish(item, self._plan, seen.dossier, content, self.clock.now())
        self.bank.advance(lease, change)
        self.bank.release(lease)

    def put_on_the_wire(self) -> None:
        """Begin to send the next delivery, if none is on its way; its end may come much later."""
        if self._on_wire is None:
            self._on_wire = next(iter(self.bank.due(self._lane, 1)), None)

    def answer(self, mood: str) -> None:
        """What comes of the delivery on its way."""
        row, self._on_wire = self._on_wire, None
        if row is None:
            return
        if mood in ("AA", "lost"):
            self.ehr.apply(row.new.body)
        state = {"AA": DeliveryState.SENT, "AE": DeliveryState.PARKED}.get(mood, DeliveryState.QUEUED)
        retry_at = self.clock.now() + timedelta(seconds=5) if state is DeliveryState.QUEUED else None
        result = DeliveryResult(delivery_id=row.new.id, state=state, retry_at=retry_at, rejected=mood == "AE")
        self.bank.settle(self._lane, [result])

    def retry(self) -> int:
        """Somebody retries everything that is parked, without force; how many were queued."""
        done = 0
        for row in list(self.bank.deliveries.values()):
            try:
                done += row.state is DeliveryState.PARKED and self.bank.retry_delivery(row.new.id, ACT)
            except NewerSent:
                continue
        return done

    def come_to_rest(self) -> None:
        """The receiver takes everything from now on."""
        while True:
            self.clock.advance(60)
            self.put_on_the_wire()
            if self._on_wire is None and not self.retry():
                return
            self.answer("AA")


@st.composite
def trouble(draw: st.DrawFn, order: Sequence[Step]) -> list[tuple[str, Step | str]]:
    """Arrivals with what the receiver and a person do between them."""
    acts = st.one_of(
        st.sampled_from([("wire", ""), ("wire", ""), ("retry", ""), ("wait", "")]),
        st.sampled_from(MOODS).map(lambda mood: ("answer", mood)),
    )
    found: list[tuple[str, Step | str]] = []
    for arrival in order:
        found += draw(st.lists(acts, max_size=4))
        found.append(("take", arrival))
    return [*found, *draw(st.lists(acts, max_size=4))]


def play(history: Sequence[tuple[int, list[tuple[int, str, str]], str]], acts: Sequence[tuple[str, object]], *, is_ordered: bool) -> Desk:  # fmt: skip
    async def all_of_it() -> Desk:
        desk = Desk(is_ordered=is_ordered)
        for act, what in acts:
            if act == "take" and isinstance(what, tuple):
                number, results, status = history[what[0]]
                await desk.take(version(number, results, status=status, again=what[1]))
            elif act == "answer":
                desk.answer(str(what))
            elif act == "wire":
                desk.put_on_the_wire()
            elif act == "retry":
                desk.retry()
            else:
                desk.clock.advance(10)
        desk.answer("AA")
        desk.come_to_rest()
        return desk

    return asyncio.run(all_of_it())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_the_receiver_does_it_ends_with_the_newest_version(data: st.DataObject) -> None:
    """Refused, silent, answers lost, retried by hand: nothing old follows, and the newest version is what stays."""
    history = data.draw(snapshots())
    acts = data.draw(trouble(data.draw(arrivals(history))))
    desk = play(history, acts, is_ordered=data.draw(st.booleans()))
    _, results, _ = history[-1]
    assert desk.ehr.undone == 0
    assert desk.ehr.kept == {
        ("F200", CODES[test].split("^")[0], ""): (value, flag)
        for test, value, flag in results
        if flag not in ("D", "W")
    }


def _number_of(raw: bytes) -> int:
    """The version a message brought, from its control id."""
    return int(raw.split(b"|")[9][1:].split(b"-")[0])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_part_of_an_order_is_lost_or_undone(data: st.DataObject) -> None:
    """Versions of parts: nothing old follows; whatever the receiver never got stays where a person sees it."""
    tests = st.lists(st.sampled_from(range(len(CODES))), min_size=1, max_size=3, unique=True)
    count = data.draw(st.integers(min_value=2, max_value=5))
    history = [
        (number, [(test, str(100 + 10 * number + test), "F") for test in data.draw(tests)], "F")
        for number in range(count)
    ]
    acts = data.draw(trouble(data.draw(arrivals(history))))
    desk = play(history, acts, is_ordered=data.draw(st.booleans()))
    assert desk.ehr.undone == 0
    seen = {MessageState.REVIEW, MessageState.PARKED}
    waiting = {_number_of(message.new.raw) for message in desk.bank.order if message.state in seen}
    for number, results, _ in history:
        for test, _, _ in results:
            newest = max(other for other, said, _ in history if any(item[0] == test for item in said))
            kept = desk.ehr.kept.get(("F200", CODES[test].split("^")[0], ""))
            if number == newest and number not in waiting:
                assert kept == (str(100 + 10 * number + test), "F")
