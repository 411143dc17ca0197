"""Every row of the answer table: design, MLLP and ACK; contract, frames and answers."""

from __future__ import annotations

import dataclasses
import hashlib

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hl7v2.header import Limits
from engine.pipeline.intake import FrameIntake
from engine.pipeline.ordering import Order, OrderBy, Queueing
from engine.plugins.sources.mllp.settings import MllpSourceSettings
from engine.ports.source import AckMode, Origin
from engine.ports.store import StoreError, StoreFull
from tests.support.intake_fakes import NOON, AcceptingStore, CountingIds, HandClock, RecordingObserver

ORIGIN = Origin(source="lab", channel="lab-reports", peer="192.0.2.1:4711", received_at=NOON)
POLICY = MllpSourceSettings.model_validate({"listen": "127.0.0.1:0"}).policy()
BODY = b"PID|1||4711^^^HOSP^MR||TESTER^TONI\rOBR|1|P1|F1|24331-1^Lipids^LN\rOBX|1|NM|2093-3^Chol^LN||187|mg/dL|||||F\r"


def message(
    *,
    kind: bytes = b"ORU^R01^ORU_R01",
    control_id: bytes = b"MSG1",
    processing_id: bytes = b"P",
    version: bytes = b"2.5.1",
    app: bytes = b"HR",
    accept: bytes = b"",
    application: bytes = b"",
    body: bytes = BODY,
) -> bytes:
    head = [b"MSH", b"^~\\&", b"LIS", b"LAB", app, b"HOSP", b"20260105120000", b"", kind, control_id, processing_id]
    return b"|".join([*head, version, b"", b"", accept, application]) + b"\r" + body


class Bench:
    """An intake over the fakes."""

    def __init__(self, **plan: Queueing) -> None:
        self.store = AcceptingStore()
        self.observer = RecordingObserver()
        self.intake = FrameIntake(
            store=self.store, clock=HandClock(), ids=CountingIds(), observer=self.observer, plan=plan
        )

    async def ask(self, frame: bytes, policy=POLICY, origin=ORIGIN) -> bytes | None:
        return await self.intake.accept_frame(frame, origin, policy)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def msa(answer: bytes | None) -> tuple[str, str]:
    """MSA-1 and MSA-2, read by python-hl7."""
    assert answer is not None
    segment = hl7.parse(answer.decode("latin-1")).segment("MSA")
    return str(segment[1]), str(segment[2]) if len(segment) > 2 else ""


def error(answer: bytes | None) -> str:
    """The code of table 0357, read by python-hl7: ERR-3.1, before 2.5 ERR-1.4.1; empty without ERR."""
    assert answer is not None
    if b"\rERR|" not in answer:
        return ""
    segment = hl7.parse(answer.decode("latin-1")).segment("ERR")
    if len(segment) > 3:
        return str(segment[3]).split("^")[0]
    return str(segment[1]).split("^")[3].split("&")[0]


async def test_a_stored_message_gets_aa(bench):
    """The positive answer names the message, and the store has its bytes, digest and identity."""
    frame = message()
    assert msa(await bench.ask(frame)) == ("AA", "MSG1")
    (stored,) = bench.store.messages
    assert (stored.raw, stored.sha256) == (frame, hashlib.sha256(frame).hexdigest())
    assert (stored.control_id, stored.message_type, stored.channel) == ("MSG1", "ORU^R01", "lab-reports")
    assert (stored.peer, stored.reasons, stored.priority) == ("192.0.2.1:4711", (), 5)


async def test_no_positive_answer_before_the_commit(bench):
    """While the store has not returned there is no answer; when it fails the answer is negative."""
    bench.store.trouble = StoreError("disk")
    answer = await bench.ask(message())
    assert (msa(answer), error(answer)) == (("AR", "MSG1"), "207")
    assert bench.store.messages == []


@pytest.mark.parametrize(
    ("changes", "code", "err"),
    [
        ({"kind": b"SIU^S12"}, "AR", "200"),
        ({"kind": b""}, "AR", "200"),
        ({"kind": b"ADT^A08"}, "AR", "200"),
        ({"kind": b"ORU^W01"}, "AR", "201"),
        ({"kind": b"MDM^T12"}, "AR", "201"),
        ({"kind": b"ORU"}, "AR", "201"),
        ({"processing_id": b"T"}, "AR", "202"),
        ({"processing_id": b"D^T"}, "AR", "202"),
        ({"version": b"3.0"}, "AR", "203"),
        ({"version": b"2.3.z"}, "AR", "203"),
        ({"control_id": b""}, "AR", "101"),
        ({"body": BODY + message()}, "AE", "100"),
        ({"body": b"PID|1\x00\r"}, "AE", "100"),
    ],
)
async def test_refusals_original_and_enhanced(bench, changes, code, err):
    """Each refusal has its MSA-1 and ERR-3; enhanced mode uses the C-code of the same kind."""
    answer = await bench.ask(message(**changes))
    assert (msa(answer)[0], error(answer)) == (code, err)
    answer = await bench.ask(message(**changes, accept=b"AL"))
    assert (msa(answer)[0], error(answer)) == ({"AR": "CR", "AE": "CE"}[code], err)
    assert bench.store.messages == []
    assert [note["reason"] for note in bench.observer.events("intake.refused")] != []


@pytest.mark.parametrize(
    "limits",
    [Limits(segments=3), Limits(fields=12), Limits(repetitions=1)],
)
async def test_structure_limits(bench, limits):
    """A message past a limit gets AE with ERR 104, one at the limit is stored."""
    frame = message(body=BODY + b"NTE|1||a~b\r")
    answer = await bench.ask(frame, dataclasses.replace(POLICY, limits=limits))
    assert (msa(answer)[0], error(answer)) == ("AE", "104")
    exact = Limits(segments=5, fields=20, repetitions=2)
    assert msa(await bench.ask(frame, dataclasses.replace(POLICY, limits=exact)))[0] == "AA"


@pytest.mark.parametrize(
    "frame", [b"", b"\r\n", b"MSH", b"MSH|", b"msh|^~\\&|a", b"PID|1\r", b"hello", b"\xff\xfe\x00"]
)
async def test_frames_without_msh(bench, frame):
    """No MSH: AR, ERR 100, MSA-2 empty; or nothing where the source says so; counted either way."""
    answer = await bench.ask(frame)
    assert (msa(answer), error(answer)) == (("AR", ""), "100")
    silent = dataclasses.replace(POLICY, answer_unparseable=False, answer_empty=False)
    assert await bench.ask(frame, silent) is None
    assert len(bench.observer.events("intake.refused")) == 2


@pytest.mark.parametrize("lead", [b"\xef\xbb\xbf", b"\r\n", b"\n ", b"\xef\xbb\xbf\r"])
async def test_leading_marks_are_forgiven(bench, lead):
    """A byte order mark and blanks in front of MSH do not matter; the bytes are stored as received."""
    assert msa(await bench.ask(lead + message()))[0] == "AA"
    assert bench.store.messages[0].raw.startswith(lead)


@pytest.mark.parametrize(
    ("accept", "application", "stored", "refused"),
    [
        (b"AL", b"NE", "CA", "CR"),
        (b"SU", b"NE", "CA", None),
        (b"ER", b"AL", None, "CR"),
        (b"NE", b"NE", None, None),
        (b"", b"AL", None, None),
        (b"AL", b"", "CA", "CR"),
        (b"ACCEPT", b"ACKNOWLEDGE", "AA", "AR"),
    ],
)
async def test_accept_conditions(bench, accept, application, stored, refused):
    """MSH-15 decides whether an accept acknowledgement goes out; words outside table 0155 mean original mode."""
    good = await bench.ask(message(accept=accept, application=application))
    bad = await bench.ask(message(accept=accept, application=application, processing_id=b"T"))
    assert (good and msa(good)[0]) == stored
    assert (bad and msa(bad)[0]) == refused
    assert len(bench.store.messages) == 1


async def test_modes_forced_by_the_source(bench):
    """A source may answer one way whatever the message asks; enhanced by force still answers a message that is silent."""
    original = dataclasses.replace(POLICY, ack_mode=AckMode.ORIGINAL)
    enhanced = dataclasses.replace(POLICY, ack_mode=AckMode.ENHANCED)
    assert msa(await bench.ask(message(accept=b"NE", control_id=b"1"), original))[0] == "AA"
    assert msa(await bench.ask(message(control_id=b"2"), enhanced))[0] == "CA"
    assert await bench.ask(message(accept=b"NE", control_id=b"3"), enhanced) is None


@pytest.mark.parametrize(
    ("trouble", "policy_code", "accept", "code"),
    [
        (StoreFull("full"), "AR", b"", "AR"),
        (StoreError("io"), "AE", b"", "AE"),
        (StoreFull("full"), "AR", b"AL", "CE"),
        (StoreError("io"), "AE", b"AL", "CE"),
    ],
)
async def test_store_failures(bench, trouble, policy_code, accept, code):
    """What cannot be stored is refused with ERR 207, and accepted once the store is well again."""
    bench.store.trouble = trouble
    policy = dataclasses.replace(POLICY, on_store_error=policy_code)
    answer = await bench.ask(message(accept=accept), policy)
    assert (msa(answer)[0], error(answer)) == (code, "207")
    bench.store.trouble = None
    assert msa(await bench.ask(message(accept=accept), policy))[0] in {"AA", "CA"}


async def test_retransmission_gets_the_first_answer(bench):
    """The same bytes again get the stored answer byte for byte, and nothing is stored twice."""
    first = await bench.ask(message())
    assert await bench.ask(message()) == first
    assert len(bench.store.messages) == 1
    assert len(bench.observer.events("intake.retransmission")) == 1


async def test_retransmission_of_silence_is_silence(bench):
    """Where the first answer was nothing, so is the second."""
    frame = message(accept=b"NE", application=b"NE")
    assert [await bench.ask(frame), await bench.ask(frame)] == [None, None]
    assert len(bench.store.messages) == 1


async def test_same_id_other_bytes_is_a_new_message(bench):
    """A reused control id is accepted and noted."""
    await bench.ask(message())
    assert msa(await bench.ask(message(body=BODY + b"NTE|1||x\r")))[0] == "AA"
    assert len(bench.store.messages) == 2
    assert bench.observer.events("intake.accepted")[1]["reason"] == "control_id.reused"


async def test_dedupe_identity_is_per_sender(bench):
    """Source, MSH-3 and MSH-4 belong to the identity; nothing of them can be read off it."""
    await bench.ask(message())
    await bench.ask(message().replace(b"|LIS|", b"|LIS2|"))
    await bench.ask(message(), origin=dataclasses.replace(ORIGIN, source="other"))
    senders = {item.dedupe_sender for item in bench.store.messages}
    assert len(senders) == 3
    assert all(len(sender) == 16 for sender in senders)


@pytest.mark.parametrize(
    "frame", [b"MSH|^~\\&|A|B|C|D|1||ACK^R01|9|P|2.5\rMSA|AA|77\r", message(body=b"MSA|AE|1\r" + BODY)]
)
async def test_an_ack_is_never_answered(bench, frame):
    """An acknowledgement is noted; nothing is stored and nothing goes back."""
    assert await bench.ask(frame) is None
    assert bench.intake.refuse_oversize(frame, ORIGIN, POLICY) is None
    assert bench.store.messages == []
    assert bench.observer.counted("acks", code="received") == 2


async def test_empty_version_and_processing_id_have_reasons(bench):
    """Empty MSH-11 and MSH-12 count as P and 2.3, and the message says so."""
    await bench.ask(message(version=b"", processing_id=b""))
    reasons = [(item.code, item.field) for item in bench.store.messages[0].reasons]
    assert reasons == [("version.missing", "MSH-12"), ("processing_id.missing", "MSH-11")]


async def test_other_accept_lists(bench):
    """Listed events, wildcards, processing ids and receiving applications are taken, others are not."""
    policy = dataclasses.replace(
        POLICY,
        types=POLICY.types | {"ADT^*"},
        processing_ids=frozenset({"P", "T"}),
        receiving_applications=frozenset({"HR"}),
    )
    assert msa(await bench.ask(message(kind=b"ADT^A08", processing_id=b"T"), policy))[0] == "AA"
    answer = await bench.ask(message(app=b"OTHER"), policy)
    assert (msa(answer)[0], error(answer)) == ("AR", "103")
    assert bench.observer.counted("messages_received", type="ADT^*") == 1


@pytest.mark.parametrize("control_id", [b"A&B^C~D", b"\\T\\", b"x" * 5000, b"\xfc\xe4", b"a b ", b'""'])
async def test_control_id_is_echoed_byte_for_byte(bench, control_id):
    """MSA-2 is MSH-10 whatever it holds."""
    answer = await bench.ask(message(control_id=control_id))
    assert answer is not None
    assert b"\rMSA|AA|" + control_id + b"\r" in answer


async def test_batch_is_one_answer_with_one_ack_a_message(bench):
    """A batch is stored in one call, linked by its id, and answered by BHS to BTS; a bad message does not stop others."""
    inner = [message(control_id=b"B1"), message(control_id=b"B2", processing_id=b"T"), message(control_id=b"B3")]
    frame = b"FHS|^~\\&|LIS\rBHS|^~\\&|LIS|LAB|HR|HOSP|2026||||BATCH7\r" + b"".join(inner) + b"BTS|3\rFTS|1\r"
    answer = await bench.ask(frame)
    assert answer is not None
    codes = [(str(item.segment("MSA")[1]), str(item.segment("MSA")[2])) for item in hl7.parse_batch(answer.decode())]
    assert codes == [("AA", "B1"), ("AR", "B2"), ("AA", "B3")]
    assert bench.store.calls == [2]
    assert [item.raw for item in bench.store.messages] == [inner[0], inner[2]]
    assert len({item.batch_id for item in bench.store.messages}) == 1
    assert bench.store.messages[0].batch_id


async def test_batch_without_store(bench):
    """When the store fails every message of the batch is refused."""
    bench.store.trouble = StoreFull("full")
    answer = await bench.ask(b"BHS|^~\\&|LIS\r" + message(control_id=b"B1") + message(control_id=b"B2") + b"BTS|2\r")
    assert answer is not None
    assert answer.count(b"MSA|AR|") == 2


async def test_batch_edges(bench):
    """An empty batch gets an empty batch; one of which nobody wants an answer, or of ACKs, gets nothing."""
    answer = await bench.ask(b"BHS|^~\\&|LIS\rBTS|0\r")
    assert answer is not None
    assert answer.split(b"\r")[1] == b"BTS|0"
    assert await bench.ask(b"BHS|^~\\&|LIS\r" + message(accept=b"NE") + b"BTS|1\r") is None
    assert await bench.ask(b"BHS|^~\\&|LIS\rMSH|^~\\&|||||||ACK|1|P|2.5\rMSA|AA|1\rBTS|1\r") is None
    assert len(bench.store.messages) == 1


async def test_large_batch_is_whole(bench):
    """A batch of hundreds, large enough to be taken in strides, is still one transaction in order."""
    inner = [message(control_id=b"%d" % number, body=BODY * 3) for number in range(450)]
    answer = await bench.ask(b"BHS|^~\\&|LIS\r" + b"".join(inner) + b"BTS|450\r")
    assert answer is not None
    assert answer.count(b"MSA|AA|") == 450
    assert bench.store.calls == [450]
    assert [item.raw for item in bench.store.messages] == inner


async def test_oversize_is_answered_from_its_head(bench):
    """AE or CE with ERR 104; MSA-2 when the MSH was seen."""
    answer = bench.intake.refuse_oversize(message(), ORIGIN, POLICY)
    assert (msa(answer), error(answer)) == (("AE", "MSG1"), "104")
    answer = bench.intake.refuse_oversize(message(accept=b"AL"), ORIGIN, POLICY)
    assert msa(answer) == ("CE", "MSG1")
    answer = bench.intake.refuse_oversize(b"xxxx", ORIGIN, POLICY)
    assert (msa(answer), error(answer)) == (("AE", ""), "104")


async def test_fragments_are_kept_or_noted(bench):
    """A torn frame is kept; a store that cannot is noted and nobody fails."""
    await bench.intake.keep_fragment(b"MSH|", 4, "eof_in_frame", ORIGIN)
    assert [(item.data, item.size, item.reason) for item in bench.store.fragments] == [(b"MSH|", 4, "eof_in_frame")]
    bench.store.trouble = StoreError("io")
    await bench.intake.keep_fragment(b"MSH|", 4, "eof_in_frame", ORIGIN)
    assert len(bench.observer.events("intake.fragment_lost")) == 1


async def test_large_frame_is_stored_whole(bench):
    """A frame whose digest is computed beside the loop is the same to the store."""
    frame = message(body=BODY + b"OBX|2|ED|PDF||^application^PDF^Base64^" + b"QUJD" * 100_000 + b"\r")
    assert msa(await bench.ask(frame))[0] == "AA"
    assert bench.store.messages[0].sha256 == hashlib.sha256(frame).hexdigest()


async def test_what_is_noticed(bench):
    """One note a message with ids and codes; labels come from the settings, never from the peer; no patient in them."""
    await bench.ask(message())
    await bench.ask(message(kind=b"EVIL^LABEL"))
    assert bench.observer.counted("messages_received", channel="lab-reports", source="lab", type="ORU^R01") == 1
    assert bench.observer.counted("messages_received", type="other") == 1
    assert bench.observer.counted("acks", channel="lab-reports", code="AA") == 1
    assert [name for name, _ in bench.observer.observations] == ["ack_seconds"] * 2
    assert "TESTER" not in repr(bench.observer.notes)
    assert "4711^" not in repr(bench.observer.notes)


async def test_order_by_of_the_plan():
    """The channel's plan decides what shares a queue."""
    by_patient, by_source = Bench(), Bench(**{"lab-reports": Queueing(order_by=OrderBy.SOURCE)})
    for bench in (by_patient, by_source):
        await bench.ask(message(control_id=b"1"))
        await bench.ask(message(control_id=b"2", body=BODY.replace(b"4711", b"4712")))
    assert len({item.ordering_key for item in by_patient.store.messages}) == 2
    assert len({item.ordering_key for item in by_source.store.messages}) == 1


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(
            st.sampled_from(
                [b"MSH|^~\\&|", b"MSH", b"|", b"^", b"\r", b"ORU^R01", b"FHS|", b"BHS|^", b"BTS|1", b"MSA|AA|1", b"PID|",
                 b"2.5.1", b"P", b"\x1c", b"\n", b"\xff", b"AL", b"1", b"MSH^~|", b"MSH||"]
            ),
            max_size=30,
        ).map(b"".join),
    )
)  # fmt: skip
async def test_any_bytes_get_an_answer_or_are_noted(frame):
    """Nothing raises, and silence is only for acknowledgements and for what asked for it."""
    bench = Bench()
    answer = await bench.ask(frame)
    noted = [event for event, _ in bench.observer.notes]
    if answer is None:
        assert noted or b"MSH" in frame
    else:
        assert b"MSA" in answer or answer.startswith(b"BHS")
    assert bench.intake.refuse_oversize(frame, ORIGIN, POLICY) or "intake.ack_received" in noted or b"MSH" in frame


async def test_without_order_no_message_waits_for_another():
    """`order: none` gives every message a key of its own, whatever patient it names."""
    bench = Bench(**{"lab-reports": Queueing(order=Order.NONE)})
    await bench.ask(message(control_id=b"A"))
    await bench.ask(message(control_id=b"B"))
    assert len({item.ordering_key for item in bench.store.messages}) == 2


async def test_urgent_source_goes_first():
    """Messages of a source listed under `priority: {stat_sources}` are STAT without saying so."""
    bench = Bench(**{"lab-reports": Queueing(stat_sources=frozenset({"lab"}))})
    await bench.ask(message(control_id=b"A"))
    await bench.ask(message(control_id=b"B"), origin=dataclasses.replace(ORIGIN, source="other"))
    assert [item.priority for item in bench.store.messages] == [0, 5]
