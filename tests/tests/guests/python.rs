//! `guest/python` and the policies written with it. What is tested lies in `guest/python/tests`; here it gets its Python, its pinned tools and the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use conjoin_tests::program;
use serde_json::{Value, json};

use crate::program::{answers, meets_its_cases, succeed, workspace};

/// A virtual environment beneath the target folder, with the pinned tools, and the library as its users install it.
static ENVIRONMENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let requirements = library().join("tests/requirements.txt");
    let (wanted, stamp) = (fs::read(&requirements).unwrap(), environment.join("installed.txt"));
    if fs::read(&stamp).ok().as_ref() != Some(&wanted) {
        let mut create = Command::new("python3");
        create.args(["-m", "venv", "--clear"]).arg(&environment);
        succeed(create);
        pip(&environment, &["--require-hashes", "--requirement"], &requirements);
        fs::write(&stamp, wanted).unwrap();
    }
    let as_it_is = ["--force-reinstall", "--no-deps", "--no-build-isolation"];
    pip(&environment, &as_it_is, &library());
    environment
});

/// The component of the policy that is written in Python.
pub static CONSENT: LazyLock<PathBuf> =
    LazyLock::new(|| built(&workspace().join("policies/consent/policy.py"), "consent.wasm"));

fn library() -> PathBuf {
    workspace().join("guest/python")
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
    install.args(options).arg(what);
    succeed(install);
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

/// Builds a policy with the command that authors use, into a file beneath the target folder.
fn built(policy: &Path, name: &str) -> PathBuf {
    let component = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut build = tool("conjoin_guest.build");
    build.arg(policy).arg("--out").arg(&component);
    succeed(build);
    component
}

#[test]
fn the_library_and_its_policies_pass_their_own_tests() {
    let mut pytest = tool("pytest");
    pytest.args(["-q", "-p", "no:cacheprovider", "tests/native", "../../policies/consent"]);
    succeed(pytest);
}

/// Against the contract's types as componentize-py generates them.
#[test]
fn every_type_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let contract = folder.path().join("contract");
    let mut bindings = Command::new(ENVIRONMENT.join("bin/componentize-py"));
    bindings
        .args(["--quiet", "--world", "policy", "--wit-path"])
        .arg(workspace().join("wit"));
    bindings.arg("bindings").arg(&contract);
    succeed(bindings);
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
        succeed(mypy);
    }
}

/// Hostile endings, chance, time and output: components that the build command makes, in the real engine under the default limits.
#[test]
fn components_answer_as_the_library_promises() {
    let mut pytest = tool("pytest");
    pytest.args(["-q", "-p", "no:cacheprovider", "tests/component"]);
    pytest.env("CONJOIN", program());
    succeed(pytest);
}

#[test]
fn consent_meets_every_case_as_a_component_and_says_what_it_is() {
    let policy = workspace().join("policies/consent");
    let component = &*CONSENT;
    meets_its_cases(component, &policy.join("cases"));
    let answers = answers(component, &[json!({"hook": "describe"}).to_string()]);
    let description = &answers[0]["description"];
    let schema: Value = serde_json::from_slice(&fs::read(policy.join("settings.schema.json")).unwrap()).unwrap();
    assert_eq!(
        (&description["name"], &description["settings_schema"]),
        (&json!("consent"), &schema)
    );
    let reasons = description["reasons"].as_array().unwrap();
    let reasons: Vec<_> = reasons.iter().map(|one| (&one["code"], &one["locale"])).collect();
    let expected = ["en", "de", "fr"].map(|locale| (json!("same-email"), json!(locale)));
    assert_eq!(reasons, expected.each_ref().map(|(code, locale)| (code, locale)));
}

#[test]
fn a_component_in_python_meets_every_case_of_the_policy_in_rust() {
    let component = built(&library().join("tests/policies/joined.py"), "joined-in-python.wasm");
    meets_its_cases(&component, &workspace().join("policies/joined/cases"));
}
