"""fhir: the patient directory behind a FHIR R4 server.

Holds: settings, the questions as FHIR searches, `$match` and `$ihe-pix`, the reading of Patient resources.
May import: ports and below, links.
May touch: the server and the token endpoint, through links.
Never: put a patient into an address unless told to, believe a score, take half an answer for the whole.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from engine.links.tls import TlsSettings
from engine.plugins.directories.fhir.settings import FhirSettings
from engine.ports.plugin import Kind, Plugin
from engine.ports.services import SiteServices

_TOKEN_BYTES = 1 << 16


def _build(settings: FhirSettings, services: SiteServices) -> Any:
    from engine.links.guard import Guard
    from engine.links.http import Limits, Remote
    from engine.links.identity import make_auth
    from engine.links.tls import client_context
    from engine.plugins.directories.fhir.directory import FhirDirectory
    from engine.plugins.directories.fhir.server import FhirServer

    tls = _within(settings.tls or TlsSettings(), services.site)
    client_context(tls)  # what cannot work is said at start
    context = partial(client_context, tls)
    limits = Limits(
        connect=settings.connect_timeout,
        total=settings.timeout,
        answer=settings.max_answer,
        connections=settings.connections,
    )
    tokens = Remote(replace(limits, answer=_TOKEN_BYTES, connections=1), context, services.clock)
    guard = Guard(
        services.name or "fhir",
        settings.breaker,
        tries=settings.tries,
        wait=settings.wait,
        clock=services.clock,
        observer=services.observer,
    )
    auth = make_auth(settings.auth, tokens, services.clock)
    return FhirDirectory(settings, FhirServer(settings, Remote(limits, context, services.clock), auth, guard))


def _within(tls: TlsSettings, site: Path) -> TlsSettings:
    """Relative paths start at the site."""
    files = {name: site / path for name in ("ca", "cert", "key") if (path := getattr(tls, name)) is not None}
    return tls.model_copy(update=files)


PLUGIN = Plugin(
    kind=Kind.DIRECTORY,
    name="fhir",
    settings=FhirSettings,
    build=_build,
    summary="Patients from a FHIR R4 server: search (IHE PDQm), $match, and $ihe-pix (IHE PIXm).",
    guarantees="Shows candidates and decides nothing; where somebody may be missing, a person decides.",
)
