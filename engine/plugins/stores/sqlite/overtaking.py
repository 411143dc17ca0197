"""What older messages have not sent yet when a newer version of their results is queued."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.domain.overtaking import fate
from engine.domain.reasons import merge
from engine.plugins.stores.sqlite.states import settle_messages
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import Transition
from engine.ports.store_values import NEWER
from engine.records.values import Row, dump_reasons, load_reasons


@dataclass(frozen=True, slots=True)
class Newer:
    """A message that was just queued, with where it stands in its key."""

    channel: str
    key: str
    sequence: int
    now: int
    change: Transition

    @property
    def places(self) -> Iterable[tuple[str, str, str]]:
        """Older message, channel and destination to look at."""
        destinations = dict.fromkeys(item.destination for item in self.change.deliveries)
        return [(one.message_id, self.channel, name) for one in self.change.overtakes for name in destinations]


def overtake(tx: Tx, calls: Sequence[Newer]) -> None:
    """Withdraw, park or mark what of older messages must not arrive after these.

    TRANSACTION: with the newer deliveries; state, reason and audit of the older ones, the states of their messages.
    """
    for call in calls:
        tx.flush()
        touched: dict[int, None] = {}
        for row in tx.ask("unsent_of", list(call.places)):
            _overtake(tx, call, row)
            touched[row[5]] = None
        settle_messages(tx, touched)


def _overtake(tx: Tx, call: Newer, row: Row) -> None:
    older, channel, destination, number, delivery_id, sequence, key, old, said = row
    newer = call.change.message_id
    tx.later("put_meta", sequence, f"{NEWER}{newer}", newer)
    found = fate(
        is_whole=any(item.is_whole for item in call.change.overtakes if item.message_id == older),
        is_queued=old == "queued",
        is_ahead=key == call.key and sequence < call.sequence,
        destination=destination,
        newer=newer,
    )
    if found is None:
        return
    code = found.why.code
    tx.later("overtake", found.state.value, dump_reasons(merge(load_reasons(said), (found.why,))), number)
    tx.later("put_meta", sequence, f"reason:{code}", code)
    tx.moved(channel, old, found.state.value, destination)
    detail = json.dumps({"delivery": delivery_id, "newer": newer})
    tx.later("add_audit", sequence, call.now, code, "engine", detail)
    tx.hints.append(f"lane:{channel}/{destination}")
