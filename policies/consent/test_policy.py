"""The cases beside this policy, run natively: `pytest`."""

from pathlib import Path

from conjoin_guest.cases import failures

HERE = Path(__file__).parent


def test_every_case_is_met() -> None:
    assert failures(HERE / "policy.py", HERE / "cases") == []
