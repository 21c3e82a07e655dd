"""Hooks and what they say: the api, refusals, every way to break."""

import asyncio
import json
import sys
from typing import Any

import pytest

from conftest import Merge, Select
from conjoin_guest import Arrays, BagPlan, Plan, Refused, Side, Suggestion
from conjoin_guest.policy import Broken


def test_a_hook_that_does_nothing_carries_what_is_new_and_names_the_rest(merge: Merge) -> None:
    plan = merge(
        lambda event, api: None,
        {"user_metadata": {"a": 1, "n": None}},
        {"user_metadata": {"a": 2, "n": 3}, "app_metadata": {"b": [1]}},
    )
    assert plan == Plan(BagPlan("[]", ("/a", "/n")), BagPlan('[{"op":"add","path":"/b","value":[1]}]', ()))


def test_keys_are_left_behind(merge: Merge) -> None:
    def hook(event: Any, api: Any) -> None:
        api.user.set_user_metadata("a", 3)
        for key in ("a", "n", "new", "never"):
            api.user.discard_user_metadata(key)
        api.user.set_app_metadata("b", None)

    plan = merge(
        hook,
        {"user_metadata": {"a": 1, "n": None}},
        {"user_metadata": {"a": 2, "n": 3, "new": 4}, "app_metadata": {"b": 1}},
    )
    assert plan == Plan(BagPlan("[]", ("/a", "/n", "/new")), BagPlan("[]", ("/b",)))


def test_what_is_carried_does_not_meet_itself_in_a_merge(merge: Merge) -> None:
    def hook(event: Any, api: Any) -> None:
        api.user.discard_user_metadata("left")
        api.user.merge_user_metadata(Arrays.CONCAT)

    plan = merge(hook, {"user_metadata": {"t": [1]}}, {"user_metadata": {"t": [2], "new": [3, 3], "left": [None]}})
    assert isinstance(plan, Plan)
    assert json.loads(plan.user_metadata.patch) == [
        {"op": "replace", "path": "/t", "value": [1, 2]},
        {"op": "add", "path": "/new", "value": [3, 3]},
        {"op": "add", "path": "/left", "value": [None]},
    ]


@pytest.mark.parametrize(
    "say",
    [
        lambda user: user.set_user_metadata("a", 1),
        lambda user: user.set_app_metadata("a", None),
        lambda user: user.replace_app_metadata({}),
        lambda user: user.merge_user_metadata(),
        lambda user: user.discard_app_metadata("a"),
    ],
)
def test_a_plan_beside_the_api_would_lose_what_was_said_there(merge: Merge, say: Any) -> None:
    def hook(event: Any, api: Any) -> Plan:
        say(api.user)
        return Plan(BagPlan("[]", ()), BagPlan("[]", ()))

    answer = merge(hook)
    assert isinstance(answer, Broken)
    assert answer.text.startswith("TypeError: on_execute_merge used api.user and returned a Plan; do one of them")


def test_keys_are_set_and_removed(merge: Merge) -> None:
    def hook(event: Any, api: Any) -> None:
        api.user.set_app_metadata("plan", "pro")
        api.user.set_user_metadata("old", None)
        api.user.set_user_metadata("never", None)

    plan = merge(hook, {"user_metadata": {"old": 1}}, {"app_metadata": {"plan": "pro"}})
    assert plan == Plan(
        BagPlan('[{"op":"remove","path":"/old"}]', ()), BagPlan('[{"op":"add","path":"/plan","value":"pro"}]', ())
    )


def test_bags_are_merged_and_replaced(merge: Merge) -> None:
    def hook(event: Any, api: Any) -> None:
        api.user.merge_user_metadata(Arrays.UNION)
        api.user.replace_app_metadata({**event.primary.app_metadata, "n": 2})

    plan = merge(hook, {"user_metadata": {"t": [1]}, "app_metadata": {"n": 1}}, {"user_metadata": {"t": [1, 2]}})
    assert plan == Plan(
        BagPlan('[{"op":"replace","path":"/t","value":[1,2]}]', ()),
        BagPlan('[{"op":"replace","path":"/n","value":2}]', ()),
    )


def test_changing_the_events_objects_changes_nothing_but_what_is_said_with_them(merge: Merge) -> None:
    def hook(event: Any, api: Any) -> None:
        event.primary.user_metadata["o"]["x"] = 2
        event.secondary.app_metadata.clear()
        api.user.merge_app_metadata()

    plan = merge(hook, {"user_metadata": {"o": {"x": 1}}}, {"app_metadata": {"a": 1}})
    assert plan == Plan(BagPlan("[]", ()), BagPlan('[{"op":"add","path":"/a","value":1}]', ()))

    def said(event: Any, api: Any) -> None:
        event.primary.user_metadata["o"]["x"] = 2
        api.user.replace_user_metadata(event.primary.user_metadata)

    plan = merge(said, {"user_metadata": {"o": {"x": 1}}})
    assert isinstance(plan, Plan) and plan.user_metadata.patch == '[{"op":"replace","path":"/o/x","value":2}]'


def test_a_hook_can_be_async(merge: Merge, select: Select) -> None:
    async def theme() -> str:
        await asyncio.sleep(0)
        return "dark"

    async def hook(event: Any, api: Any) -> None:
        async with asyncio.timeout(5):
            first, second = await asyncio.gather(theme(), asyncio.create_task(theme()))
        api.user.set_user_metadata("theme", first + second)

    plan = merge(hook)
    assert isinstance(plan, Plan) and plan.user_metadata.patch == '[{"op":"add","path":"/theme","value":"darkdark"}]'

    async def offer(event: Any, api: Any) -> list[Suggestion]:
        return [event.found[1].suggest(Side.FOUND, "known")]

    assert select(offer, "auth0|a", "auth0|b") == [Suggestion("auth0|b", Side.FOUND, "known")]


def test_an_async_hook_is_never_half_done(merge: Merge) -> None:
    async def waits(event: Any, api: Any) -> None:
        await asyncio.sleep(1)

    async def never(event: Any, api: Any) -> None:
        await asyncio.get_running_loop().create_future()

    async def leaves(event: Any, api: Any) -> None:
        api.task = asyncio.create_task(asyncio.sleep(1))

    async def fails(event: Any, api: Any) -> None:
        await asyncio.gather(asyncio.sleep(0), *[_raises()])

    for hook in (waits, never, leaves):
        answer = merge(hook)
        assert isinstance(answer, Broken) and "NeverFinishes" in answer.text, hook
    answer = merge(fails)
    assert isinstance(answer, Broken) and answer.text.startswith("ValueError: inside")


async def _raises() -> None:
    raise ValueError("inside")


def test_a_refusal_stands_whatever_else_is_said(merge: Merge, select: Select) -> None:
    def denies(event: Any, api: Any) -> None:
        api.access.deny("first", "No.")
        api.access.deny("second", "No!")
        api.user.set_user_metadata("a", 1)

    def raises(event: Any, api: Any) -> None:
        raise Refused("raised", "No.")

    for hook, code in ((denies, "first"), (raises, "raised")):
        answer = merge(hook)
        assert isinstance(answer, Refused) and (answer.code, answer.message) == (code, "No.")
    assert isinstance(select(lambda event, api: api.access.deny("none", "No."), "auth0|a"), Refused)


def test_candidates_are_offered_in_the_hooks_order(select: Select) -> None:
    def hook(event: Any, api: Any) -> None:
        api.candidates.offer(event.found[1], Side.FOUND, "known")
        api.candidates.offer(event.found[0])

    assert select(hook, "auth0|a", "auth0|b") == [
        Suggestion("auth0|b", Side.FOUND, "known"),
        Suggestion("auth0|a", Side.CURRENT, ""),
    ]
    assert select(lambda event, api: None, "auth0|a") == []
    assert select(None, "auth0|b", "auth0|a") == [Suggestion("auth0|b"), Suggestion("auth0|a")]


def _recursive() -> None:
    _recursive()


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


class Circular(Exception):
    def __init__(self) -> None:
        self.__context__ = ValueError("one")
        self.__context__.__context__ = self


def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("hook", "text"),
    [
        (lambda event, api: event.secondary.app_metadata["gone"], "KeyError: 'gone'\n  at test_hooks.py:"),
        (lambda event, api: _recursive(), "RecursionError: maximum recursion depth exceeded\n  at test_hooks.py:"),
        (lambda event, api: sys.exit(3), "SystemExit: 3"),
        (lambda event, api: _raise(KeyboardInterrupt()), "KeyboardInterrupt\n  at"),
        (lambda event, api: _raise(GeneratorExit()), "GeneratorExit"),
        (lambda event, api: "a" * (1 << 62), "MemoryError"),
        (lambda event, api: _raise(Unprintable()), "Unprintable: (its message cannot be read)"),
        (lambda event, api: _raise(Circular()), "Circular\n"),
        (lambda event, api: _raise(ValueError("\ud800")), "ValueError: ?"),
        (lambda event, api: _raise(ValueError("x" * 9999)), "ValueError: " + "x" * 500 + "\n"),
        (lambda event, api: {}, "TypeError: on_execute_merge returned a dict"),
        (lambda event, api: event.primary, "TypeError: on_execute_merge returned a Account"),
        (lambda event, api: api.user.set_user_metadata(1, 1), "TypeError: a metadata key is text"),
        (lambda event, api: api.user.replace_app_metadata([]), "TypeError: a metadata bag is a dict"),
        (lambda event, api: api.user.replace_app_metadata({1: 1}), "NotJson: the bag has a key of the type int"),
        (lambda event, api: api.user.set_user_metadata("a", {1}), "NotJson: the bag/a is a set"),
        (lambda event, api: api.user.set_user_metadata("a", float("nan")), "NotJson: the bag/a is a number"),
        (lambda event, api: api.user.set_user_metadata("\ud800", 1), "NotJson: the patch holds a lone surrogate"),
        (lambda event, api: api.access.deny("Not A Code", ""), "ValueError: the code of a refusal"),
        (lambda event, api: api.access.deny("code", None), "TypeError: the message of a refusal is text"),
        (lambda event, api: Plan(BagPlan(1, ()), BagPlan("[]", ())), "TypeError: the patch and the pointers"),  # type: ignore[arg-type]
        (lambda event, api: Plan(BagPlan("[]", ("/\ud800",)), BagPlan("[]", ())), "UnicodeEncodeError: "),
        (lambda event, api: (yield), "TypeError: on_execute_merge returned a generator"),
        (lambda: None, "TypeError: "),
    ],
)
def test_whatever_a_hook_raises_or_returns_is_told(merge: Merge, hook: Any, text: str) -> None:
    answer = merge(hook)
    assert isinstance(answer, Broken)
    assert answer.text.startswith(text)
    answer.text.encode()


def test_the_cause_and_the_places_are_told(merge: Merge) -> None:
    def inner() -> None:
        raise KeyError("plan")

    def hook(event: Any, api: Any) -> None:
        try:
            inner()
        except KeyError as error:
            raise ValueError("no plan") from error

    answer = merge(hook)
    assert isinstance(answer, Broken)
    first, second = answer.text.split("\ncaused by ")
    assert first.startswith("ValueError: no plan\n  at test_hooks.py:") and first.endswith(" in hook")
    assert second.startswith("KeyError: 'plan'\n") and second.endswith(" in inner")


@pytest.mark.parametrize(
    ("hook", "text"),
    [
        (
            lambda event, api: api.candidates.offer(Suggestion("auth0|other")),
            "ValueError: only an account that was found",
        ),
        (lambda event, api: [event.found[0].suggest()] * 2, "ValueError: only an account that was found"),
        (lambda event, api: api.candidates.offer(event.found[0], reason="other"), "ValueError: the reason is none"),
        (lambda event, api: api.candidates.offer(event.found[0], reason=None), "ValueError: the reason is none"),
        (lambda event, api: api.candidates.offer(event.found[0], "current"), "TypeError: `primary` is Side"),
        (
            lambda event, api: api.candidates.offer(event.found[0]) or [],
            "TypeError: on_execute_select_candidates used api.candidates and returned a list of Suggestion; do one",
        ),
        (lambda event, api: ["auth0|a"], "TypeError: on_execute_select_candidates returned a list"),
        (lambda event, api: 1, "TypeError: on_execute_select_candidates returned a int"),
    ],
)
def test_an_offer_that_the_contract_forbids_is_told(select: Select, hook: Any, text: str) -> None:
    answer = select(hook, "auth0|a")
    assert isinstance(answer, Broken) and answer.text.startswith(text)
