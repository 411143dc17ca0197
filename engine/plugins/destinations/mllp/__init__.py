"""The MLLP sender.

Holds: the `mllp` destination: one message in flight on each of its lines, its answer matched by MSA-2.
May import: ports, links, mapping.oru_out, hl7v2 framing and answers.
May touch: its lines to the receiver; the clock only through its port.
Never: take an answer that does not name the message in flight, or use a connection again that once went wrong.
"""

from __future__ import annotations

from engine.plugins.destinations.mllp.settings import MllpDestinationSettings
from engine.ports.destination import Destination
from engine.ports.plugin import Kind, Plugin
from engine.ports.services import DestinationServices


def _build(settings: MllpDestinationSettings, services: DestinationServices) -> Destination:
    from engine.plugins.destinations.mllp.sender import MllpDestination

    return MllpDestination(settings, services)


PLUGIN = Plugin(
    kind=Kind.DESTINATION,
    name="mllp",
    settings=MllpDestinationSettings,
    build=_build,
    summary="Sends results as HL7 v2 ORU^R01 over MLLP, plain or with TLS.",
    guarantees="At least once, in order; a message sent again has the same bytes and the same MSH-10; only an answer "
    "whose MSA-2 names the message counts.",
)
