"""The build command: what it says, and its exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from conjoin_guest import build

CONTRACT = Path(__file__).parents[4] / "wit" / "policy.wit"
POLICY = """
from conjoin_guest import Description
from neighbour import SUMMARY
DESCRIPTION = Description("built", "1", SUMMARY)
def on_execute_merge(event, api):
    pass
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conjoin_guest.build", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_a_component_is_written_and_nothing_else(tmp_path: Path) -> None:
    policy = tmp_path / "policy.py"
    policy.write_text(POLICY, encoding="utf-8")
    (tmp_path / "neighbour.py").write_text('SUMMARY = "Built."', encoding="utf-8")
    library = sorted(Path(build.__file__).parent.rglob("*"))
    built = run(policy, "--out", tmp_path / "new" / "policy.wasm")
    assert (built.returncode, built.stdout, built.stderr) == (build.BUILT, "", "")
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["neighbour.py", "new", "policy.py", "policy.wasm"]
    assert sorted(Path(build.__file__).parent.rglob("*")) == library
    # Version 0x0d of layer 1 is what the component model's binary format begins with.
    assert (tmp_path / "new" / "policy.wasm").read_bytes().startswith(b"\0asm\x0d\0\x01\0")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import nonexistent", "ModuleNotFoundError: No module named 'nonexistent'"),
        ("x = 1", "NotAPolicy: policy needs `DESCRIPTION = Description(...)` at its top level"),
    ],
)
def test_a_policy_that_cannot_be_built_says_why_and_where(tmp_path: Path, text: str, complaint: str) -> None:
    policy = tmp_path / "policy.py"
    policy.write_text(text, encoding="utf-8")
    out = tmp_path / "policy.wasm"
    out.write_bytes(b"the one before")
    built = run(policy, "--out", out)
    assert built.returncode == build.POLICY_FAILS
    assert built.stderr.startswith("error: the policy cannot be built\nTraceback")
    assert built.stderr.rstrip().endswith(complaint)
    assert text == "x = 1" or f'File "{policy}", line 1' in built.stderr
    assert out.read_bytes() == b"the one before"


@pytest.mark.parametrize("name", ["my-policy.py", "policy.txt", "json.py", "conjoin_guest.py"])
def test_a_file_that_is_no_module_of_its_own_is_wrong_usage(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text(POLICY, encoding="utf-8")
    built = run(file, "--out", tmp_path / "policy.wasm")
    assert built.returncode == build.WRONG_USAGE and name in built.stderr


def test_what_is_missing_is_wrong_usage(tmp_path: Path) -> None:
    missing = run(tmp_path / "none.py", "--out", tmp_path / "policy.wasm")
    assert missing.returncode == build.WRONG_USAGE and "there is no file" in missing.stderr
    assert run(tmp_path / "none.py").returncode == build.WRONG_USAGE


def test_a_missing_tool_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.py"
    policy.write_text(POLICY, encoding="utf-8")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert build.main([str(policy), "--out", str(tmp_path / "policy.wasm")]) == build.TOOL_MISSING
    assert "pip install 'conjoin-guest[build]'" in capsys.readouterr().err


def test_a_policy_that_never_finishes_loading_is_told_and_leaves_nothing(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    policy = tmp_path / "policy.py"
    policy.write_text("while True: pass", encoding="utf-8")
    left = tmp_path_factory.mktemp("left")
    monkeypatch.setattr("tempfile.tempdir", str(left))
    monkeypatch.setattr(build, "_MOST_SECONDS", 1)
    assert build.main([str(policy), "--out", str(tmp_path / "policy.wasm")]) == build.POLICY_FAILS
    assert "the policy's modules did not finish loading within 1 s" in capsys.readouterr().err
    assert not any(left.iterdir())
    assert [file.name for file in tmp_path.iterdir()] == ["policy.py"]


def test_the_contract_is_the_hosts() -> None:
    assert build.contract().read_text(encoding="utf-8") == CONTRACT.read_text(encoding="utf-8")
