"""What an opening does about the process before it: nothing is leased any more, nothing is on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import apsw


def recover(connection: apsw.Connection, sql: Mapping[str, str], now: int) -> int:
    """Free what was leased and queue again what was being sent; returns how often the store was opened."""
    run = connection.execute
    # TRANSACTION: the count of starts, the owners of keys and lanes, `sending` deliveries back to `queued`. A crash in
    # between leaves it all to the next start.
    run("BEGIN IMMEDIATE")
    try:
        row = run(sql["count_start"]).fetchone()
        run(sql["drop_drained_keys"])
        run(sql["clear_key_owners"])
        run(sql["clear_lane_owners"])
        _follow_clock(run, sql, now)
        for number, channel, destination in run(sql["list_interrupted"]).fetchall():
            run(sql["requeue_interrupted"], (number,))
            run(sql["add_tally"], (channel, destination, "sending", -1))
            run(sql["add_tally"], (channel, destination, "queued", 1))
        run("COMMIT")
    finally:
        if connection.in_transaction:
            run("ROLLBACK")
    return int(row[0]) if row else 0


def _follow_clock(run: Callable[..., apsw.Cursor], sql: Mapping[str, str], now: int) -> None:
    """A clock that stands before the last thing written was set back: nothing waits longer for that."""
    row = run(sql["last_written"]).fetchone()
    step = (int(row[0]) if row else 0) - now
    if step > 0:
        run(sql["move_key_waits"], (-step,))
        run(sql["move_delivery_waits"], (-step,))
