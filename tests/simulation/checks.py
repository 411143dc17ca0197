"""The invariants, asked through the store's port and of both ends of the wire."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from engine.domain.message import END_STATES, DeliveryState, MessageState
from engine.pipeline.ordering import Order
from engine.ports.store import MessageView, Store
from tests.simulation.endpoints import Arrival, fields

if TYPE_CHECKING:
    from tests.simulation.world import World


async def always(world: World, desk: Store) -> list[str]:
    """At every moment: nothing acknowledged is missing, nothing counts as sent that was not taken, one id a result, none older."""
    return [
        *_credited(world),
        *_parked(world),
        *_identities(world),
        *_repeats(world),
        *_order(world),
        *_ages(world),
        *world.ground.faults(),
        *await lost(world, desk),  # last, for it waits: the others compare with the list what both ends say just now
    ]


async def lost(world: World, desk: Store) -> list[str]:
    """Messages acknowledged when the list of messages was made, and not in it; bodies are read after that moment."""
    acknowledged = [item for item in world.letters if item.accepted is not None]
    stored = defaultdict(list)
    for view in world.views:
        stored[view.source, view.control_id].append(view)
    wrong = []
    for item in acknowledged:
        found = stored[item.lab, item.control_id]
        if not found or ((len(found) > 1 or world.is_calm) and not await _has(desk, found, item.body)):
            wrong.append(f"{item.control_id} was acknowledged and is not stored")
    return wrong


async def _has(desk: Store, views: list[MessageView], body: bytes) -> bool:
    return any([await desk.raw(view.id) == body for view in views])


def _credited(world: World) -> list[str]:
    return [
        f"{item.control_id} of {view.control_id} counts as sent, the receiver never took it"
        for view in world.views
        for item in view.deliveries
        if item.state is DeliveryState.SENT and item.control_id not in world.ehr.taken
    ]


def _parked(world: World) -> list[str]:
    return [
        f"{item.control_id} of {view.control_id} is parked, the receiver never refused it"
        for view in world.views
        for item in view.deliveries
        if item.state is DeliveryState.PARKED and item.control_id not in world.ehr.refused and not _is_overtaken(view)
    ]


def _is_overtaken(view: MessageView) -> bool:
    return any(item.code == "delivery.overtaken" for item in view.reasons)


def _identities(world: World) -> list[str]:
    """A result set, which is a payload without its header, reaches the receiver under one control id."""
    closed = {item.control_id for view in world.views if view.id in world.withdrawn for item in view.deliveries}
    ids: dict[bytes, set[str]] = defaultdict(set)
    for arrival in world.ehr.arrivals:
        if arrival.control_id not in closed:
            ids[arrival.body.partition(b"\r")[2]].add(arrival.control_id)
    return [
        f"one result set under {len(found)} control ids: {sorted(found)}" for found in ids.values() if len(found) > 1
    ]


def _repeats(world: World) -> list[str]:
    again = {item.control_id for view in world.views if view.id in world.replayed for item in view.deliveries}
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for arrival in world.ehr.arrivals:
        if arrival.control_id not in again:
            bodies[arrival.control_id].add(hashlib.sha256(arrival.body).digest())
    return [f"{name} was sent with {len(found)} different bodies" for name, found in bodies.items() if len(found) > 1]


def _order(world: World) -> list[str]:
    """Inside a key nothing reaches the receiver before its predecessor was taken there, or parked, or moved by a person."""
    if world.order is Order.NONE:
        return []
    first: dict[str, Arrival] = {}
    for arrival in world.ehr.arrivals:
        first.setdefault(arrival.control_id, arrival)
    wrong = []
    lines: dict[int, list[MessageView]] = defaultdict(list)
    patients = {(item.lab, item.control_id): item.patient if item.kind != "unknown" else -1 for item in world.letters}
    for view in sorted(world.views, key=lambda item: item.sequence):
        lines[patients[view.source, view.control_id]].append(view)
    for line in lines.values():
        for place, view in enumerate(line):
            if view.id in world.touched:
                continue
            came = [first[item.control_id].at for item in view.deliveries if item.control_id in first]
            if came:
                wrong += [
                    f"{view.control_id} came before {other.control_id} of the same patient"
                    for other in line[:place]
                    if _is_late(world, other, min(came))
                ]
    return wrong


def _ages(world: World) -> list[str]:
    """Of each result the receiver takes ever newer versions; what a person closed counts no more."""
    closed = {item.control_id for view in world.views if view.id in world.withdrawn for item in view.deliveries}
    last: dict[tuple[bytes, bytes, bytes], tuple[bytes, str]] = {}
    wrong = []
    for arrival in world.ehr.arrivals:
        if not arrival.took or arrival.control_id in closed:
            continue
        patient, order = fields(arrival.body, b"PID")[3], fields(arrival.body, b"OBR")
        age = order[22] + order[25]  # the status stands behind the time, as it decides behind it
        for line in arrival.body.split(b"\r"):
            if line.startswith(b"OBX|"):
                place = patient, order[3], line.split(b"|")[3]
                before, name = last.get(place, (b"", ""))
                if _age(age) < _age(before):
                    wrong.append(f"{arrival.control_id} undoes a newer version, {name}")
                last[place] = age, arrival.control_id
    return wrong


def _age(text: bytes) -> tuple[bytes, int]:
    return text[:-1], b"FC".find(text[-1:])


def _is_late(world: World, other: MessageView, moment: float) -> bool:
    """Whether an earlier message had not had its turn at that moment, though nothing excuses it."""
    if other.id in world.touched:
        return False
    if other.state is MessageState.PARKED:
        # Refused or poison: the ones behind it go on, unless the order is strict.
        return world.order is Order.STRICT and not any(item.control_id in world.ehr.taken for item in other.deliveries)
    if other.state in (MessageState.RECEIVED, MessageState.PROCESSING):
        return True
    # What a newer version took the place of need not go at all.
    waiting = [item for item in other.deliveries if item.state is not DeliveryState.WITHDRAWN]
    return any(world.ehr.taken.get(item.control_id, moment + 1) > moment for item in waiting)


async def unsettled(world: World, desk: Store) -> list[str]:
    """What is neither at its end nor waits for a reason that people see."""
    figures = await desk.figures()
    paused = any(queue.is_paused for queue in figures.queues)
    patients = {(item.lab, item.control_id): item.patient if item.kind != "unknown" else -1 for item in world.letters}
    holding: dict[int, int] = {}
    if world.order is Order.STRICT:
        for view in world.views:
            if view.state is MessageState.PARKED:
                patient = patients[view.source, view.control_id]
                holding[patient] = min(view.sequence, holding.get(patient, view.sequence))
    stuck = []
    for view in world.views:
        if view.state in END_STATES or view.state in (MessageState.REVIEW, MessageState.PARKED):
            continue
        if view.state is MessageState.QUEUED and paused:
            continue
        if view.sequence > holding.get(patients[view.source, view.control_id], view.sequence):
            continue
        stuck.append(f"{view.control_id} is {view.state}")
    return stuck


async def at_rest(world: World, desk: Store) -> list[str]:
    """At the end: every wait has its reason, and the tallies are those of the rows."""
    wrong = [
        f"{view.control_id} is {view.state} without a reason"
        for view in world.views
        if view.state in (MessageState.REVIEW, MessageState.PARKED) and not view.reasons
    ]
    figures = await desk.figures()
    counted = Counter((view.channel, view.state.value) for view in world.views)
    if {place: amount for place, amount in figures.messages.items() if amount} != dict(counted):
        wrong.append("the tallies of messages are not those of the rows")
    states = Counter((item.destination, item.state) for view in world.views for item in view.deliveries)
    for queue in figures.queues:
        waiting = sum(
            states[queue.destination, state]
            for state in (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.PAUSED)
        )
        if (queue.queued, queue.parked) != (waiting, states[queue.destination, DeliveryState.PARKED]):
            wrong.append(f"the tallies of queue {queue.destination} are not those of its rows")
    for view in world.views:
        if view.state is MessageState.DELIVERED and any(
            item.required and item.state is DeliveryState.PARKED for item in view.deliveries
        ):
            wrong.append(f"{view.control_id} is delivered with a parked delivery")
    return wrong
