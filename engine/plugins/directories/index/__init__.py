"""index: the patients in a SQLite file, kept current by ADT messages.

Holds: the file's tables, reading and writing them, and the directory over both.
May import: ports, domain, apsw.
May touch: the index file with its log, threads for the moment of a call.
Never: decide who is meant, or let an older message undo a newer one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.services import SiteServices

if TYPE_CHECKING:
    from engine.plugins.directories.index.directory import IndexDirectory


class IndexSettings(Settings):
    """Patients by ADT messages: a channel with the stage `index` feeds it; `headrace directory load` fills it."""

    path: str = Field(default="var/patients.db", min_length=1)
    """The file of the index, relative to the site. On a local disk, never on a network share."""
    default_authority: str = ""
    """The authority of a bare PID-3 identifier; records are kept under its numbers where a patient has several."""
    time_zone: str = Field(default="", examples=["Europe/Madrid"])
    """The zone of EVN-2 and MSH-7 that come without an offset, by its IANA name; empty: the zone of this machine."""

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            return name and ZoneInfo(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no time zone of that name; write one like Europe/Madrid") from None


def build(settings: IndexSettings, services: SiteServices) -> IndexDirectory:
    """Make the directory; the file is opened with the first call."""
    from engine.plugins.directories.index.directory import IndexDirectory

    return IndexDirectory(settings, services)


PLUGIN = Plugin(
    kind=Kind.DIRECTORY,
    name="index",
    settings=IndexSettings,
    build=build,
    summary="Patients in a local index that ADT messages keep current.",
    guarantees=(
        "A change is on disk before its message counts as done. Repeated, late and reordered messages end in the same "
        "index. Merged records stay findable and never match by themselves. One machine owns the file."
    ),
)
"""What the registry lists."""
