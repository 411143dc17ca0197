"""Questions asked at about the same time go to a reader together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.plugins.stores.sqlite.readers import Gathered
from engine.ports.store import StoreError


class Reader:
    """Answers when the test says so; `asked` counts the hand-overs."""

    def __init__(self) -> None:
        self.queries: list[tuple[Callable[[Any], Any], asyncio.Future[Any]]] = []
        self.is_closed = False

    def read(self, query: Callable[[Any], Any]) -> asyncio.Future[Any]:
        if self.is_closed:
            raise StoreError("the store is closed")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.queries.append((query, future))
        return future

    def answer(self, number: int) -> None:
        query, future = self.queries[number]
        future.set_result(query(None))


async def settled() -> None:
    """Let everything run that is ready, and what that made ready."""
    for _ in range(5):
        await asyncio.sleep(0)


def gathered(reader: Reader) -> Gathered[int, int]:
    return Gathered(reader.read, lambda _, argument: argument * 10)


async def test_questions_of_one_turn_share_a_hand_over() -> None:
    """Each gets its own answer."""
    reader = Reader()
    many = gathered(reader)
    first, second = many.ask(1), many.ask(2)
    await settled()
    assert len(reader.queries) == 1
    reader.answer(0)
    assert (await first, await second) == (10, 20)


async def test_what_comes_meanwhile_goes_next_together() -> None:
    """One question under way, two gather, and go as one when it is answered; then a later one starts anew."""
    reader = Reader()
    many = gathered(reader)
    first = many.ask(1)
    await settled()
    second, third = many.ask(2), many.ask(3)
    await settled()
    assert len(reader.queries) == 1
    reader.answer(0)
    await settled()
    assert len(reader.queries) == 2
    reader.answer(1)
    assert [await first, await second, await third] == [10, 20, 30]
    fourth = many.ask(4)
    await settled()
    reader.answer(2)
    assert await fourth == 40


async def test_a_failure_reaches_all_who_asked_and_nobody_later() -> None:
    """The next question is asked anew."""
    reader = Reader()
    many = gathered(reader)
    first, second = many.ask(1), many.ask(2)
    await settled()
    reader.queries[0][1].set_exception(StoreError("the database could not be read"))
    for future in (first, second):
        with pytest.raises(StoreError):
            await future
    third = many.ask(3)
    await settled()
    reader.answer(1)
    assert await third == 30


async def test_a_closed_store_says_so() -> None:
    """Also to those that gathered before it was closed."""
    reader = Reader()
    many = gathered(reader)
    first = many.ask(1)
    await settled()
    second = many.ask(2)
    reader.is_closed = True
    reader.answer(0)
    assert await first == 10
    for future in (second, many.ask(3)):
        with pytest.raises(StoreError):
            await future


async def test_who_gave_up_does_not_disturb_the_others() -> None:
    """A cancelled question is passed over."""
    reader = Reader()
    many = gathered(reader)
    first, second = many.ask(1), many.ask(2)
    await settled()
    first.cancel()
    reader.answer(0)
    assert await second == 20
    assert first.cancelled()
