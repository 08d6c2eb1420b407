"""How answers read in text where that is not how they came: whatever a vendor sends, it reads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.thorough import examples
from tools.buddy.reading import as_read as execution
from tools.haystack.reading import as_read as metrics
from tools.oobeya.reading import as_read as report

NAMES = {
    metrics: ["metrics", "cycles", "definitions", "averages", "measure", "title", "name", "state", "analytics", "raw"],
    report: ["statistic", "technicalDebt", "repositoryStatistics", "repositoryName", "memberName", "memberId", "role"],
    execution: ["action_executions", "action", "name", "priority", "start_date", "finish_date", "status"],
}


@pytest.mark.parametrize("read", NAMES, ids=["haystack", "oobeya", "buddy"])
@examples(30)
@given(data=st.data())
def test_anything_reads(read: Any, data: st.DataObject) -> None:
    keys = st.sampled_from(NAMES[read])
    scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("2026-11-20T09:00:00Z")
    objects = st.dictionaries(keys, scalars, max_size=3)
    values = scalars | objects | st.lists(scalars | objects, max_size=3)
    rows = st.lists(st.dictionaries(keys, values, max_size=4), max_size=3)
    sent: dict[str, Any] = data.draw(st.dictionaries(keys, rows | values if read is not metrics else rows, max_size=4))
    if read is metrics:
        words = st.dictionaries(keys, st.text(max_size=3), max_size=3)
        sent = {**sent, "definitions": data.draw(words), "averages": data.draw(words)}
    assert isinstance(read(sent), dict)


def test_sprints_with_different_analytics_are_not_put_into_one_table() -> None:
    cycles = [{"name": f"Sprint {n}", "analytics": {f"measure{n}": n}} for n in range(50)]
    assert metrics({"cycles": cycles})["cycles"] == cycles
