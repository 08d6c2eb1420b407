"""Whatever comes in whatever order: without a person's agreement to exactly this act nothing is agreed to."""

from collections import Counter
from typing import Any

import anyio
from hypothesis import given
from hypothesis import strategies as st

from server.changes.consent import MOST_REFUSALS, Agreement, Consent, Consents, Unconfirmed
from server.errors import Closed, Refusal
from server.request import Caller, Form, Request
from server.settings import Settings
from server.spec import Declaration, Preview, Vendor
from server.state.memory import InProcess
from tests.thorough import examples

CALLERS, NUMBERS, SHOWN = st.sampled_from("ab"), st.integers(1, 2), st.sampled_from(["a team", "another team"])
ACTS = st.tuples(CALLERS, NUMBERS, SHOWN)
ANSWERS = st.sampled_from(["accept", "disagree", "decline", "close"])
derandomized = examples(150)


class User:
    """Answers as told."""

    waits = False
    continues = False

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked = False

    async def __call__(self, message: str, form: type[Form]) -> Form | None:
        self.asked = True
        if self.answer == "close":
            raise Closed("closed")
        return None if self.answer == "decline" else form.model_validate({"agree": self.answer == "accept"})


async def _delete(api: Any, number: int) -> Any: ...


async def _preview(api: Any) -> Preview:
    return Preview(what="x", name="x")


def tool() -> Declaration:
    vendor = Vendor("acme", "Acme", "", (), (), object)
    vendor.toolset("x", "x").destructive(_preview)(_delete)
    return vendor.tool("_delete")


async def obtained(consents: Consents, act: tuple[str, int, str], ask: User, token: str | None = None) -> Any:
    caller, number, shown = act
    request = Request(caller=Caller(principal=caller), ask=ask)
    try:
        return await consents.obtain(tool(), {"number": number}, Preview(what=shown, name=shown), request, token)
    except Refusal as refusal:
        return refusal


@derandomized
@given(st.lists(st.tuples(ACTS, ANSWERS), max_size=25))
def test_only_a_yes_is_a_yes_and_the_third_no_ends_the_asking(asked: list[tuple[tuple[str, int, str], str]]) -> None:
    async def run() -> None:
        consents, refusals = Consents(Settings.model_validate({}), InProcess()), Counter[tuple[str, int]]()
        for act, answer in asked:
            user = User(answer)
            outcome = await obtained(consents, act, user)
            may_be_asked = refusals[act[:2]] < MOST_REFUSALS
            assert user.asked is may_be_asked
            assert isinstance(outcome, Consent) is (may_be_asked and answer == "accept")
            refusals[act[:2]] += may_be_asked and answer in ("decline", "disagree")

    anyio.run(run)


@derandomized
@given(st.lists(st.tuples(ACTS, st.none() | st.integers(0, 6)), max_size=25))
def test_a_token_counts_once_for_its_caller_its_arguments_and_what_was_shown(
    calls: list[tuple[tuple[str, int, str], int | None]],
) -> None:
    async def run() -> None:
        consents = Consents(Settings.model_validate({"DRUMBEAT_CONFIRM": "two-step"}), InProcess())
        given_out: list[tuple[str, tuple[str, int, str]]] = []
        used: set[str] = set()
        for act, which in calls:
            known = given_out[which] if which is not None and which < len(given_out) else None
            token = known[0] if known else "invented" if which is not None else None
            outcome = await obtained(consents, act, User("accept"), token)
            if token is None:
                assert isinstance(outcome, Unconfirmed)
                given_out.append((outcome.confirmation_token, act))
                continue
            assert isinstance(outcome, Consent) is (known is not None and token not in used and known[1] == act)
            if known and known[1][0] == act[0]:  # what another caller tries does not use it up
                used.add(token)

    anyio.run(run)


def test_a_form_that_is_left_as_it_came_is_a_no() -> None:
    assert Agreement.model_validate({}).agree is False
