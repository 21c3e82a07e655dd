"""The cases of the policies, run natively, and what a case may say."""

import json
from pathlib import Path
from typing import Any

import pytest

from conjoin_guest.cases import Case, CaseError, failures, load, run
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


def merge_event(case: dict[str, Any]) -> MergeEvent:
    event = Case.parse(json.dumps({"hook": "merge", **case})).event
    assert isinstance(event, MergeEvent)
    return event
