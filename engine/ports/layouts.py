"""The memory of the forms in which each sending laboratory prints its reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from engine.domain.layout import Layout
from engine.ports.store import AuditEntry


class LayoutBook(Protocol):
    """One memory for all nodes of a site; every call raises StoreError when it cannot be answered."""

    async def of_sender(self, sender: str) -> Sequence[Layout]:
        """What is remembered of a sender, the oldest first."""

    async def everything(self) -> Sequence[Layout]:
        """What is remembered at all, the oldest first."""

    async def see(self, layout: Layout) -> None:
        """Remember a layout, or count one more document of it; on disk on return.

        May come twice for one document. What is there keeps its state, except that a `seen` one takes the new one.
        """

    async def confirm(self, layout_id: str, *, by: str, audit: AuditEntry) -> bool:
        """A person has looked; False when there is none of that id."""

    async def forget(self, layout_id: str, *, audit: AuditEntry) -> bool:
        """Remember it no longer; False when there is none of that id."""


@runtime_checkable
class KeepsLayouts(Protocol):
    """A store that has such a memory."""

    @property
    def layouts(self) -> LayoutBook:
        """The memory; usable while the store is open."""
