"""The same question about several things of one vendor, all at once."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import anyio

from server.declare import VendorError
from tools.insights.gather import in_parallel

A = TypeVar("A")
T = TypeVar("T")


@dataclass(frozen=True)
class Read(Generic[T]):
    """What could be read, in the order in which it was asked for, and of how many things the vendor refused it."""

    items: list[T]
    refused: int = 0

    def lacking(self, what: str) -> list[str]:
        """A note of what is missing, where something is."""
        return [f"{self.refused} of {self.refused + len(self.items)} {what} could not be read"] if self.refused else []


async def each(question: Callable[[A], Awaitable[T]], things: Iterable[A], *, needed: bool = True) -> Read[T]:
    """Ask for each of the `things`; the vendor's own limits say how many at a time.

    One that the vendor refuses is counted and left out. Raises the VendorError where it refuses all that is `needed`.
    """
    asked = list(things)
    found: dict[int, T] = {}
    errors: list[VendorError] = []

    async def ask(place: int, thing: A) -> None:
        try:
            found[place] = await question(thing)
        except VendorError as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        for place, thing in enumerate(asked):
            group.start_soon(ask, place, thing)
    if needed and errors and not found:
        raise errors[0]
    return Read([found[place] for place in sorted(found)], len(errors))


async def parts(questions: Mapping[str, Callable[[], Awaitable[T]]]) -> tuple[list[T], list[str]]:
    """Several questions to one vendor at once: what it answered, and a note for each part that it refused.

    Raises the VendorError where it refuses all of them.
    """
    found: dict[str, T] = {}
    errors: dict[str, VendorError] = {}

    async def ask(name: str, question: Callable[[], Awaitable[T]]) -> None:
        try:
            found[name] = await question()
        except VendorError as error:
            errors[name] = error

    async with anyio.create_task_group() as group:
        for name, question in questions.items():
            group.start_soon(ask, name, question)
    if errors and not found:
        raise next(iter(errors.values()))
    notes = [f"Without {name}: {str(errors[name]).rstrip('.')}" for name in questions if name in errors]
    return [found[name] for name in questions if name in found], notes


async def both(one: Callable[[], Awaitable[A]], other: Callable[[], Awaitable[T]]) -> tuple[A, T]:
    """Two questions to one vendor at once, both of which must be answered. Raises what the first failed with."""
    answers: list[Any] = await in_parallel([one, other])
    return answers[0], answers[1]
