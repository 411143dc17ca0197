"""The `mllp` destination against scripted receivers on real loopback sockets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from engine.plugins.destinations.mllp import PLUGIN
from engine.ports.destination import Receipt, Verdict
from engine.ports.services import DestinationServices
from engine.ports.store import QueuedDelivery
from tests.support.intake_fakes import NOON, CountingIds, HandClock, RecordingObserver
from tests.support.mllp_peer import Close, Recv, ScriptedServer, Send, Step, UntilEof, Wait, ack, block


def delivery(control_id: str = "HR1", size: int = 0) -> QueuedDelivery:
    body = b"MSH|^~\\&|HEADRACE||||20260105||ORU^R01|" + control_id.encode() + b"|P|2.5.1\r" + b"Z" * size
    return QueuedDelivery(
        id=f"D-{control_id}",
        message_id="M1",
        sequence=1,
        ordering_key="k",
        control_id=control_id,
        body=body,
        media_type="application/hl7-v2",
        attempts=0,
        rejects=0,
        queued_at=NOON,
    )


class Desk:
    """A destination with its fakes."""

    def __init__(self, address: str, **settings: Any) -> None:
        self.clock = HandClock()
        self.observer = RecordingObserver()
        services = DestinationServices(
            name="ehr", channel="labs", clock=self.clock, ids=CountingIds(), observer=self.observer
        )
        self.settings = PLUGIN.settings.model_validate({"to": address, **settings})
        self.destination = PLUGIN.build(self.settings, services)

    async def deliver(self, control_id: str = "HR1", size: int = 0) -> Receipt:
        async with asyncio.timeout(20):
            return await self.destination.deliver(delivery(control_id, size))

    async def answer_awaited(self) -> None:
        """The message has left, and only the time for the answer is running."""
        async with asyncio.timeout(20):
            while (link := self.destination._lines[0].link) is None or link._answer is None:
                await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        await self.clock.asleep(30.0)


@asynccontextmanager
async def receiver(*scripts: list[Step], **settings: Any):
    server = ScriptedServer(scripts)
    async with server.run():
        desk = Desk(server.address, **settings)
        yield server, desk
        await desk.destination.close()


async def test_accepted_messages_share_one_connection():
    """AA with our MSA-2 is done; the next message goes over the same connection."""
    async with receiver([Recv(), Send(ack()), Recv(), Send(ack("CA")), UntilEof()]) as (server, desk):
        first, second = await desk.deliver("HR1"), await desk.deliver("HR2")
        assert (first.verdict, first.ack_code, first.sent, first.error) == (Verdict.DONE, "AA", True, "")
        assert (second.verdict, second.ack_code) == (Verdict.DONE, "CA")
        assert first.answer is not None
        assert b"MSA|AA|HR1" in first.answer
        assert server.connections == 1
        assert server.received == [delivery("HR1").body, delivery("HR2").body]


@pytest.mark.parametrize(
    ("code", "tail", "verdict", "error"),
    [
        ("AE", b"", Verdict.PARK, "AE"),
        ("CE", b"ERR|||102^x^HL70357|E\r", Verdict.PARK, "CE 102"),
        ("AR", b"", Verdict.RETRY, "AR"),
        ("CR", b"", Verdict.RETRY, "CR"),
        ("AE", b"ERR|||207^x^HL70357|E\r", Verdict.RETRY, "AE 207"),
        ("CE", b"ERR|||206^x^HL70357|E\r", Verdict.RETRY, "CE 206"),
        ("AA", b"ERR|||207^x^HL70357|W\r", Verdict.DONE, ""),
        ("AE", b"ERR|||Smith, John^x|E\r", Verdict.PARK, "AE"),
        ("aa", b"", Verdict.DONE, ""),
        ("ae", b"", Verdict.PARK, "AE"),
    ],
)
async def test_what_an_answer_means(code, tail, verdict, error):
    """The default table; 206 and 207 always retry; no words of the peer reach the error."""
    async with receiver([Recv(), Send(ack(code, tail=tail)), UntilEof()]) as (server, desk):
        receipt = await desk.deliver()
        assert (receipt.verdict, receipt.error, receipt.ack_code) == (verdict, error, code.upper())
        assert server.connections == 1


async def test_the_table_is_configurable():
    """`on_ack` changes single codes and leaves the others."""
    settings = {"on_ack": {"AE": "retry", "AR": "park"}}
    script: list[Step] = [Recv(), Send(ack("AE")), Recv(), Send(ack("AR")), Recv(), Send(ack("CE")), UntilEof()]
    async with receiver(script, **settings) as (_, desk):
        verdicts = [(await desk.deliver(name)).verdict for name in ("1", "2", "3")]
        assert verdicts == [Verdict.RETRY, Verdict.PARK, Verdict.PARK]


OTHER = block(b"MSH|^~\\&|E||||1||ACK|1|P|2.5\rMSA|AA|OTHER\r")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ([Send(OTHER), UntilEof()], "wrong_msa2"),
        ([Send(block(b"MSH|^~\\&|E||||1||ACK|1|P|2.5\rMSA|AA|hr1\r")), UntilEof()], "wrong_msa2"),
        ([Send(block(b"MSH|^~\\&|E||||1||ACK|1|P|2.5\rMSA|AA\r")), UntilEof()], "wrong_msa2"),
        ([Send(block(b"MSH|^~\\&|E||||1||ACK|1|P|2.5\r")), UntilEof()], "garbage"),
        ([Send(block(b"MSH|^~\\&|E||||1||ACK|1|P|2.5\rMSA|OK|HR1\r")), UntilEof()], "garbage"),
        ([Send(block(b"MSH|^~\\&|E||||1||ACK|1|P|2.5\rMSA||HR1\r")), UntilEof()], "garbage"),
        ([Send(block(b"")), UntilEof()], "garbage"),
        ([Send(block(b"\xff\xfe\x00")), UntilEof()], "garbage"),
        ([Close()], "closed"),
        ([Close(reset=True)], "closed"),
        ([Send(b"\x0bMSH|^~\\&|E||||1||ACK|1|P|2.5\rMSA|A"), Close()], "closed"),
        ([Send(b"\x0bMSH|^~\\&|E||||1||ACK|1|P|2.5\rMSA|A"), Close(reset=True)], "closed"),
    ],
)
async def test_doubtful_answers_cost_the_connection(answer, error):
    """Nothing but our own MSA-2 counts; the message goes out again, the same bytes, on a new connection."""
    async with receiver([Recv(), *answer], [Recv(), Send(ack()), UntilEof()]) as (server, desk):
        receipt = await desk.deliver()
        assert (receipt.verdict, receipt.error, receipt.sent) == (Verdict.UNREACHED, error, True)
        assert (await desk.deliver()).verdict is Verdict.DONE
        assert server.connections == 2
        assert server.received[0] == server.received[1]
        assert [note["reason"] for note in desk.observer.events("mllp.no_answer")] == [error]


async def test_no_answer_in_time_and_the_late_one():
    """After `ack_timeout` the connection is gone, so that the late answer can never be taken for the next one's."""
    late = asyncio.Event()
    async with receiver([Recv(), Wait(late), Send(ack()), UntilEof()], [Recv(), Send(ack()), UntilEof()]) as (
        server,
        desk,
    ):
        waiting = asyncio.create_task(desk.deliver("HR1"))
        await desk.answer_awaited()
        await desk.clock.advance(29.0)
        assert not waiting.done()
        await desk.clock.advance(1.0)
        receipt = await waiting
        assert (receipt.verdict, receipt.error) == (Verdict.UNREACHED, "no_ack")
        late.set()
        second = await desk.deliver("HR2")
        assert (second.verdict, server.connections) == (Verdict.DONE, 2)
        assert server.received == [delivery("HR1").body, delivery("HR2").body]


async def test_noise_is_no_answer():
    """Text outside a block is waited through; when nothing else comes in time the word is garbage."""
    async with receiver([Recv(), Send(b"ERROR 17\r\n"), UntilEof()]) as (_, desk):
        waiting = asyncio.create_task(desk.deliver())
        await desk.answer_awaited()
        while not desk.destination._lines[0].link.has_noise:
            await asyncio.sleep(0)
        await desk.clock.advance(30.0)
        assert (await waiting).error == "garbage"
    async with receiver([Recv(), Send(b"log text\r\n"), Send(ack()), UntilEof()]) as (_, desk):
        assert (await desk.deliver()).verdict is Verdict.DONE


async def test_bytes_before_we_send():
    """An answer that nobody waits for makes the connection useless: it is dropped and the message goes over a new one."""
    go = asyncio.Event()
    scripts: list[list[Step]] = [
        [Recv(), Send(ack()), Wait(go), Send(OTHER), UntilEof()],
        [Recv(), Send(ack()), UntilEof()],
    ]
    async with receiver(*scripts) as (server, desk):
        await desk.deliver("HR1")
        go.set()
        await server.finished[0].wait()  # the far side saw our end of the stream
        assert (await desk.deliver("HR2")).verdict is Verdict.DONE
        assert (server.connections, server.received[1]) == (2, delivery("HR2").body)


async def test_two_answers_in_one_breath():
    """The first one is credited, the connection is not used again."""
    two = lambda message: ack()(message) + OTHER  # noqa: E731
    async with receiver([Recv(), Send(two), UntilEof()], [Recv(), Send(ack()), UntilEof()]) as (server, desk):
        assert (await desk.deliver("HR1")).verdict is Verdict.DONE
        assert (await desk.deliver("HR2")).verdict is Verdict.DONE
        assert server.connections == 2


async def test_answer_with_half_of_another():
    """The beginning of a second answer behind the first makes the connection useless too."""
    two = lambda message: ack()(message) + b"\x0bMSH|^~"  # noqa: E731
    async with receiver([Recv(), Send(two), UntilEof()], [Recv(), Send(ack()), UntilEof()]) as (server, desk):
        assert (await desk.deliver("HR1")).verdict is Verdict.DONE
        assert (await desk.deliver("HR2")).verdict is Verdict.DONE
        assert server.connections == 2


async def test_receiver_that_closes_after_each_answer():
    """A connection per message works: the closed one is noticed before anything is sent."""
    once: list[Step] = [Recv(), Send(ack()), Close()]
    async with receiver(once, once, once) as (server, desk):
        for number in range(3):
            assert (await desk.deliver(f"HR{number}")).verdict is Verdict.DONE
            await server.finished[number].wait()
            await asyncio.sleep(0)
        assert server.connections == 3


async def test_odd_but_clear_answers():
    """LF ends, blank lines after the block, a missing CR, single bytes: an answer is an answer."""
    plain = ack()
    lines = lambda message: plain(message).replace(b"\r", b"\n").replace(b"\x1c\n", b"\x1c\r\n\n")  # noqa: E731
    no_cr = lambda message: plain(message)[:-1]  # noqa: E731
    bare = lambda message: plain(message)[1:]  # noqa: E731
    script: list[Step] = []
    for build in (lines, no_cr, bare, plain):
        script += [Recv(), Send(build)]
    async with receiver([*script, UntilEof()]) as (server, desk):
        for number in range(4):
            assert (await desk.deliver(f"HR{number}")).verdict is Verdict.DONE
        assert server.connections == 1


async def test_large_message():
    """Ten megabytes arrive whole."""
    async with receiver([Recv(), Send(ack()), UntilEof()]) as (server, desk):
        assert (await desk.deliver(size=10_000_000)).verdict is Verdict.DONE
        assert server.received[0] == delivery(size=10_000_000).body


async def test_receiver_that_does_not_read():
    """A message that cannot leave in `ack_timeout` costs the connection."""
    never = asyncio.Event()
    async with receiver([Wait(never)]) as (_, desk):
        waiting = asyncio.create_task(desk.deliver(size=30_000_000))
        await desk.clock.asleep(30.0)
        await desk.clock.advance(30.0)
        assert (await waiting).error == "not_read"


async def test_nobody_listens():
    """A refused connection is no attempt to send: nothing left."""
    server = ScriptedServer([[Close()]])
    async with server.run():
        address = server.address
    receipt = await Desk(address).deliver()
    assert (receipt.verdict, receipt.error, receipt.sent) == (Verdict.UNREACHED, "refused", False)


async def test_connecting_takes_too_long(monkeypatch):
    """After `connect_timeout` the try is over."""

    async def dial(*args: Any, **kwargs: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", dial)
    desk = Desk("127.0.0.1:9")
    waiting = asyncio.create_task(desk.deliver())
    await desk.clock.asleep(10.0)
    await desk.clock.advance(10.0)
    receipt = await waiting
    assert (receipt.error, receipt.sent) == ("connect_timeout", False)


async def test_one_message_in_flight():
    """A second delivery waits for the first one's answer."""
    go = asyncio.Event()
    async with receiver([Recv(), Wait(go), Send(ack()), Recv(), Send(ack()), UntilEof()]) as (server, desk):
        both = [asyncio.create_task(desk.deliver(name)) for name in ("HR1", "HR2")]
        await desk.clock.asleep(30.0)
        while len(server.received) < 1:
            await asyncio.sleep(0)
        assert len(server.received) == 1
        go.set()
        assert [(await task).verdict for task in both] == [Verdict.DONE, Verdict.DONE]
        assert server.received == [delivery("HR1").body, delivery("HR2").body]


async def test_a_cancelled_wait_costs_the_connection():
    """When the engine stops waiting the answer may still come; the next message uses a new connection."""
    never = asyncio.Event()
    async with receiver([Recv(), Wait(never)], [Recv(), Send(ack()), UntilEof()]) as (server, desk):
        waiting = asyncio.create_task(desk.deliver("HR1"))
        while not server.received:
            await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()
        assert (await desk.deliver("HR2")).verdict is Verdict.DONE
        assert server.connections == 2


async def test_settings_become_the_policy():
    """Back-off, rejects and `required` come from the settings; the defaults are the contract's."""
    desk = Desk("127.0.0.1:9")
    policy = desk.destination.retry
    assert (policy.base_seconds, policy.longest_seconds, policy.rejects) == (1.0, 300.0, 20)
    assert desk.destination.required is True
    desk = Desk("127.0.0.1:9", retry={"base": "2s", "max": "1m"}, rejects=3, required=False)
    assert (desk.destination.retry.longest_seconds, desk.destination.retry.rejects) == (60.0, 3)
    assert desk.destination.required is False


@pytest.mark.parametrize(
    ("settings", "code", "tail", "verdict"),
    [
        ({}, "AR", b"ERR|||203^x^HL70357|E\r", Verdict.PARK),
        ({}, "CR", b"ERR|||101^x^HL70357|E\r", Verdict.PARK),
        ({}, "AR", b"ERR|||101^x^HL70357|W\r", Verdict.RETRY),
        ({}, "AR", b"ERR|||101^x^HL70357|E\rERR|||207^x^HL70357|E\r", Verdict.RETRY),
        ({"err_hints": False}, "AR", b"ERR|||203^x^HL70357|E\r", Verdict.RETRY),
        ({"err_hints": False}, "AE", b"ERR|||207^x^HL70357|E\r", Verdict.PARK),
        ({"on_ack": "iris-like"}, "AR", b"ERR|||203^x^HL70357|E\r", Verdict.INSIST),
        ({"on_ack": "mirth-like"}, "AR", b"", Verdict.PARK),
    ],
)
async def test_errors_of_a_refusal_have_a_say(settings, code, tail, verdict):
    """ERR-3 tells a passing trouble from a fault of the message; warnings do not count; `err_hints` switches it off."""
    async with receiver([Recv(), Send(ack(code, tail=tail)), UntilEof()], **settings) as (_, desk):
        assert (await desk.deliver()).verdict is verdict


async def test_an_answer_that_is_no_acknowledgement_may_park():
    """`other: park` parks what gets a whole answer without MSA-1; the connection is thrown away all the same."""
    script = [Recv(), Send(block(b"MSH|^~\\&|E|H|||1||ACK|1|P|2.5.1\r")), UntilEof()]
    async with receiver(script, script, on_ack={"other": "park"}) as (server, desk):
        assert (await desk.deliver()).verdict is Verdict.PARK
        await desk.deliver()
        assert server.connections == 2


async def test_nothing_leaves_when_the_queue_is_not_surely_ours():
    """The lease is asked for before the connection is made and again before the first byte: no means nothing is sent."""
    async with receiver([UntilEof()]) as (server, desk):
        receipt = await desk.destination.deliver(delivery(), may_send=lambda: False)
        assert (receipt.verdict, receipt.sent, receipt.error) == (Verdict.UNREACHED, False, "not_ours")
        answers = iter([True, False])
        receipt = await desk.destination.deliver(delivery(), may_send=lambda: next(answers))
        assert (receipt.sent, receipt.error, server.received) == (False, "not_ours", [])


async def test_several_in_flight_have_a_connection_each():
    """With `in_flight: 2` two messages wait for their answers at once, a third waits for its turn."""
    go = asyncio.Event()
    scripts = [
        [Recv(), Wait(go), Send(ack(control_id=name)), Recv(), Send(ack()), UntilEof()] for name in (b"HR1", b"HR2")
    ]
    async with receiver(*scripts, in_flight=2) as (server, desk):
        waiting = [asyncio.create_task(desk.deliver(name)) for name in ("HR1", "HR2", "HR3")]
        async with asyncio.timeout(20):
            while len(server.received) < 2:
                await asyncio.sleep(0)
        assert server.connections == 2
        go.set()
        assert [(await task).verdict for task in waiting] == [Verdict.DONE] * 3
        assert server.connections == 2


async def test_an_application_acknowledgement_is_done_when_written():
    """Nobody answers an acknowledgement: it is written, the connection closes behind it."""
    body = b"MSH|^~\\&|HR|H|LIS|LAB|20260105||ACK^R01^ACK|HRA|P|2.5.1|||NE|NE\rMSA|AA|M1\r"
    async with receiver([Recv(), UntilEof()]) as (server, desk):
        receipt = await desk.destination.deliver(replace(delivery(), body=body))
        assert (receipt.verdict, receipt.sent, receipt.ack_code) == (Verdict.DONE, True, "")
        async with asyncio.timeout(20):
            await server.finished[0].wait()
        assert server.received == [body]
