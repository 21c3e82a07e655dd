"""The cases of the policies, run natively, and what a case may say."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conjoin_guest.cases import Case, CaseError, failures, load, run
from conjoin_guest.cases.expectation import Refusal, mismatch
from conjoin_guest.event import MergeEvent
from conjoin_guest.policy import NotAPolicy

TESTS = Path(__file__).parent.parent
POLICIES = TESTS.parents[2] / "policies"


def test_the_cases_of_joined_in_rust_are_met_by_joined_in_python() -> None:
    assert failures(TESTS / "policies" / "joined.py", POLICIES / "joined" / "cases") == []


def test_the_cases_of_consent_are_met() -> None:
    assert failures(POLICIES / "consent" / "policy.py", POLICIES / "consent" / "cases") == []


def test_a_case_that_is_not_met_is_told(tmp_path: Path) -> None:
    (tmp_path / "wrong.json").write_text(
        '{"hook":"merge","primary":{},"secondary":{"user_metadata":{"a":1}},"expect":{"result":{}}}', encoding="utf-8"
    )
    (tmp_path / "none.json").write_text("{}", encoding="utf-8")
    none, wrong = failures(TESTS / "policies" / "joined.py", tmp_path)
    assert none == "none.json: `case` needs the key `hook`"
    assert wrong == 'wrong.json: user_metadata: expected {}, got {"a": 1}'


@pytest.mark.parametrize("folder", sorted(POLICIES.glob("*/cases")), ids=lambda folder: folder.parent.name)
def test_every_case_of_every_policy_can_be_read(folder: Path) -> None:
    cases = [Case.parse(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    assert cases and all(case.expect is not None for case in cases)


def test_every_policy_has_cases() -> None:
    assert len(list(POLICIES.glob("*/cases"))) >= 6


@pytest.mark.parametrize(
    ("expected", "met"),
    [
        ({"code": "no"}, True),
        ({"code": "no", "message": None}, True),
        ({"code": "no", "message": "No."}, True),
        ({"code": "no", "message": "Never."}, False),
        ({"code": "never"}, False),
    ],
)
def test_a_message_counts_only_where_it_is_named(expected: dict[str, Any], met: bool) -> None:
    case = Case.parse(
        json.dumps({"hook": "merge", "primary": {}, "secondary": {}, "expect": {"refused": expected}})
    )
    assert case.expect is not None
    assert (mismatch(case.expect, Refusal("no", "No.")) is None) is met


def test_settings_can_be_null_as_if_they_were_left_out() -> None:
    assert merge_event({"event": {"settings": None}, "primary": {}, "secondary": {}}).settings == {}


def test_a_folder_without_cases_proves_nothing(tmp_path: Path) -> None:
    assert failures(TESTS / "policies" / "joined.py", tmp_path) == [f"{tmp_path} holds no case"]


def test_what_is_left_out_has_its_stated_default() -> None:
    event = merge_event({"primary": {}, "secondary": {"user_id": "samlp|acme|hopper"}})
    assert (event.now, event.seed, event.settings) == ("2026-01-01T00:00:00Z", "0" * 32, {})
    assert (event.primary.user_id, event.primary.email) == ("auth0|primary", "person@example.com")
    assert event.primary.email_verified and event.primary.app_metadata == {}
    [own] = event.primary.identities
    assert (own.user_id, own.connection) == ("primary", "Username-Password-Authentication")
    [saml] = event.secondary.identities
    assert (saml.provider, saml.user_id) == ("samlp", "acme|hopper")


def test_a_user_as_auth0_gives_it_can_be_pasted() -> None:
    identity = {
        "provider": "facebook",
        "user_id": 7,
        "connection": "facebook",
        "isSocial": True,
        "profileData": {"a": 1},
    }
    user = {
        "user_id": "facebook|7",
        "email": None,
        "name": "Ada",
        "profile": {"nickname": "ada"},
        "identities": [identity],
    }
    primary = merge_event({"primary": user, "secondary": {}}).primary
    assert primary.email is None
    assert primary.profile == {"name": "Ada", "nickname": "ada"}
    [own] = primary.identities
    assert (own.user_id, own.is_social, own.profile) == ("7", True, {"a": 1})


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ({"hook": "merge", "primary": {}}, "`secondary`"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "found": []}, "`found`"),
        ({"hook": "select-candidates", "current": {}}, "`found`"),
        ({"hook": "describe"}, "describe"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "expected": {}}, "expected"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "event": {"nwo": ""}}, "nwo"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "expect": {}}, "exactly one"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "expect": {"ended": "a", "refused": {}}}, "exactly one"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "expect": {"suggestions": []}}, "suggestions"),
        (
            {"hook": "merge", "primary": {}, "secondary": {}, "expect": {"ended": "a", "discard_app_metadata": []}},
            "discard",
        ),
        ({"hook": "merge", "primary": {"logins_count": -1}, "secondary": {}}, "-1"),
        ({"hook": "merge", "primary": {"logins_count": True}, "secondary": {}}, "logins_count"),
        ({"hook": "merge", "primary": [], "secondary": {}}, "primary"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "expect": {"refused": {}}}, "`code`"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "expect": {"refused": {"code": "a", "message": 1}}}, "message"),
        ({"hook": "merge", "primary": {}, "secondary": {}, "expect": {"refused": {"code": "a", "text": ""}}}, "text"),
        ([], "case"),
    ],
)
def test_a_case_that_says_too_little_or_too_much_is_an_error(case: Any, named: str) -> None:
    with pytest.raises(CaseError) as raised:
        Case.parse(json.dumps(case))
    assert named in str(raised.value)


def test_a_file_without_expect_judges_nothing() -> None:
    policy = load(TESTS / "policies" / "joined.py")
    assert run(policy, Case.parse('{"hook":"merge","primary":{},"secondary":{}}')) == "a case in a file needs `expect`"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "needs `DESCRIPTION"),
        ("from conjoin_guest import Description\nDESCRIPTION = Description('a', '1', '')", "on_execute_merge"),
        (
            "from conjoin_guest import Description\nDESCRIPTION = Description('a', '1', '')\non_execute_merge = 1",
            "function",
        ),
    ],
)
def test_a_module_that_is_no_policy_says_what_is_missing(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "policy.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(NotAPolicy, match=complaint):
        load(file)


DATACLASS = """
from __future__ import annotations
from dataclasses import dataclass
from typing import ClassVar, get_type_hints
from conjoin_guest import Description
DESCRIPTION = Description("{0}", "1", "Has a class.")
@dataclass
class Rules:
    known: ClassVar[int]
    name: str
assert get_type_hints(Rules)["name"] is str
def on_execute_merge(event, api):
    api.user.set_user_metadata("a", Rules("{0}").name)
"""


def test_a_policy_can_have_classes_and_hides_no_module(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        # A module of Python's own has the same name, and is not loaded.
        file = tmp_path / folder / "this.py"
        file.write_text(DATACLASS.format(folder), encoding="utf-8")
        policy = load(file)
        assert policy.description.name == folder
        case = {"primary": {}, "secondary": {}, "expect": {"result": {"user_metadata": {"a": folder}}}}
        assert run(policy, Case.parse(json.dumps({"hook": "merge", **case}))) is None
    assert "this" not in sys.modules


def merge_event(case: dict[str, Any]) -> MergeEvent:
    event = Case.parse(json.dumps({"hook": "merge", **case})).event
    assert isinstance(event, MergeEvent)
    return event
