"""No blob store of its own: large bodies stay in the database of the store, in pieces (PostgreSQL)."""

from __future__ import annotations

from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.services import SiteServices


class StoreSettings(Settings):
    """Nothing to say: the store's own settings decide from which size a body is cut into pieces."""


def build(settings: StoreSettings, services: SiteServices) -> None:
    """No blob store: a store that is handed none keeps large bodies itself."""


PLUGIN = Plugin(
    kind=Kind.BLOBS,
    name="store",
    settings=StoreSettings,
    build=build,
    summary="Leaves large bodies in the store's own database; for PostgreSQL.",
    guarantees="Every piece is committed before the row that names the body; one thing to back up and to replicate.",
)
"""What the registry lists."""
