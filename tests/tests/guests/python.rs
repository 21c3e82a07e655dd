//! `guest/python` and the policies written with it. What is tested lies in `guest/python/tests`; here it gets its Python, its pinned tools and the program.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use conjoin_tests::program;

/// A virtual environment beneath the target folder, with the pinned tools, and the library as its users install it.
static ENVIRONMENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let requirements = library().join("tests/requirements.txt");
    let (wanted, stamp) = (fs::read(&requirements).unwrap(), environment.join("installed.txt"));
    if fs::read(&stamp).ok().as_ref() != Some(&wanted) {
        let arguments = ["-m", "venv", "--clear"].map(OsStr::new);
        succeed(
            Command::new("python3").args(arguments).arg(&environment),
            "install Python 3.11 or later, with venv",
        );
        pip(&environment, &["--require-hashes", "--requirement"], &requirements);
        fs::write(&stamp, wanted).unwrap();
    }
    let as_it_is = ["--force-reinstall", "--no-deps", "--no-build-isolation"];
    pip(&environment, &as_it_is, &library());
    environment
});

fn library() -> PathBuf {
    workspace().join("guest/python")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn pip(environment: &Path, options: &[&str], what: &Path) {
    let mut install = Command::new(environment.join("bin/python"));
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]);
    succeed(install.args(options).arg(what), "Python packages come from PyPI");
}

/// A tool of the environment, in the library's folder, that leaves nothing there.
fn tool(module: &str) -> Command {
    let mut command = Command::new(ENVIRONMENT.join("bin/python"));
    command.args(["-m", module]).current_dir(library());
    let storage = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hypothesis");
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("HYPOTHESIS_STORAGE_DIRECTORY", storage);
    command.env_remove("PYTHONPATH");
    command
}

fn succeed(command: &mut Command, remedy: &str) {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; {remedy}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}{}\n{remedy}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_library_and_its_policies_pass_their_own_tests() {
    let mut pytest = tool("pytest");
    pytest.args(["-q", "-p", "no:cacheprovider", "tests/native", "../../policies/consent"]);
    succeed(&mut pytest, "");
}

/// Against the contract's types as componentize-py generates them.
#[test]
fn every_type_is_checked() {
    let contract = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-contract");
    let mut bindings = Command::new(ENVIRONMENT.join("bin/componentize-py"));
    bindings
        .args(["--quiet", "--world", "policy", "--wit-path"])
        .arg(workspace().join("wit"));
    succeed(bindings.arg("bindings").arg(&contract), "");
    for tests in ["tests/native", "tests/component"] {
        let mut mypy = tool("mypy");
        let path = std::env::join_paths([contract.clone(), library().join(tests)]).unwrap();
        mypy.env("MYPYPATH", path).arg("--cache-dir").arg(contract.join("mypy"));
        mypy.args([
            "src",
            "hatch_build.py",
            "tests/policies",
            tests,
            "../../policies/consent/policy.py",
        ]);
        succeed(&mut mypy, "");
    }
}

/// The same cases, hostile endings, chance, time and output: components that the build command makes, in the real engine under the default limits.
#[test]
fn components_answer_as_the_library_promises() {
    let mut pytest = tool("pytest");
    pytest.args(["-q", "-p", "no:cacheprovider", "tests/component"]);
    succeed(pytest.env("CONJOIN", program()), "");
}
