"""pdq-v2: the patient directory behind an HL7 v2 Patient Demographics Supplier.

Holds: settings, the queries (QBP^Q22, QBP^Q23), the reading of their answers, lines to the supplier.
May import: ports and below, links.
May touch: its lines to the supplier, through links.
Never: take an answer that does not name the query, take half an answer for the whole, decide.
"""

from __future__ import annotations

from typing import Any

from engine.plugins.directories.pdq.settings import PdqSettings
from engine.ports.plugin import Kind, Plugin
from engine.ports.services import SiteServices


def _build(settings: PdqSettings, services: SiteServices) -> Any:
    from engine.plugins.directories.pdq.directory import PdqDirectory
    from engine.plugins.directories.pdq.supplier import Supplier

    return PdqDirectory(settings, Supplier(settings, services))


PLUGIN = Plugin(
    kind=Kind.DIRECTORY,
    name="pdq-v2",
    settings=PdqSettings,
    build=_build,
    summary="Patients from an HL7 v2 supplier over MLLP: PDQ (IHE ITI-21) and PIX (IHE ITI-9).",
    guarantees="Shows candidates and decides nothing; where somebody may be missing, a person decides.",
)
