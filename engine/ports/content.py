"""What arrived, opened on demand: the parsed message and its documents, each made at most once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from engine.documents import carriers
from engine.documents.sniff import is_complete, sniff
from engine.domain.document import Carried, Document, OpenedDocument
from engine.domain.message import ContentKind
from engine.domain.order import Inbound
from engine.domain.reasons import Reason, reason
from engine.hl7v2 import er7
from engine.mapping import bare_in, message_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What decode made of the bytes; `reasons` name carriers that gave no document."""

    inbound: Inbound
    documents: tuple[OpenedDocument, ...]
    reasons: tuple[Reason, ...]


class Content:
    """The raw bytes of one message with lazy views on them; lives as long as someone works on the message.

    Args:
        raw: as received.
        kind: what they are.
        charset: codec name that overrides MSH-18, or `auto`.
        fallbacks: codecs tried when MSH-18 names none.
        file_name: for a bare document.
    """

    def __init__(
        self,
        raw: bytes,
        *,
        kind: ContentKind = ContentKind.ER7,
        charset: str = "auto",
        fallbacks: Sequence[str] = ("utf-8", "windows-1252"),
        file_name: str = "",
    ) -> None:
        self.raw = raw
        self.kind = kind
        self.file_name = file_name
        self._charset = charset
        self._fallbacks = tuple(fallbacks)

    @cached_property
    def message(self) -> er7.Er7Message:
        """The parsed message. Raises Er7Error for bytes without an MSH (never accepted as ER7)."""
        return er7.parse(self.raw, charset=self._charset, fallbacks=self._fallbacks)

    @cached_property
    def decoded(self) -> Decoded:
        """Clinical content and documents. Raises Er7Error as `message` does."""
        if self.kind is ContentKind.DOCUMENT:
            return Decoded(inbound=bare_in.read(self.file_name), documents=(self._bare(),), reasons=())
        inbound, carried = message_in.read(self.message)
        return _open_all(inbound, carried)

    def _bare(self) -> OpenedDocument:
        document = Document(
            sha256=hashlib.sha256(self.raw).hexdigest(),
            media_type=sniff(self.raw),
            size_bytes=len(self.raw),
            file_name=self.file_name,
            complete=is_complete(self.raw, sniff(self.raw)),
        )
        return OpenedDocument(document=document, data=self.raw)

    def document(self, sha256: str) -> OpenedDocument | None:
        """The document with that digest, or None."""
        return next((item for item in self.decoded.documents if item.document.sha256 == sha256), None)


def _open_all(inbound: Inbound, carried: Sequence[Carried]) -> Decoded:
    """Open every carrier; those that give no bytes become reasons."""
    documents: list[OpenedDocument] = []
    faults: list[Reason] = []
    for first, *pieces in _pieces(carried):
        for opened in _open_pieces(first, pieces):
            if isinstance(opened, carriers.CarrierFault):
                faults.append(reason(opened.reason_code, opened.text, opened.location))
            else:
                documents.append(replace(opened, document=replace(opened.document, status=first.status)))
    return Decoded(inbound=inbound, documents=tuple(documents), reasons=tuple(faults))


def _pieces(carried: Sequence[Carried]) -> list[list[Carried]]:
    """Carriers that may be pieces of one file, together."""
    groups: list[list[Carried]] = []
    for item in carried:
        if item.continues and groups:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _open_pieces(first: Carried, pieces: Sequence[Carried]) -> list[OpenedDocument | carriers.CarrierFault]:
    """One document of all pieces where the first is no complete file; else each stands for itself."""
    opened = carriers.open_carried(first)
    if not pieces:
        return [opened]
    if isinstance(opened, OpenedDocument) and opened.document.complete:
        return [opened, *(carriers.open_carried(item) for item in pieces)]
    parts = (*first.parts, *(part for item in pieces for part in item.parts))
    return [carriers.open_carried(replace(first, parts=parts))]
