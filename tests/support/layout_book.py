"""The memory of report forms in a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.domain.layout import Form, Layout, LayoutState
from engine.ports.store import AuditEntry


class Book:
    """A memory in a dictionary; counts the questions."""

    def __init__(self, *layouts: Layout) -> None:
        self.kept = {item.id: item for item in layouts}
        self.asked = 0
        self.audits: list[AuditEntry] = []

    async def of_sender(self, sender: str) -> Sequence[Layout]:
        self.asked += 1
        return [item for item in self.kept.values() if item.sender == sender]

    async def everything(self) -> Sequence[Layout]:
        return list(self.kept.values())

    async def see(self, layout: Layout) -> None:
        old = self.kept.get(layout.id)
        state = layout.state if old is None or old.state is LayoutState.SEEN else old.state
        documents = layout.documents + (old.documents if old else 0)
        self.kept[layout.id] = replace(old or layout, state=state, documents=documents)

    async def confirm(self, layout_id: str, *, by: str, audit: AuditEntry) -> bool:
        if layout_id not in self.kept:
            return False
        self.kept[layout_id] = replace(self.kept[layout_id], state=LayoutState.CONFIRMED, decided_by=by)
        self.audits.append(audit)
        return True

    async def forget(self, layout_id: str, *, audit: AuditEntry) -> bool:
        self.audits.append(audit)
        return self.kept.pop(layout_id, None) is not None

    def states(self) -> list[tuple[Form, LayoutState]]:
        return [(item.form, item.state) for item in self.kept.values()]
