"""What `DESCRIPTION` may say."""

from typing import Any

import pytest

from conjoin_guest import Description
from conjoin_guest.values import read_object


def test_the_schema_is_given_as_text() -> None:
    description = Description("a-policy", "1", "Text.", {"type": "object", "title": "é"})
    assert read_object("schema", description.settings_schema_json) == {"type": "object", "title": "é"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "A Policy"},
        {"name": ""},
        {"name": "a" * 65},
        {"version": 1},
        {"summary": None},
        {"summary": "\ud800"},
        {"settings_schema": {"default": {1}}},
        {"settings_schema": {1: 1}},
        {"reasons": {"Not A Code": {"en": "Text."}}},
        {"reasons": {"code": {"de": "Text."}}},
        {"reasons": {"code": {"en": 1}}},
        {"reasons": {"code": {"en": "Text.", 1: "Text."}}},
    ],
)
def test_what_the_contract_forbids_ends_the_build(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Description(**{"name": "a-policy", "version": "1", "summary": "Text.", **wrong})
