"""Cases: what a policy is given and what it must answer, as JSON files beside it.

A case is one JSON object in a file `cases/<name>.json` beside the policy. The same files run natively here and in the
host's engine (`conjoin policy test`). The format is the same for every language, and described in guest/cases/src/lib.rs
of the repository: every key of the input is optional and has the same default, and `expect` is compared in the same way.

    from pathlib import Path
    from conjoin_guest.cases import failures

    def test_every_case_is_met() -> None:
        here = Path(__file__).parent
        assert failures(here / "policy.py", here / "cases") == []

Reading order: `native` (what a test calls), `case` (reading one), `complete` (defaults), `expectation` (judging).
"""

from conjoin_guest.cases.case import Case, CaseError
from conjoin_guest.cases.expectation import Outcome
from conjoin_guest.cases.native import failures, load, outcome, run

__all__ = ["Case", "CaseError", "Outcome", "failures", "load", "outcome", "run"]
