"""Steps: the protocol as generators that yield calls and are sent their answers, so that anything may drive them.

A store drives them, an asyncio store, or the tests' simulation, which stops one between any two calls.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

from zipline.online.calls import Call
from zipline.online.stores.base import AsyncStore, Store

T = TypeVar("T")
Steps: TypeAlias = Generator[Call, Any, T]


def run(steps: Steps[T], store: Store) -> T:
    """Run steps to their end on a store, and return what they return; a store's error is raised inside them."""
    try:
        call = next(steps)
        while True:
            try:
                answer = store.do(call)
            except Exception as error:
                call = steps.throw(error)
            else:
                call = steps.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def run_async(steps: Steps[T], store: AsyncStore) -> T:
    """Do the same on an asyncio store."""
    try:
        call = next(steps)
        while True:
            try:
                answer = await store.do(call)
            except Exception as error:
                call = steps.throw(error)
            else:
                call = steps.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
