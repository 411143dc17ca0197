"""An order's history as one message meets it: what is newer, what is older, and what that means for the message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.domain.version import Older, OrderVersion, compare, contradicts, covers, is_dated, newest, overwrites


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One version among the others of its order.

    Attributes:
        version: of the message that is looked at.
        others: id of the message and version, in any order; versions of closed messages are not among them.
        wholes: by id, everything that one of those messages says; without those that say more than versions hold.
    """

    version: OrderVersion
    others: tuple[tuple[str, OrderVersion], ...] = ()
    wholes: Mapping[str, tuple[OrderVersion, ...]] = field(default_factory=dict)

    @property
    def newer(self) -> tuple[str, ...]:
        """Messages whose newer results this version would overwrite."""
        return tuple(
            owner for owner, item in self.others if compare(item, self.version) > 0 and overwrites(self.version, item)
        )

    @property
    def older(self) -> tuple[OrderVersion, ...]:
        """The versions before this one; one that nothing tells apart came before it."""
        return tuple(item for _, item in self.others if compare(item, self.version) <= 0)

    @property
    def overtaken(self) -> tuple[str, ...]:
        """Messages that would undo something of this version if they arrived after it."""
        return tuple(
            owner for owner, item in self.others if compare(item, self.version) <= 0 and overwrites(item, self.version)
        )

    @property
    def replaced(self) -> str:
        """The message whose results this version replaces: the newest of the older ones, or empty."""
        last = newest(item for item in self.older if overwrites(item, self.version))
        return next((owner for owner, item in self.others if item is last), "")

    @property
    def is_contradicted(self) -> bool:
        """Another version of the same age says something else of one result."""
        return any(compare(item, self.version) == 0 and contradicts(item, self.version) for _, item in self.others)

    @property
    def is_newest(self) -> bool:
        """Newer than every other one, and there is another one, by the reported times alone."""
        return bool(self.others) and all(
            compare(self.version, item) > 0 and is_dated(self.version, item) for _, item in self.others
        )

    @property
    def repeats(self) -> str:
        """The message that said the same of an order without bringing a result (a cancellation twice), or empty."""
        last = newest(self.older)
        if last is None or self.version.results:
            return ""
        is_same = (last.status, last.reported_at) == (self.version.status, self.version.reported_at)
        return next((owner for owner, item in self.others if item is last), "") if is_same else ""

    def goes_back_to(self, owner: str) -> bool:
        """Whether the version says again what that message said, after a third one had said something else."""
        first = next((item for other, item in self.others if other == owner), None)
        return first is not None and any(
            compare(item, first) > 0 and compare(self.version, item) > 0 and contradicts(item, self.version)
            for other, item in self.others
            if other != owner
        )


def overtaken(histories: Sequence[History], said: Sequence[OrderVersion]) -> tuple[Older, ...]:
    """The messages that one would undo if they arrived after it, by its orders' histories and all that it says."""
    wholes = {owner: orders for item in histories for owner, orders in item.wholes.items()}
    ids = dict.fromkeys(owner for item in histories for owner in item.overtaken)
    return tuple(Older(message_id=owner, is_whole=owner in wholes and covers(said, wholes[owner])) for owner in ids)
