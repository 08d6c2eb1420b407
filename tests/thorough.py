"""How long the tests look for what breaks: briefly in CI, for minutes with `make attacks`."""

import os

from hypothesis import HealthCheck, settings

# How large the examples are, and how fast a busy machine makes them, says nothing of what is tested.
HOW_IT_IS_MADE = (HealthCheck.data_too_large, HealthCheck.too_slow)
LONG = os.environ.get("DRUMBEAT_ATTACKS") == "long"


def examples(number: int, *, steps: int = 50) -> settings:
    """Always the same `number` of examples; ten times as many, of chance, with `make attacks`."""
    return settings(
        max_examples=number * 10 if LONG else number,
        stateful_step_count=steps,
        derandomize=not LONG,
        deadline=None,
        suppress_health_check=list(HealthCheck) if steps != 50 else HOW_IT_IS_MADE,
    )
