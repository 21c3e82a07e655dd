//! `guest/js` and the policy written with it. What a component of the library does when its policy misbehaves is in `guest/js/test`, and runs here too:
//! those tests take the program from the environment.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use conjoin_tests::program;
use serde_json::{Value, json};

use crate::program::{answers, meets_its_cases, succeed, workspace};

/// The library's folder, with its dependencies as the lock file has them.
pub static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| installed("guest/js"));

/// The policy's folder; its library is a link to the one beside it, which npm leaves to be installed by itself.
static POLICY: LazyLock<PathBuf> = LazyLock::new(|| {
    LazyLock::force(&LIBRARY);
    installed("policies/by-field")
});

/// The policy's component.
pub static COMPONENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let component = Path::new(env!("CARGO_TARGET_TMPDIR")).join("by-field.wasm");
    let mut build = npm(&POLICY, &["run", "--silent", "build", "--", "--out"]);
    build.arg(&component);
    succeed(build);
    component
});

fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut npm = Command::new("npm");
    npm.args(arguments).current_dir(folder).env("CONJOIN", program());
    npm
}

/// Installs anew when the lock file is younger than what was installed.
fn installed(folder: &str) -> PathBuf {
    let folder = workspace().join(folder);
    let changed = |file: &str| folder.join(file).metadata().and_then(|file| file.modified()).ok();
    if changed("node_modules/.package-lock.json") < changed("package-lock.json") {
        succeed(npm(&folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]));
    }
    folder
}

#[test]
fn the_library_passes_its_own_tests() {
    succeed(npm(&LIBRARY, &["test", "--silent"]));
}

#[test]
fn the_policy_passes_its_own_tests() {
    succeed(npm(&POLICY, &["test", "--silent"]));
}

#[test]
fn the_component_meets_every_case() {
    meets_its_cases(&COMPONENT, &POLICY.join("cases"));
}

#[test]
fn the_component_says_what_the_package_says() {
    let answers = answers(&COMPONENT, &[json!({"hook": "describe"}).to_string()]);
    let manifest: Value = serde_json::from_slice(&std::fs::read(POLICY.join("package.json")).unwrap()).unwrap();
    let description = &answers[0]["description"];
    assert_eq!(
        [&description["name"], &description["version"], &description["summary"]],
        [&manifest["name"], &manifest["version"], &manifest["description"]]
    );
    assert_eq!(description["settings_schema"]["additionalProperties"], json!(false));
    assert_eq!(description["reasons"].as_array().unwrap().len(), 3);
}

#[test]
fn no_component_names_a_folder_of_the_machine_that_built_it() {
    let bytes = std::fs::read(&*COMPONENT).unwrap();
    let path = workspace().to_str().unwrap().as_bytes();
    assert!(!bytes.windows(path.len()).any(|window| window == path));
}
