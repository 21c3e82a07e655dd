"""Components, built once, and answered by the real program.

`CONJOIN` names the program (`target/debug/conjoin`); `tests/run` sets it. Without it these tests are skipped.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent.parent
POLICIES = TESTS.parents[2] / "policies"
Run = Callable[..., list[Any]]


@pytest.fixture(scope="session")
def program() -> Path:
    """The program."""
    given = os.environ.get("CONJOIN")
    if given is None:
        pytest.skip("CONJOIN does not name the program")
    return Path(given)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Builds a policy with the command that authors use."""
    folder = tmp_path_factory.mktemp("components")

    def build(policy: Path) -> Path:
        out = folder / f"{policy.parent.name}-{policy.stem}.wasm"
        command = [sys.executable, "-m", "conjoin_guest.build", str(policy), "--out", str(out)]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stderr
        return out

    return build


@pytest.fixture(scope="session")
def run(program: Path) -> Run:
    """Answers lines, in one process of the program: a component is compiled once for each."""

    def run(component: Path, lines: Iterable[object], *arguments: str) -> list[Any]:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        command = [str(program), "policy", "run", str(component), *arguments]
        ran = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False)
        assert ran.returncode == 0, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]

    return run


@pytest.fixture(scope="session")
def probe(build: Callable[[Path], Path], program: Path) -> Path:
    """The component of `policies/probe.py`."""
    return build(TESTS / "policies" / "probe.py")


@pytest.fixture(scope="session")
def consent(build: Callable[[Path], Path], program: Path) -> Path:
    """The component of the shipped policy."""
    return build(POLICIES / "consent" / "policy.py")


@pytest.fixture(scope="session")
def joined(build: Callable[[Path], Path], program: Path) -> Path:
    """The component of `policies/joined.py`."""
    return build(TESTS / "policies" / "joined.py")
