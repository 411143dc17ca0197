"""medextract: a remote extractor with the MedExtract API, or the engine's own behind the same API.

Holds: settings, dialects as data, the client of the API, and the check against the document.
May import: ports and below, links; stamina.
May touch: the service's address and the token endpoint; a process of its own for the document's text.
Never: cancel a request from outside, log or raise content, believe a value that the document does not show.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.plugins.extractors.medextract.settings import MedExtractSettings
from engine.ports.plugin import Kind, Plugin
from engine.ports.services import SiteServices


def _build(settings: MedExtractSettings, services: SiteServices) -> Any:
    import ssl

    import stamina.instrumentation

    from engine.extraction.packs.load import load_packs
    from engine.links.http import Limits, Remote
    from engine.links.identity import make_auth
    from engine.plugins.extractors.medextract.client import MedExtract
    from engine.plugins.extractors.medextract.dialect import load_dialect
    from engine.plugins.extractors.medextract.texts import TextReader

    # Its own hooks print to stdout and count in a foreign registry; what is worth a note is noted by the client.
    stamina.instrumentation.set_on_retry_hooks(())
    context = ssl.create_default_context(cafile=_file(settings.ca, services.site))
    context.minimum_version = ssl.TLSVersion.TLSv1_2

    def remote(answer: int, connections: int) -> Remote:
        limits = Limits(
            connect=settings.connect_timeout, total=settings.timeout, answer=answer, connections=connections
        )
        return Remote(limits, context, services.clock)

    return MedExtract(
        settings,
        load_dialect(settings.dialect, services.site),
        remote=remote(settings.max_answer, settings.connections),
        auth=make_auth(settings.auth, remote(1 << 16, 1), services.clock),
        read_text=TextReader(settings.check),
        packs=load_packs(),
        clock=services.clock,
        observer=services.observer,
    )


def _file(path: Path | None, site: Path) -> str | None:
    return None if path is None else str(site / path)


PLUGIN = Plugin(
    kind=Kind.EXTRACTOR,
    name="medextract",
    settings=MedExtractSettings,
    build=_build,
    summary="Sends documents to a service with the MedExtract API and looks its values up in the document.",
    guarantees="A value that the document does not show waits for a person; a service that fails is left alone.",
)
