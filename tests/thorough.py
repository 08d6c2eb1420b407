"""How long the tests look for what breaks: briefly in CI, for minutes with `make attacks`."""

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("DRUMBEAT_ATTACKS") == "long"


def examples(number: int, *, steps: int = 50) -> settings:
    """Always the same `number` of examples; ten times as many, of chance, with `make attacks`."""
    return settings(
        max_examples=number * 10 if LONG else number,
        stateful_step_count=steps,
        derandomize=not LONG,
        deadline=None,
        suppress_health_check=list(HealthCheck) if steps != 50 else (),
    )
