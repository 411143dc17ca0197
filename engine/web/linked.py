"""What belongs to a message: its dossier, and the other messages it is linked to."""

from __future__ import annotations

from dataclasses import dataclass

from engine.domain.dossier import Dossier
from engine.domain.message import MessageId
from engine.pipeline import codec
from engine.ports.observe import Observer
from engine.ports.store import Fingerprint, MessageDetail, MessageView, Store

VERSIONS_MAX = 50


@dataclass(frozen=True, slots=True)
class Linked:
    """A linked message and how: `duplicate_of`, `supersedes`, `same_report`."""

    view: MessageView
    relations: tuple[str, ...]


def dossier_of(detail: MessageDetail, observer: Observer) -> Dossier:
    """The message's dossier; an empty one when an older release wrote it in a form this one cannot read."""
    try:
        return codec.decode(detail.dossier)
    except codec.DossierError:
        observer.note("web.dossier_unreadable", level="warning", message_id=detail.message.id)
        return Dossier()


async def versions(store: Store, detail: MessageDetail, dossier: Dossier) -> list[Linked]:
    """Messages linked to this one, newest first: what it repeats, what it replaces, who owns its fingerprints."""
    relations: dict[str, list[str]] = {}
    if detail.message.duplicate_of:
        relations.setdefault(detail.message.duplicate_of, []).append("duplicate_of")
    if dossier.supersedes:
        relations.setdefault(dossier.supersedes, []).append("supersedes")
    prints = [Fingerprint(kind=kind, value=value) for kind, value in dossier.fingerprints]
    for owner in await store.find_fingerprints(prints) if prints else ():
        names = relations.setdefault(owner.message_id, [])
        if "same_report" not in names:
            names.append("same_report")
    relations.pop(detail.message.id, None)
    found = [Linked(other.message, tuple(names)) for other, names in await _fetch(store, relations)]
    return sorted(found, key=lambda item: item.view.sequence, reverse=True)


async def _fetch(store: Store, relations: dict[str, list[str]]) -> list[tuple[MessageDetail, list[str]]]:
    found = []
    for message_id, names in list(relations.items())[:VERSIONS_MAX]:
        other = await store.get(MessageId(message_id))
        if other is not None:
            found.append((other, names))
    return found
