"""Medians, tails and growth."""

import gc
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median

from bench.report import Goal, Table

__all__ = [
    "Times",
    "clock",
    "clock_async",
    "growth",
    "growth_goals",
    "growth_table",
    "median",
    "milliseconds",
    "p99",
    "ratio",
    "stopwatch",
]
Times = dict[int, float]
MOST_GROWTH = 1.15


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Puts the seconds that its body takes into the list; no garbage collection in between, as with `timeit`."""
    taken: list[float] = []
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    try:
        yield taken
        taken.append(time.perf_counter() - began)
    finally:
        gc.enable()


def clock(times: int, work: Callable[[], object]) -> float:
    """The median of the seconds that `work` takes."""
    taken: list[float] = []
    for _ in range(times):
        with stopwatch() as one:
            work()
        taken += one
    return median(taken)


async def clock_async(work: Callable[[], Awaitable[object]]) -> float:
    """The seconds that `work` takes, once."""
    with stopwatch() as one:
        await work()
    return one[0]


def p99(values: Sequence[float]) -> float:
    """The value that 99 of 100 do not exceed."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """How `a` compares to `b`, by pairs that were measured one after the other: the median of their ratios.

    A machine that is now slow and now fast is so for both of a pair, while it may have two medians apart.
    """
    return median([one / other for one, other in zip(a, b, strict=True)])


def milliseconds(value: float) -> str:
    """Seconds as milliseconds, with as many digits as mean something."""
    return f"{value * 1000:,.3g}" if value < 0.1 else f"{value * 1000:,.0f}"


def growth(times: Mapping[int, float]) -> float:
    """The exponent with which time grows with size between the two largest sizes: 1 is linear, 2 is quadratic."""
    (small, before), (large, after) = sorted(times.items())[-2:]
    return math.log(after / before) / math.log(large / small)


def growth_table(title: str, how: str, unit: str, taken: Mapping[str, Times]) -> Table:
    """Times by size, and how they grow."""
    sizes = next(iter(taken.values()))
    rows = [[what, *map(milliseconds, times.values()), f"{growth(times):.2f}"] for what, times in taken.items()]
    how = f"{how} Growth is the exponent between the two largest: 1 is linear, 0 does not grow."
    return Table(title, how, ["", *(f"{size:,} {unit}, ms" for size in sizes), "growth"], rows)


def growth_goals(title: str, taken: Mapping[str, Times]) -> list[Goal]:
    """That nothing grows faster than linearly, but for noise."""
    return [Goal.at_most(f"{title}: {what}, growth", growth(times), MOST_GROWTH) for what, times in taken.items()]
