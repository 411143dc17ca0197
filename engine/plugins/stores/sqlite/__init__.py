"""The embedded store: one SQLite file, one writer thread, group commit.

Holds: the SQLite adapter of the Store port, its SQL and its migrations.
May import: ports, domain, apsw.
May touch: the database file, its lock file and log, its own threads.
Never: SQL in Python text, a second writing connection, an answer before its COMMIT returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from engine.ports.fields import ByteSize
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.services import SiteServices

if TYPE_CHECKING:
    from engine.plugins.stores.sqlite.store import SqliteStore


class SqliteSettings(Settings):
    """Where the database is and how much it takes in before it refuses."""

    path: str = Field(default="var/headrace.db", examples=["var/headrace.db"])
    """The database file; relative paths start at the site's folder. On a local disk, never on a network share."""
    inline: ByteSize = 128 * 1024
    """Bodies of at least this size go to the blob store, smaller ones into the database."""
    min_free: ByteSize = 256 * 1024 * 1024
    """Free disk space under which nothing is taken in; senders get AR or CE and come back."""
    queue: int = Field(default=10_000, ge=1)
    """How many calls may wait for the writer before new messages are refused."""
    queue_bytes: ByteSize = 256 * 1024 * 1024
    """How many bytes of bodies may wait for the writer before new messages are refused."""
    retransmission_days: int = Field(default=30, ge=1)
    """For how many days a message that comes again is answered with its first ACK instead of being taken in."""
    readers: int = Field(default=2, ge=1, le=16)
    """Connections for reading, so that browsing never waits for intake nor intake for browsing."""


def build(settings: SqliteSettings, services: SiteServices) -> SqliteStore:
    """Make the store; nothing is opened before `open()`."""
    from engine.plugins.stores.sqlite.store import SqliteStore

    return SqliteStore(settings, services)


PLUGIN = Plugin(
    kind=Kind.STORE,
    name="sqlite",
    settings=SqliteSettings,
    build=build,
    summary="Keeps everything in one SQLite file beside the engine; no server needed.",
    guarantees=(
        "A message is on disk (WAL, synchronous=FULL) before its answer leaves. FIFO inside an ordering key. "
        "One process owns the file."
    ),
)
"""What the registry lists."""
