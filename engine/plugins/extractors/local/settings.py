"""The settings of the local extractor; reader processes never import this."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from engine.ports.fields import ByteSize, Duration
from engine.ports.plugin import Settings


class LocalSettings(Settings):
    """The embedded extractor."""

    readers: int = Field(default=2, ge=1, le=64)
    """Reader processes; one a core is right."""
    timeout: Duration = 20.0
    """Wall time for one document."""
    cpu: Duration = 20.0
    """Processor time for one document."""
    memory: ByteSize = 1 << 30
    """Address space of a reader process."""
    scan_time: Duration = 300.0
    """Further time for the pages of one document that are pictures; a person gets those not recognised by then."""
    scan_memory: ByteSize = 3 << 30
    """Address space of a reader process that recognises pictures of text."""
    max_document: ByteSize = 64 << 20
    """Larger documents are not opened."""
    documents_per_reader: int = Field(default=500, ge=1)
    """A reader is replaced after that many documents."""
    overlay: str = Field(default="conf/analytes.yaml", min_length=1)
    """How the site's laboratories call their tests, beyond the packs; read again when it changes, absent is none."""
    loinc: str = Field(default="var/loinc.tsv", min_length=1)
    """The table that `headrace loinc import` made of the site's own LOINC release; absent is none."""


def at_site(settings: LocalSettings, site: Path) -> LocalSettings:
    """The settings with their files under the site's folder."""
    files = {"overlay": str(site / settings.overlay), "loinc": str(site / settings.loinc)}
    return settings.model_copy(update=files)
