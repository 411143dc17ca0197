"""Any order of arrival of a version history, with repeats, ends in the same final state at the EHR."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.dossier import Dossier
from engine.domain.message import ContentKind, MessageId, MessageState
from engine.domain.outcome import Duplicate, plan_release
from engine.domain.patient import Decision, Match
from engine.domain.reasons import merge
from engine.mapping import oru_out
from engine.pipeline import release
from engine.pipeline.plan import ChannelPlan
from engine.plugins.stages.dedupe import Dedupe
from engine.ports.content import Content
from engine.ports.destination import Outgoing, RetryPolicy
from engine.ports.stage import StageContext
from engine.ports.store import Fingerprint, FingerprintOwner, WorkItem
from tests.support.dossiers import MATCHED, NOW, RECORD
from tests.support.intake_fakes import RecordingObserver
from tests.support.lab_messages import PID

pytestmark = pytest.mark.slow
CODES = ("2345-7^Glucose^LN", "2160-0^Creatinine^LN", "2951-2^Sodium^LN", "2823-3^Potassium^LN")
Key = tuple[str, str, str]
"""OBR-3, OBX-3.1, OBX-4."""


class Ehr:
    """A receiver that keeps each result by its identity, as the last message said; withdrawn ones are gone."""

    def __init__(self) -> None:
        self.kept: dict[Key, tuple[str, str]] = {}
        self.received = 0

    def apply(self, message: bytes) -> None:
        self.received += 1
        filler = ""
        for line in message.decode().split("\r"):
            fields = [*line.split("|"), *[""] * 12]
            if fields[0] == "OBR":
                filler = fields[3]
            elif fields[0] == "OBX":
                key = (filler, fields[3].split("^")[0], fields[4])
                if fields[11] in ("D", "W", "X"):
                    self.kept.pop(key, None)
                else:
                    self.kept[key] = (fields[5], fields[11])


class Oru:
    """Writes ORU as the MLLP destination does."""

    retry = RetryPolicy()
    required = True
    media_type = "application/hl7-v2"

    def build(self, outgoing: Outgoing) -> bytes:
        return oru_out.build(
            dossier=outgoing.dossier, documents={}, release=outgoing.release, control_id=outgoing.control_id,
            built_at=outgoing.built_at, options=oru_out.OruOptions(),
        )  # fmt: skip


class Site:
    """decode, dedupe, release and an EHR over a list of fingerprints: what comes of messages, in their order."""

    def __init__(self) -> None:
        self.owners: dict[tuple[str, str], tuple[MessageId, str]] = {}
        self.ehr = Ehr()
        self.states: list[MessageState] = []
        self.codes: list[list[str]] = []
        self.supersedes: list[str] = []
        self.observer = RecordingObserver()
        self._stage = Dedupe(self, self.observer)
        self._plan = ChannelPlan(name="lab", stages=(), destinations={"ehr": Oru()})  # type: ignore[dict-item]

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        held = [(Fingerprint(kind=kind, value=value), owner) for (kind, value), owner in self.owners.items()]
        return [
            FingerprintOwner(
                fingerprint=item, message_id=owner[0], state=self.states[int(owner[0][1:])], detail=owner[1]
            )
            for item, owner in held
            if any(asked.asks_for(item) for asked in fingerprints)
        ]

    async def take(self, raw: bytes, patient: Match = MATCHED) -> None:
        """One message, the whole way."""
        number = MessageId(f"M{len(self.states)}")
        self.states.append(MessageState.PROCESSING)
        content = Content(raw)
        documents = tuple(item.document for item in content.decoded.documents)
        dossier = Dossier(inbound=content.decoded.inbound, documents=documents, patient=patient)
        outcome = await self._stage.run(
            dossier, StageContext(message_id=number, channel="lab", content=content, now=NOW)
        )
        self.codes.append([item.code for item in merge(outcome.dossier.reasons)])
        self.supersedes.append(outcome.dossier.supersedes)
        if isinstance(outcome, Duplicate):
            self.states[-1] = MessageState.DUPLICATE
            return
        item = WorkItem(
            id=number, sequence=len(self.states), channel="lab", source="mllp", kind=ContentKind.ER7,
            message_type="ORU^R01", control_id=number, file_name="", received_at=NOW, raw=raw, sha256="a" * 64,
        )  # fmt: skip
        done = release.finish(item, self._plan, outcome.dossier, content, NOW + timedelta(seconds=len(self.states)))
        for mark in done.fingerprints:
            assert (mark.kind, mark.value) not in self.owners, "claimed twice"
            self.owners[mark.kind, mark.value] = (number, done.fingerprint_detail)
        for delivery in done.deliveries:
            self.ehr.apply(delivery.body)
        held = bool(plan_release(outcome.dossier).reasons)
        self.states[-1] = MessageState.REVIEW if held else MessageState.DELIVERED


def version(
    number: int, results: Sequence[tuple[int, str, str]], *, status: str = "F", filler: str = "F200", again: int = 0
) -> bytes:
    """A message reported at minute `number`: results as (test, value, OBX-11); `again` counts its repeats."""
    head = f"MSH|^~\\&|LIS|LAB|EHR|HOSP|202603011{number:03}{again:02}||ORU^R01^ORU_R01|C{number}-{again}|P|2.5.1"
    obr = f"OBR|1|P100|{filler}|24323-8^Panel^LN|||202603010815|||||||||||||||202603011{number:03}00|||{status}"
    lines = [
        f"OBX|{place}|NM|{CODES[test]}||{value}|mg/dL^mg/dL^UCUM|||||{flag}"
        for place, (test, value, flag) in enumerate(results, start=1)
    ]
    return "".join(f"{line}\r" for line in (head, PID, obr, *lines)).encode()


def _run(messages: Sequence[bytes]) -> Site:
    async def all_of_them() -> Site:
        site = Site()
        for message in messages:
            await site.take(message)
        return site

    return asyncio.run(all_of_them())


STATUSES = ("P", "P", "F", "C", "C", "C")
VALUES = st.sampled_from(["90", "105", "140"])


@st.composite
def snapshots(draw: st.DrawFn) -> list[tuple[int, list[tuple[int, str, str]], str]]:
    """A history whose versions each hold the whole order, from preliminary to corrected, some results withdrawn."""
    tests = draw(st.lists(st.sampled_from(range(len(CODES))), min_size=1, max_size=4, unique=True))
    found = []
    for number in range(draw(st.integers(min_value=1, max_value=5))):
        status = STATUSES[number]
        flag = st.sampled_from([status] * 4 + (["W", "D"] if status == "C" else []))
        found.append((number, [(test, draw(VALUES), draw(flag)) for test in tests], status))
    return found


@st.composite
def arrivals(draw: st.DrawFn, history: Sequence[object]) -> list[tuple[int, int]]:
    """Every version at least once, in any order, some again: (index, which repeat)."""
    wanted = draw(st.permutations(range(len(history))))
    again = draw(st.lists(st.sampled_from(range(len(history))), max_size=4))
    found: list[tuple[int, int]] = []
    seen = dict.fromkeys(range(len(history)), 0)
    for index in (*wanted, *again):
        found.insert(draw(st.integers(min_value=0, max_value=len(found))), (index, seen[index]))
        seen[index] += 1
    return found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_arrival_ends_in_the_same_state(data: st.DataObject) -> None:
    """Late, doubled, in reverse: the EHR ends with what the newest version says, and nothing leaves twice."""
    history = data.draw(snapshots())
    order = data.draw(arrivals(history))
    in_order = _run([version(number, results, status=status) for number, results, status in history])
    mixed = _run([version(*history[index][:2], status=history[index][2], again=again) for index, again in order])
    number, results, _ = history[-1]
    assert mixed.ehr.kept == in_order.ehr.kept
    assert mixed.ehr.kept == {
        ("F200", CODES[test].split("^")[0], ""): (value, flag)
        for test, value, flag in results
        if flag not in ("D", "W")
    }
    assert mixed.ehr.received <= len(history)
    assert number == len(history) - 1


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_held_version_is_seen_by_a_person(data: st.DataObject) -> None:
    """Versions of parts of an order, in any order: no result is older at the EHR than one that left, none gets lost."""
    tests = st.lists(st.sampled_from(range(len(CODES))), min_size=1, max_size=3, unique=True)
    count = data.draw(st.integers(min_value=2, max_value=5))
    history = [
        (number, [(test, str(100 + 10 * number + test), "F") for test in data.draw(tests)]) for number in range(count)
    ]
    order = data.draw(st.permutations(range(count)))
    site = _run([version(*history[index]) for index in order])
    left = [index for place, index in enumerate(order) if site.states[place] is MessageState.DELIVERED]
    for test in range(len(CODES)):
        said = [number for number, results in history if any(item[0] == test for item in results)]
        sent = [number for number in said if number in left]
        kept = site.ehr.kept.get(("F200", CODES[test].split("^")[0], ""))
        assert (kept[0] if kept else None) == (str(100 + 10 * max(sent) + test) if sent else None)
    held = [codes for place, codes in enumerate(site.codes) if site.states[place] is MessageState.REVIEW]
    assert all("version.stale" in codes for codes in held)
    assert len(left) + len(held) == count


def test_preliminary_final_corrected_in_order_all_leave() -> None:
    """The normal course is unchanged: three messages, three deliveries, each linked to the one it replaces."""
    messages = [version(n, [(0, str(100 + n), status)], status=status) for n, status in enumerate(("P", "F", "C"))]
    site = _run(messages)
    assert site.states == [MessageState.DELIVERED] * 3
    assert site.supersedes == ["", "M0", "M1"]
    assert site.codes == [[], [], []]
    assert site.ehr.kept == {("F200", "2345-7", ""): ("102", "C")}


@pytest.mark.parametrize("status", ["W", "D"])
def test_a_withdrawn_result_is_taken_back_at_once_and_seen_by_a_person(status: str) -> None:
    """The OBX leaves with its status under the same numbers; a case stands beside it, and the log alerts."""
    site = _run([version(0, [(0, "105", "F")]), version(1, [(0, "105", status)], status="C")])
    assert site.ehr.kept == {}
    assert site.states == [MessageState.DELIVERED, MessageState.REVIEW]
    assert site.codes[1] == ["result.withdrawn"]
    (alert,) = site.observer.events("dedupe.result_withdrawn")
    assert (alert["level"], alert["reason"], alert["message_id"]) == ("warning", status, "M1")


def test_a_late_withdrawal_never_takes_the_repaired_result_back() -> None:
    """Final, withdrawn, final again: the withdrawal that arrives last goes to a person."""
    repaired = version(2, [(0, "99", "C")], status="C")
    site = _run([version(0, [(0, "105", "F")]), repaired, version(1, [(0, "105", "W")], status="C")])
    assert site.ehr.kept == {("F200", "2345-7", ""): ("99", "C")}
    assert "version.stale" in site.codes[2]


def test_a_cancelled_order_takes_back_what_was_delivered() -> None:
    """OBR-25 X without any result: each delivered result leaves as OBX-11 X; once."""
    cancel = [version(3, [], status="X", again=again) for again in (0, 1)]
    site = _run([version(0, [(0, "105", "F"), (1, "1.1", "F")]), cancel[0], cancel[1]])
    assert site.ehr.kept == {}
    assert site.codes[1] == ["result.withdrawn"]
    assert site.ehr.received == 2


def test_going_back_to_an_earlier_value_is_a_new_version() -> None:
    """105, corrected to 99, corrected back to 105: the EHR ends with 105."""
    values = ("105", "99", "105")
    site = _run([version(n, [(0, value, "C")], status="C") for n, value in enumerate(values)])
    assert site.ehr.kept == {("F200", "2345-7", ""): ("105", "C")}
    assert site.states == [MessageState.DELIVERED] * 3


def test_the_next_test_of_an_order_is_no_stale_version() -> None:
    """Another test of the order, reported earlier and arriving later, overwrites nothing and leaves."""
    site = _run([version(2, [(0, "105", "F")]), version(1, [(1, "1.1", "F")])])
    assert site.states == [MessageState.DELIVERED] * 2
    assert len(site.ehr.kept) == 2


def test_two_statements_of_one_age_go_to_a_person() -> None:
    """Equal times, equal status, other value: nothing tells which one is right."""
    site = _run([version(1, [(0, "105", "F")]), version(1, [(0, "99", "F")])])
    assert site.codes[1] == ["duplicate.conflict"]
    assert site.ehr.kept == {("F200", "2345-7", ""): ("105", "F")}


def test_a_long_history_is_seen_to_its_end() -> None:
    """Twenty versions: a late first one is held all the same."""
    site = _run([version(n, [(0, str(n), "C")], status="C") for n in (*range(1, 21), 0)])
    assert site.codes[-1] == ["version.stale"]
    assert site.ehr.kept == {("F200", "2345-7", ""): ("20", "C")}


def test_a_history_whose_beginning_is_gone_is_seen() -> None:
    """Of twenty versions the first nine were pruned, the next eight closed: a late old one is held all the same."""

    async def play() -> Site:
        site = Site()
        for number in range(1, 21):
            await site.take(version(number, [(0, str(number), "C")], status="C"))
        site.owners = {mark: owner for mark, owner in site.owners.items() if int(owner[0][1:]) >= 9}
        for number in range(9, 17):
            site.states[number] = MessageState.WITHDRAWN
        await site.take(version(0, [(0, "0", "C")], status="C"))
        return site

    site = asyncio.run(play())
    assert site.codes[-1] == ["version.stale"]
    assert site.ehr.kept == {("F200", "2345-7", ""): ("20", "C")}


def test_an_order_that_moves_to_another_patient_goes_to_a_person() -> None:
    """The same order number, service and day of collection for another certain patient: held, and the first one named."""
    other = replace(MATCHED, record=replace(RECORD, mrn="5000", family="Hart", given="Bob"))
    messages = [version(0, [(0, "105", "F")]), version(1, [(0, "105", "C")], status="C")]

    async def both(second: Match) -> Site:
        site = Site()
        await site.take(messages[0])
        await site.take(messages[1], second)
        return site

    site = asyncio.run(both(other))
    assert site.codes[1] == ["patient.conflict"]
    assert site.ehr.received == 1
    unsure = asyncio.run(both(replace(other, decision=Decision.REVIEW, reason_code="patient.ambiguous")))
    assert unsure.codes[1] == []
    assert unsure.ehr.received == 1
