"""The plugin card of the local extractor."""

from __future__ import annotations

from typing import Any

from engine.plugins.extractors.local.settings import LocalSettings, at_site
from engine.ports.plugin import Kind, Plugin
from engine.ports.services import SiteServices


def _build(settings: LocalSettings, services: SiteServices) -> Any:
    from engine.plugins.extractors.local.pool import LocalExtractor

    return LocalExtractor(at_site(settings, services.site), services.observer)


PLUGIN = Plugin(
    kind=Kind.EXTRACTOR,
    name="local",
    settings=LocalSettings,
    build=_build,
    summary="Reads PDF, scans, DOCX, HTML, CDA, RTF and text on this machine; nothing leaves it.",
    guarantees="One bad document costs one reader process; it is reported on the document.",
)
