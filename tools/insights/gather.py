"""Asking all vendors at once: what one cannot answer is a note that names it, and the others' answers stand."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, Literal, TypeVar

import anyio

from server.declare import Apis, Failure, Refusal, VendorError
from tools.insights.vendors import APIS, TITLES

T = TypeVar("T")
Question = Callable[[Any], Awaitable[T]]
Kind = Literal["off", "unknown", "failed", "late", "unreadable"]
SECONDS = 45.0
"""How long one vendor is waited for; hosts give up after 60 seconds."""
logger = logging.getLogger(__name__)


class NotThere(Refusal):
    """A vendor does not have what was asked for; `candidates` are what may have been meant."""

    def __init__(self, words: str, candidates: list[str] | None = None) -> None:
        super().__init__(words)
        self.candidates = candidates or []


class SeveralThere(NotThere):
    """A vendor has several of what was asked for as one; its words name them."""


@dataclass(frozen=True)
class Missing:
    """Why a vendor did not answer, in words that begin with its title.

    kind: off (not configured), unknown (it does not have this), failed (it refused or broke down), late, or
    unreadable (its answer made no sense).
    """

    kind: Kind
    words: str
    error: Exception | None = None


@dataclass
class Gathered(Generic[T]):
    """What the vendors answered, by their names in the order in which they were asked, and who did not."""

    answers: dict[str, T] = field(default_factory=dict)
    missing: dict[str, Missing] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        """A note for each vendor that did not answer."""
        return [missing.words for missing in self.missing.values()]


async def ask_all(api: Apis, questions: Mapping[str, Question[T]], within: float = SECONDS) -> Gathered[T]:
    """Put a question to each vendor, all at the same time; each function is given its vendor's Api.

    Tells the client how many have answered. Cancelled, it leaves nothing running.
    Raises Failure where no vendor answered, and Refusal where that is because none of them has what was asked for.
    """
    gathered = await outcomes(api, questions, within)
    if not gathered.answers:
        raise nobody(gathered.missing)
    return gathered


async def outcomes(api: Apis, questions: Mapping[str, Question[T]], within: float = SECONDS) -> Gathered[T]:
    """The same where it is no failure that nobody answers."""
    found: dict[str, T | Missing] = {}

    async def ask(name: str, question: Question[T]) -> None:
        found[name] = await _outcome(api, name, question, within)
        waiting = [TITLES[other] for other in questions if other not in found]
        left = f"waiting for {', '.join(waiting)}" if waiting else "all have answered"
        await api.report(len(found), len(questions), f"{len(found)} of {len(questions)} vendors: {left}")

    async with anyio.create_task_group() as group:
        for name, question in questions.items():
            group.start_soon(partial(ask, name, question))
    gathered = Gathered[T]()
    for name in questions:
        outcome = found[name]
        if isinstance(outcome, Missing):
            gathered.missing[name] = outcome
        else:
            gathered.answers[name] = outcome
    return gathered


async def _outcome(api: Apis, name: str, question: Question[T], within: float) -> T | Missing:
    """A vendor's answer, or why there is none."""
    title, kind = TITLES[name], APIS[name]
    if kind not in api:
        return Missing("off", f"{title} is not configured")
    try:
        with anyio.fail_after(within):
            return await question(api.of(kind))
    except TimeoutError as error:
        return Missing("late", f"{title} did not answer within {within:.0f} seconds", error)
    except NotThere as error:
        return Missing("unknown", _named(title, error), error)
    except (Refusal, VendorError) as error:
        return Missing("failed", _named(title, error), error)
    except Exception as error:
        logger.exception("What %s answered could not be worked with", title)
        return Missing("unreadable", f"{title} answered something that Drumbeat cannot make sense of", error)


def _named(title: str, error: Exception) -> str:
    words = str(error).removeprefix("Nothing was sent: ").rstrip(".")
    return words if words.startswith(title) else f"{title}: {words}"


async def in_parallel(questions: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """The answers to several questions to one vendor, asked at the same time. Raises what the first failed with."""
    answers: dict[int, T] = {}
    errors: list[Exception] = []

    async with anyio.create_task_group() as group:

        async def ask(place: int) -> None:
            try:
                answers[place] = await questions[place]()
            except Exception as error:
                errors.append(error)
                group.cancel_scope.cancel()

        for place in range(len(questions)):
            group.start_soon(ask, place)
    if errors:
        raise errors[0]
    return [answers[place] for place in range(len(questions))]


def nobody(missing: Mapping[str, Missing]) -> Exception:
    """The error of a question that no vendor answered."""
    reasons = ". ".join(reason.words for reason in missing.values() if reason.kind != "off")
    if not reasons:
        return Refusal(f"Nothing was sent: none of {', '.join(TITLES[name] for name in missing)} is configured.")
    if all(reason.kind in ("off", "unknown") for reason in missing.values()):
        return Refusal(f"Nothing to show. {reasons}.")
    return Failure(f"No vendor could answer. {reasons}.")
