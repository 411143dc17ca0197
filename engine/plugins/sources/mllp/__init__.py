"""The MLLP listener.

Holds: the `mllp` source: sockets, TLS, frames in, answers out, limits and back-pressure.
May import: ports, hl7v2 framing.
May touch: sockets, certificate files; the clock only through its port.
Never: read a message beyond its frame, answer anything intake did not say, keep a task for an idle connection.
"""

from __future__ import annotations

from engine.plugins.sources.mllp.settings import MllpSourceSettings
from engine.ports.plugin import Kind, Plugin
from engine.ports.services import SourceServices
from engine.ports.source import Source


def _build(settings: MllpSourceSettings, services: SourceServices) -> Source:
    from engine.plugins.sources.mllp.listener import MllpSource

    return MllpSource(settings, services)


PLUGIN = Plugin(
    kind=Kind.SOURCE,
    name="mllp",
    settings=MllpSourceSettings,
    build=_build,
    summary="Listens for HL7 v2 messages over MLLP, plain or with TLS.",
    guarantees="AA or CA leaves only after the message is on disk; answers leave in the order of the messages of a "
    "connection; a message sent again gets the stored answer.",
)
