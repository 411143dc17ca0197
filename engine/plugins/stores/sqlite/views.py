"""Questions of people and metrics; each is answered from one read transaction."""

from __future__ import annotations

import json
from collections.abc import Collection

from engine.domain.message import MessageId
from engine.plugins.stores.sqlite.readers import Snapshot
from engine.ports.store import (
    Fingerprint,
    FingerprintOwner,
    MessageDetail,
    MessageView,
    ReviewQuery,
    ReviewView,
    StoreFigures,
)
from engine.records import views
from engine.records.values import Row


def messages(view: Snapshot, sequences: Collection[int]) -> dict[int, MessageView]:
    """Messages as a list shows them, by sequence; those that are gone are left out."""
    listed = json.dumps(list(sequences))
    return views.messages(view.all("message_rows", listed), view.all("message_deliveries", listed))


def get(view: Snapshot, message_id: MessageId) -> MessageDetail | None:
    """One message with its history."""
    found = view.one("find_sequence", message_id)
    row = None if found is None else view.one("message_rows", json.dumps(found))
    if row is None:
        return None
    sequence = row[1]
    dossier = view.one("current_dossier", sequence)
    return views.detail(
        messages(view, [sequence])[sequence],
        error=row[16],
        dossier=dossier[0] if dossier else "",
        outputs=view.all("outputs", sequence),
        timeline=view.all("timeline", sequence),
        metadata=dict(view.all("metadata", sequence)),
    )


def find_fingerprints(view: Snapshot, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
    """Owners of any of these."""
    return [views.owner(item.kind, row) for item in fingerprints for row in _owner_rows(view, item)]


def _owner_rows(view: Snapshot, asked: Fingerprint) -> list[Row]:
    if asked.is_begin:
        return view.all("fingerprint_owners", asked.kind, asked.value, asked.value + views.HIGHEST)
    row = view.one("fingerprint_owner", asked.kind, asked.value)
    return [] if row is None else [row]


def reviews(view: Snapshot, query: ReviewQuery) -> list[ReviewView]:
    """Review cases newest first; `before` is the id of the last one seen."""
    last = view.one("review_number", query.before) if query.before else None
    before = last[0] if last else views.LAST
    if query.state:
        return views.reviews(view.all("reviews_in_state", before, query.limit, query.channel, query.state))
    return views.reviews(view.all("reviews_all", before, query.limit, query.channel))


def figures(view: Snapshot) -> StoreFigures:
    """Counts from the tallies; no message is looked at."""
    tallies = views.Tallies(view.all("tallies"), view.all("pauses"))
    return tallies.figures(lambda place: view.one("lane_head", *place), view.one("open_reviews") or (0, None))
