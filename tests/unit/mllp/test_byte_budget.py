"""The byte budget alone: when the gate closes, who may go on, when it opens."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from engine.plugins.sources.mllp.budget import ByteBudget


@dataclass(eq=False)
class FakeMember:
    """A connection without a socket."""

    budget: ByteBudget | None = None
    buffered: int = 0
    unanswered: int = 0
    received: int = 0
    is_held: bool = False
    holds: list[bool] = field(default_factory=list)

    def hold_for_budget(self, *, on: bool) -> None:
        self.is_held = on
        self.holds.append(on)

    def read(self, size: int) -> None:
        self.received += size
        self.buffered += size
        self.budget.change(self, unfinished=size, unanswered=0)

    def complete(self) -> None:
        size, self.buffered = self.buffered, 0
        self.unanswered += size
        self.budget.change(self, unfinished=-size, unanswered=size)

    def answered(self) -> None:
        size, self.unanswered = self.unanswered, 0
        self.budget.change(self, unfinished=0, unanswered=-size)


def members(count: int, limit: int = 800, spare: int = 400) -> tuple[ByteBudget, list[FakeMember]]:
    group: list[FakeMember] = []
    budget = ByteBudget(limit=limit, spare=spare, members=group)
    group.extend(FakeMember(budget) for _ in range(count))
    return budget, group


def test_at_the_limit_everyone_reads_above_it_nobody():
    """The gate closes one byte above the limit; while complete frames wait for the store nobody is let through."""
    budget, (one, two) = members(2)
    one.read(400)
    one.complete()
    two.read(400)
    assert not budget.is_over
    two.read(1)
    assert budget.is_over
    assert (one.is_held, two.is_held) == (True, True)


def test_the_gate_opens_at_seven_eighths():
    """Freed bytes open the gate only below seven eighths, so that it does not flutter."""
    budget, (one, two) = members(2)
    one.read(101)
    one.complete()
    two.read(700)
    one.answered()
    assert not budget.is_over
    budget, (one, two) = members(2)
    one.read(100)
    one.complete()
    two.read(701)
    one.answered()
    assert budget.is_over


def test_the_largest_unfinished_frame_may_finish():
    """With nothing complete the largest frame goes on alone, until its frame is complete."""
    budget, (small, large, none) = members(3)
    small.read(300)
    large.read(501)
    assert (small.is_held, large.is_held, none.is_held) == (True, False, True)
    large.read(300)
    assert not large.is_held
    large.complete()
    assert large.is_held
    large.answered()
    assert not budget.is_over
    assert (small.is_held, large.is_held, none.is_held) == (False, False, False)


def test_one_that_does_not_move_is_not_waited_for():
    """Each second in which the chosen frame hardly grows another may try, but not above limit and spare together."""
    budget, group = members(4, limit=800_000, spare=100_000)
    for member in group:
        member.read(200_001)
    chosen = [member for member in group if not member.is_held]
    assert len(chosen) == 1
    chosen[0].read(65_536)
    budget.sweep()
    assert sum(not member.is_held for member in group) == 1
    budget.sweep()
    assert sum(not member.is_held for member in group) == 2
    chosen[0].read(40_000)
    budget.sweep()
    budget.sweep()
    assert sum(not member.is_held for member in group) == 2


def test_a_chosen_one_that_leaves_is_replaced():
    """When the connection that may finish goes away the next one may."""
    budget, group = members(2)
    group[0].read(500)
    group[1].read(400)
    gone = group.pop(0)
    budget.forget(gone)
    budget.change(gone, unfinished=-100, unanswered=0)
    assert [member.is_held for member in group] == [False]


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(["read", "complete", "answered", "sweep"]), st.integers(1, 300))
    )
)
def test_never_stuck(steps):
    """Whatever happens: the sums are right, and when nothing is complete somebody with bytes may read."""
    budget, group = members(5)
    for index, action, size in steps:
        member = group[index]
        if action == "read" and not member.is_held:
            member.read(size)
        elif action == "complete" and member.buffered:
            member.complete()
        elif action == "answered" and member.unanswered:
            member.answered()
        elif action == "sweep":
            budget.sweep()
        assert budget.used == sum(item.buffered + item.unanswered for item in group)
        if budget.is_over and not budget.unanswered:
            assert any(not item.is_held and item.buffered for item in group)
        if not budget.is_over:
            assert not any(item.is_held for item in group)
