"""Runs a flow of the protocol: what it yields is asked, and what was answered is sent back into it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..session.errors import NoAnswer
from ..session.flow import Answer, Ask, Flow
from ..session.storage import Call

Result = TypeVar("Result")


async def drive(flow: Flow[Result], answer: Callable[[Ask[Call]], Awaitable[Answer]]) -> Result:
    """What the flow found. `answer` asks the network; that it got none is thrown into the flow."""
    try:
        ask = next(flow)
        while True:
            try:
                said = await answer(ask)
            except NoAnswer as error:
                ask = flow.throw(error)
            else:
                ask = flow.send(said)
    except StopIteration as end:
        found: Result = end.value
        return found
    finally:
        flow.close()
