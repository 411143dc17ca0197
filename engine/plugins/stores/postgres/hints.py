"""Hints between nodes: LISTEN and NOTIFY on a connection of their own, outside the transactions they tell of.

A NOTIFY inside a transaction would take a lock of the whole server at its COMMIT. What is lost does no harm: whoever
waits looks by itself from time to time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import asyncpg

from engine.plugins.stores.postgres.connection import Database, as_store_error
from engine.ports.store import StoreError
from engine.records.wakeups import Wakeups

_CHANNEL = "headrace"
_PAUSE = 0.02
"""Seconds in which further hints join those about to be sent."""
_AGAIN = 1.0
"""Seconds until a lost connection is tried again."""


class Hints:
    """Gives hints to this node at once and to the others soon; `run` does it until it is cancelled."""

    def __init__(self, database: Database, sql: Mapping[str, str], wakeups: Wakeups) -> None:
        self._database = database
        self._sql = sql
        self._wakeups = wakeups
        self._unsent: dict[str, None] = {}
        self._event = asyncio.Event()
        self.is_listening = asyncio.Event()

    def give(self, hints: Iterable[str]) -> None:
        """Pass hints on, after the COMMIT they tell of."""
        found = dict.fromkeys(hints)
        if found:
            self._wakeups.give(found)
            self._unsent.update(found)
            self._event.set()

    async def run(self) -> None:
        """Listen and send; a lost connection is made again."""
        while True:
            with suppress(StoreError), as_store_error():
                await self._serve()
            self.is_listening.clear()
            await asyncio.sleep(_AGAIN)

    async def _serve(self) -> None:
        connection = await self._database.connect()
        try:
            connection.add_termination_listener(self._wake)
            await connection.add_listener(_CHANNEL, self._heard)
            self.is_listening.set()
            self._wakeups.give(["work"])  # what was told while nobody listened
            while not connection.is_closed():
                await self._event.wait()
                await asyncio.sleep(_PAUSE)
                self._event.clear()
                hints, self._unsent = list(self._unsent), {}
                if hints:
                    await connection.execute(self._sql["give_hint"], hints)
        finally:
            with suppress(asyncpg.InterfaceError):
                connection.terminate()

    def _wake(self, _connection: Any) -> None:
        self._event.set()

    def _heard(self, connection: Any, pid: int, _channel: str, hint: str) -> None:
        if pid != connection.get_server_pid():
            self._wakeups.give([hint])
