"""`python -m conjoin_guest.build policy.py --out policy.wasm`: makes a component of a policy.

Wraps `componentize-py`, which puts CPython, the policy and what it imports into one component; everything that the
policy's modules do when they are imported is done now. Exit codes: 0 built, 1 the policy cannot be built, 2 wrong usage,
3 the tool is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

BUILT, POLICY_FAILS, WRONG_USAGE, TOOL_MISSING = 0, 1, 2, 3
_MOST_SECONDS = 600

# What componentize-py imports; not a name that a policy could have. `Hooks` is the contract's interface.
_ENTRY = "conjoin_component"
_ENTRY_TEXT = """import sys

# CPython in the component would write into the folders that it imports from: the author's.
sys.dont_write_bytecode = True

from conjoin_guest.component import export

Hooks = export({module!r})
"""
_HERE = Path(__file__).resolve().parent


class BuildError(Exception):
    """Why there is no component, and the exit code that says so."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def build(policy: Path, out: Path) -> None:
    """Writes the component of the policy in a file. Raises `BuildError`; then nothing is written."""
    _check(policy, out)
    tool = _tool()
    with tempfile.TemporaryDirectory(prefix="conjoin-build-") as folder:
        stage, temporary = Path(folder) / "stage", Path(folder) / "temporary"
        stage.mkdir()
        temporary.mkdir()
        (stage / f"{_ENTRY}.py").write_text(_ENTRY_TEXT.format(module=policy.stem), encoding="utf-8")
        component = stage / "policy.wasm"
        _componentize(tool, [stage, policy.resolve().parent, _HERE.parent], component, temporary)
        # Beside the target, so that whoever watches it never reads half of one. What an interrupted build left there is
        # overwritten.
        beside = out.with_name(f".{out.name}.part")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(component.read_bytes())
            os.replace(beside, out)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise BuildError(WRONG_USAGE, f"cannot write {out}: {error.strerror}") from None


def contract() -> Path:
    """The WIT contract: packed with an installed library, in `wit/` of a checkout."""
    packed = _HERE / "policy.wit"
    return packed if packed.exists() else _HERE.parents[3] / "wit" / "policy.wit"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Answers its exit code; complaints go to standard error."""
    parser = argparse.ArgumentParser(prog="python -m conjoin_guest.build", description="Makes a component of a policy.")
    parser.add_argument("policy", type=Path, help="the policy's Python file")
    parser.add_argument("--out", type=Path, required=True, help="where to write the component")
    given = parser.parse_args(arguments)
    try:
        build(given.policy, given.out)
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.code
    return BUILT


def _check(policy: Path, out: Path) -> None:
    if not policy.is_file():
        raise BuildError(WRONG_USAGE, f"there is no file {policy}")
    if policy.suffix != ".py" or not policy.stem.isidentifier():
        raise BuildError(WRONG_USAGE, f"{policy.name} must be named like a Python module, such as policy.py")
    # Modules of these names are there already, and would be taken instead.
    if policy.stem in sys.stdlib_module_names or policy.stem in (_ENTRY, "conjoin_guest", "wit_world"):
        raise BuildError(WRONG_USAGE, f"a module called `{policy.stem}` exists already; rename {policy.name}")
    if out.is_dir():
        raise BuildError(WRONG_USAGE, f"{out} is a folder; name the component's file")


def _tool() -> list[str]:
    if importlib.util.find_spec("componentize_py") is None:
        raise BuildError(TOOL_MISSING, "componentize-py is missing; run `pip install 'conjoin-guest[build]'`")
    return [sys.executable, "-c", "from componentize_py import script; script()"]


def _componentize(tool: list[str], modules: list[Path], component: Path, temporary: Path) -> None:
    """Stubbed: what Python would import of files and sockets, the host refuses.

    What the tool leaves behind when it is ended lies in `temporary`.
    """
    paths = [argument for folder in modules for argument in ("--python-path", str(folder))]
    command = [*tool, "--wit-path", str(contract()), "--world", "policy", "--quiet"]
    command += ["componentize", "--stub-wasi", *paths, "--output", str(component), _ENTRY]
    environment = {**os.environ, "RUST_BACKTRACE": "0", "TMPDIR": str(temporary)}
    try:
        ran = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, timeout=_MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        told = f"the policy's modules did not finish loading within {_MOST_SECONDS} s"
        raise BuildError(POLICY_FAILS, told) from None
    if ran.returncode != 0 or not component.exists():
        raise BuildError(POLICY_FAILS, f"the policy cannot be built\n{_complaint(ran.stderr + ran.stdout, modules)}")


def _complaint(text: str, modules: list[Path]) -> str:
    """The policy's own traceback out of the tool's, with its files where the author has them."""
    _, found, traceback = text.partition("AssertionError: ")
    if found:
        text = traceback.partition("\n\nCaused by")[0]
    # componentize-py counts the folders that it is given.
    for number, folder in enumerate(modules):
        text = text.replace(f'"/{number}/', f'"{folder}/')
    return text.strip()


if __name__ == "__main__":
    sys.exit(main())
