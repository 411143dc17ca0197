"""What each kind of plugin is handed at build time: narrow bundles, never the application."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.ports.blobs import BlobStore
from engine.ports.clock import Clock, Ids
from engine.ports.observe import Observer
from engine.ports.source import Intake


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceServices:
    """For a source: its name and channel, the entrance, clock and observer."""

    name: str
    channel: str
    intake: Intake
    clock: Clock
    ids: Ids
    observer: Observer


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationServices:
    """For a destination: its name and channel, clock and observer."""

    name: str
    channel: str
    clock: Clock
    ids: Ids
    observer: Observer


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteServices:
    """For stores, blobs, directories and extractors: the site's folder (relative paths start there).

    `name` is what the configuration calls a directory or an extractor; empty where there is only one of a kind.
    """

    site: Path
    node: str
    clock: Clock
    ids: Ids
    observer: Observer
    blobs: BlobStore | None = None
    name: str = ""
