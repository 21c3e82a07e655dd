"""Components, built once, and answered by the real program.

`CONJOIN` names the program (`target/debug/conjoin`); the Rust test `guests` sets it. Without it these tests fail.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent.parent
Run = Callable[..., list[Any]]


@pytest.fixture(scope="session")
def program() -> Path:
    """The program. Its path is in `CONJOIN`, which the Rust test `guests` sets."""
    return Path(os.environ["CONJOIN"])


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Builds a policy with the command that authors use."""
    folder = tmp_path_factory.mktemp("components")

    def build(policy: Path) -> Path:
        out = folder / f"{policy.parent.name}-{policy.stem}.wasm"
        command = [sys.executable, "-m", "conjoin_guest.build", str(policy), "--out", str(out)]
        built = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert built.returncode == 0, built.stderr
        return out

    return build


@pytest.fixture(scope="session")
def run(program: Path) -> Iterator[Run]:
    """Answers lines. One process of the program for each component, which it compiles once."""
    processes: dict[Path, subprocess.Popen[str]] = {}

    def run(component: Path, lines: Iterable[object]) -> list[Any]:
        if component not in processes:
            command = [str(program), "policy", "run", str(component)]
            processes[component] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
            )
        return [_ask(processes[component], line) for line in lines]

    yield run
    for process in processes.values():
        process.communicate(timeout=60)
        assert process.returncode == 0


def _ask(process: subprocess.Popen[str], line: object) -> Any:
    assert process.stdin is not None and process.stdout is not None
    late = threading.Timer(120, process.kill)
    late.start()
    try:
        process.stdin.write(json.dumps(line) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    finally:
        late.cancel()
    assert answer, "the program ended, or took two minutes; what it said is above"
    return json.loads(answer)


@pytest.fixture(scope="session")
def probe(build: Callable[[Path], Path], program: Path) -> Path:
    """The component of `policies/probe.py`."""
    return build(TESTS / "policies" / "probe.py")
