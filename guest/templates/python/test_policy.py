"""The cases beside this policy, in this process, where a debugger works: `.venv/bin/pytest`.

`conjoin policy test` runs them on the component.
"""

from pathlib import Path

from conjoin_guest.cases import failures

HERE = Path(__file__).parent


def test_every_case_is_met() -> None:
    assert failures(HERE / "policy.py", HERE / "cases") == []
