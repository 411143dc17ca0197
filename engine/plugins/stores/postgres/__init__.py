"""The shared store: one PostgreSQL database for one node or many, leases, group commit.

Holds: the PostgreSQL adapter of the Store port, its SQL and its migrations.
May import: ports, domain, asyncpg.
May touch: the database it is given, by a pool of connections.
Never: SQL in Python text, a node's own clock for a lease, an answer before its COMMIT returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from engine.ports.fields import ByteSize, Duration, Secret
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.services import SiteServices

if TYPE_CHECKING:
    from engine.plugins.stores.postgres.store import PostgresStore


class PostgresSettings(Settings):
    """Which database, and how much it takes in before it refuses."""

    dsn: Secret = Field(examples=["${env:HEADRACE_DSN}"])
    """The database: `postgresql://user:password@host:5432/headrace?sslmode=verify-full`."""
    inline: ByteSize = 128 * 1024
    """Bodies of at least this size go to the blob store (or, without one, into chunks), smaller ones into their row."""
    connections: int = Field(default=10, ge=4, le=200)
    """Connections of this node for work; two more serve the leases and the hints."""
    timeout: Duration = 5.0
    """Seconds after which a call on the database is given up; new messages are refused (AR or CE) meanwhile."""
    lease: Duration = 4.0
    """Seconds without a sign of life after which other nodes take this node's work over; the same on every node."""
    queue: int = Field(default=2000, ge=1)
    """How many calls may wait for a commit before new messages are refused."""
    retransmission_days: int = Field(default=30, ge=1)
    """For how many days a message that comes again is answered with its first ACK instead of being taken in."""
    allow_unsafe: bool = False
    """Run on a server with fsync or full_page_writes off; for tests only: a power cut loses what was acknowledged."""


def build(settings: PostgresSettings, services: SiteServices) -> PostgresStore:
    """Make the store; nothing is opened before `open()`."""
    from engine.plugins.stores.postgres.store import PostgresStore

    return PostgresStore(settings, services)


PLUGIN = Plugin(
    kind=Kind.STORE,
    name="postgres",
    settings=PostgresSettings,
    build=build,
    summary="Keeps everything in a PostgreSQL database (13 or newer) that several nodes share.",
    guarantees=(
        "A message is committed (synchronous_commit=on) before its answer leaves. FIFO inside an ordering key, over "
        "all nodes. A node that stops is replaced after its leases ran out; what it still writes is refused."
    ),
)
"""What the registry lists."""
