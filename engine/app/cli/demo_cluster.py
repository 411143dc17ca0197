"""`headrace demo --cluster`: two nodes on PostgreSQL, one killed in the middle, and all that was acknowledged arrives.

PostgreSQL comes from the test tools (a server in a wheel), both nodes are processes on sites of their own, laboratories
send to whichever node answers, and the stand-in EHR writes down what came, in which order, under which control id.
"""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.app.cli.demo_ehr import StandIn
from engine.app.cli.demo_node import DemoFailed, Running, node_process
from engine.app.cli.wire import Client, NoAnswer
from engine.hl7v2.ack import read_ack
from engine.hl7v2.er7 import parse

_MESSAGES = 400
_LABS = 8
_KILL_AFTER = 160
_ACK_SECONDS = 10.0
_SETTLE_SECONDS = 120.0
_SITE = """\
version: 1
node: {node}
store: {{use: postgres, dsn: "{dsn}"}}
blobs: {{use: store}}
web: {{listen: "127.0.0.1:0"}}
directories:
  patients: {{use: file, path: conf/patients.csv, default_authority: HOSP}}
"""
_CHANNEL = """\
version: 1
channel: lab-reports
sources:
  - {{name: lab, use: mllp, listen: "127.0.0.1:0"}}
stages:
  - {{use: decode}}
  - {{use: extract, with: [local]}}
  - {{use: reconcile, directory: patients}}
  - {{use: dedupe}}
  - {{use: review, unmapped: pass, on_partial: send_all}}
destinations:
  - {{name: ehr, use: mllp, to: "127.0.0.1:{port}"}}
"""


@dataclass(slots=True)
class Story:
    """What happened, told at the end. Times are seconds since the kill."""

    acknowledged: dict[str, int] = field(default_factory=lambda: {"a": 0, "b": 0})
    order: dict[str, list[str]] = field(default_factory=dict)
    sent_again: int = 0
    unsent_at_kill: int = 0
    finished: float = 0.0
    may_kill: asyncio.Event = field(default_factory=asyncio.Event)

    def acknowledge(self, node: str, key: str, control_id: str) -> None:
        """An AA came; after some of them it is time for the kill."""
        self.acknowledged[node] += 1
        self.order.setdefault(key, []).append(control_id)
        if sum(self.acknowledged.values()) >= _KILL_AFTER:
            self.may_kill.set()


async def play_cluster() -> int:
    """Play it; 0 only if every acknowledged message arrived, once under one control id, in order. Raises DemoFailed."""
    server_kit, people, messages = _material()
    with tempfile.TemporaryDirectory(prefix="headrace-cluster-") as folder:
        place = Path(folder)
        async with AsyncExitStack() as stack:
            ehr = await stack.enter_async_context(StandIn())
            server = stack.enter_context(server_kit.running_server())
            dsn = await server_kit.new_database(server, "demo")
            nodes = {}
            for name in ("a", "b"):
                _write_site(place / name, name, dsn, ehr.port, people)
                nodes[name] = await stack.enter_async_context(node_process(place / name))
            sys.stdout.write(
                f"PostgreSQL and two nodes are running; {_LABS} laboratories send {len(messages)} messages\n"
            )
            story = await _send_all(nodes, ehr, messages)
            await _drained(story, ehr, len(messages))
            return _tell(story, ehr, messages)


def _material() -> tuple[Any, str, list[tuple[str, str, bytes]]]:
    """The server, the patients, and (control id, order key, message) in the order they are sent."""
    try:
        kit = importlib.import_module("tests.support.postgres_server")
        made = importlib.import_module("tests.generators.cluster").made(_MESSAGES)
    except ImportError as problem:
        raise DemoFailed(f"the cluster demo runs in the source checkout with its test tools ({problem})") from None
    return kit, made[0], made[1]


def _write_site(site: Path, node: str, dsn: str, ehr_port: int, patients: str) -> None:
    (site / "conf").mkdir(parents=True)
    (site / "channels").mkdir()
    (site / "conf" / "headrace.yaml").write_text(_SITE.format(node=node, dsn=dsn), encoding="utf-8")
    (site / "conf" / "patients.csv").write_text(patients, encoding="utf-8")
    (site / "channels" / "lab-reports.yaml").write_text(_CHANNEL.format(port=ehr_port), encoding="utf-8")


async def _send_all(nodes: dict[str, Running], ehr: StandIn, messages: Sequence[tuple[str, str, bytes]]) -> Story:
    """Laboratories send, each its own patients in order; node a is killed while they do."""
    story = Story()
    shares = [messages[number::_LABS] for number in range(_LABS)]
    kill = asyncio.create_task(_kill(nodes["a"], story, ehr))
    try:
        await asyncio.gather(*(_laboratory(share, nodes, number, story) for number, share in enumerate(shares)))
    finally:
        await kill
    return story


async def _kill(node: Running, story: Story, ehr: StandIn) -> None:
    await story.may_kill.wait()
    node.process.send_signal(signal.SIGKILL)
    await node.process.wait()
    story.finished = time.monotonic()
    story.unsent_at_kill = sum(story.acknowledged.values()) - len(ehr.received)
    sys.stdout.write(
        f"node a was killed (SIGKILL): {sum(story.acknowledged.values())} acknowledged, "
        f"{story.unsent_at_kill} of them not yet at the EHR\n"
    )


async def _laboratory(
    share: Sequence[tuple[str, str, bytes]], nodes: dict[str, Running], number: int, story: Story
) -> None:
    """One sender that waits for each ACK; without one it sends the same bytes again, to the other node."""
    turn = number % 2
    client: Client | None = None
    for control_id, key, raw in share:
        while True:
            name = "ab"[turn % 2]
            try:
                client = client or await Client.connect("127.0.0.1", nodes[name].mllp_port)
                ack = read_ack(await client.ask(raw, _ACK_SECONDS))
            except (NoAnswer, OSError):
                ack = None
            if ack is not None and ack.code == "AA":
                story.acknowledge(name, key, control_id)
                break
            if client is not None:
                await client.close()
            client, turn = None, turn + 1
            story.sent_again += 1
            await asyncio.sleep(0.02)
    if client is not None:
        await client.close()


async def _drained(story: Story, ehr: StandIn, expected: int) -> None:
    try:
        async with asyncio.timeout(_SETTLE_SECONDS):
            while len(ehr.received) < expected:  # noqa: ASYNC110 - the stand-in has nothing to wait on
                await asyncio.sleep(0.05)
    except TimeoutError:
        sys.stdout.write(f"after {_SETTLE_SECONDS:.0f} s only {len(ehr.received)} of {expected} have arrived\n")
    story.finished = time.monotonic() - story.finished


def _tell(story: Story, ehr: StandIn, messages: Sequence[tuple[str, str, bytes]]) -> int:
    """Compare what was acknowledged with what arrived; print it; 0 when every promise held."""
    arrived: dict[str, list[str]] = {}
    for control_id, raw in ehr.received.items():
        arrived.setdefault(_filler(raw), []).append(control_id)
    orders = {key: [number for number, _ in found] for key, found in _orders(messages).items()}
    lost = [filler for found in orders.values() for filler in found if filler not in arrived]
    doubled = [filler for filler, ids in arrived.items() if len(ids) > 1]
    sequence = list(arrived)
    place = {filler: index for index, filler in enumerate(sequence)}
    disordered = [
        key
        for key, found in orders.items()
        if [item for item in found if item in place]
        != sorted((item for item in found if item in place), key=place.__getitem__)
    ]
    rows = (
        ("acknowledged by node a, then by node b", f"{story.acknowledged['a']} + {story.acknowledged['b']}"),
        ("sent again by laboratories that got no ACK", str(story.sent_again)),
        ("arrived at the EHR", f"{len(arrived)} of {len(messages)}"),
        ("repeats on the wire, byte for byte under the same control id", str(ehr.count - len(ehr.received))),
        ("lost", str(len(lost))),
        ("result sets under two control ids", str(len(doubled))),
        ("patients whose results came out of order", str(len(disordered))),
        ("seconds from the kill until everything had arrived", f"{story.finished:.1f}"),
    )
    for name, value in rows:
        sys.stdout.write(f"  {name:<62} {value:>12}\n")
    right = not lost and not doubled and not disordered
    sys.stdout.write("Everything that was acknowledged arrived.\n" if right else "A promise was broken.\n")
    return 0 if right else 1


def _orders(messages: Sequence[tuple[str, str, bytes]]) -> dict[str, list[tuple[str, str]]]:
    """(filler number, control id) of each patient's messages in the order they were sent."""
    found: dict[str, list[tuple[str, str]]] = {}
    for control_id, key, raw in messages:
        found.setdefault(key, []).append((_filler(raw), control_id))
    return found


def _filler(raw: bytes) -> str:
    """The first filler order number: what the receiver knows a report by."""
    obr = parse(raw).first("OBR")
    return (obr.plain(3) if obr else None) or ""
