"""Back-pressure: how many bytes a listener may hold, and who may go on reading when they are used up.

Held are the bytes of unfinished frames and of complete ones that are not answered yet. Above the limit every
connection stops reading; TCP then slows the senders down. What is complete frees itself once it is stored. If nothing
is complete, the largest unfinished frame is allowed to finish, so that the limit can never be a deadlock.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

_PROGRESS_BYTES = 64 * 1024


class Member(Protocol):
    """A connection as the budget sees it."""

    received: int

    @property
    def buffered(self) -> int:
        """Bytes of its unfinished frame, 0 between frames."""

    def hold_for_budget(self, *, on: bool) -> None:
        """Stop or go on reading."""


class ByteBudget:
    """Counts bytes over all members and closes the gate above the limit; opens it again at seven eighths.

    Args:
        limit: bytes that may be held.
        spare: bytes above the limit that frames which were allowed to finish may take (the largest frame).
        members: all connections, kept up to date by the listener.
    """

    def __init__(self, *, limit: int, spare: int, members: Collection[Member]) -> None:
        self._limit = limit
        self._low = limit - limit // 8
        self._hard = limit + spare
        self._members = members
        self._granted: dict[Member, int] = {}
        self.is_over = False
        self.unfinished = 0
        self.unanswered = 0

    @property
    def used(self) -> int:
        """Bytes held now."""
        return self.unfinished + self.unanswered

    def change(self, member: Member, *, unfinished: int, unanswered: int) -> None:
        """A member holds this many bytes more (or fewer)."""
        self.unfinished += unfinished
        self.unanswered += unanswered
        used = self.unfinished + self.unanswered
        if not self.is_over:
            if used > self._limit:
                self._close_gate()
        elif used <= self._low:
            self._open_gate()
        else:
            if member in self._granted and not member.buffered:
                self.forget(member)
                member.hold_for_budget(on=True)
            self._grant_if_stuck()

    def forget(self, member: Member) -> None:
        """The member has finished its frame, or is gone."""
        self._granted.pop(member, None)

    def sweep(self) -> None:
        """Once a second: when those that may finish do not move, let one more try, as long as there is room."""
        if not self.is_over:
            return
        moved = [member.received - before >= _PROGRESS_BYTES for member, before in self._granted.items()]
        for member in self._granted:
            self._granted[member] = member.received
        if not any(moved) and self.used < self._hard and not self.unanswered:
            self._grant()

    def _close_gate(self) -> None:
        self.is_over = True
        for member in self._members:
            member.hold_for_budget(on=True)
        self._grant_if_stuck()

    def _open_gate(self) -> None:
        self.is_over = False
        self._granted.clear()
        for member in self._members:
            member.hold_for_budget(on=False)

    def _grant_if_stuck(self) -> None:
        if not self.unanswered and not self._granted:
            self._grant()

    def _grant(self) -> None:
        """Let the largest unfinished frame finish: it needs the least and frees the most."""
        waiting = [member for member in self._members if member.buffered and member not in self._granted]
        if waiting:
            chosen = max(waiting, key=lambda member: member.buffered)
            self._granted[chosen] = chosen.received
            chosen.hold_for_budget(on=False)
