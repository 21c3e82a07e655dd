//! `conjoin policy new`, `build` and `test`: from a name to a component that passes its cases, as an author goes about it, and where that ends.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use conjoin_tests::program;
use serde_json::Value;
use tempfile::TempDir;

use crate::javascript;
use crate::program::{Outcome, assert_listed, outcome, succeed, workspace};

/// The program in a folder, with `policy` and these arguments.
pub fn policy(folder: &Path, arguments: &[&str]) -> Command {
    let mut policy = Command::new(program());
    policy.arg("policy").args(arguments).current_dir(folder);
    // Shared between runs: a project's libraries are compiled once.
    policy.env(
        "CARGO_TARGET_DIR",
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects"),
    );
    policy
}

/// A fresh project.
fn project(lang: &str) -> (TempDir, PathBuf) {
    let around = tempfile::tempdir().unwrap();
    let project = made(around.path(), lang);
    (around, project)
}

/// A fresh project in Rust that is to be built, for as long as the first part is held. Where it lies is in the flags that keep that out of the component, and cargo names what it
/// compiles by those: in one place, what such a project depends on is compiled once.
pub fn rust_project() -> (MutexGuard<'static, ()>, PathBuf) {
    static PLACE: Mutex<()> = Mutex::new(());
    let alone = PLACE.lock().unwrap_or_else(PoisonError::into_inner);
    let around = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust-project");
    if around.exists() {
        fs::remove_dir_all(&around).unwrap();
    }
    fs::create_dir(&around).unwrap();
    (alone, made(&around, "rust"))
}

fn made(around: &Path, lang: &str) -> PathBuf {
    let said = succeed(policy(around, &["new", "--lang", lang, "keep-plans"]));
    assert!(said.contains("conjoin policy build"), "{said}");
    let project = around.join("keep-plans");
    if lang == "rust" {
        // The versions that all of this is tested with: somebody else's new release is no failure here.
        fs::copy(workspace().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    }
    project
}

/// Builds and tests what is in the folder, by the commands that `policy new` names, and nothing else.
fn builds_and_passes(project: &Path) -> Vec<u8> {
    let built: Value = serde_json::from_str(&succeed(policy(project, &["build", "--json"]))).unwrap();
    let component = fs::read(project.join("policy.wasm")).unwrap();
    assert_eq!(
        (&built["component"], built["bytes"].as_u64()),
        (&"policy.wasm".into(), Some(component.len() as u64))
    );
    let report: Value = serde_json::from_str(&succeed(policy(project, &["test", "--json"]))).unwrap();
    assert_eq!(
        (&report["policy"], &report["digest"]),
        (&"keep-plans".into(), &built["digest"])
    );
    assert_eq!(
        (report["cases"].as_array().unwrap().len(), &report["passed"]),
        (4, &true.into())
    );
    component
}

fn names(component: &[u8], text: &str) -> bool {
    component.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_project_in_rust_builds_and_passes_at_once() {
    let (_alone, project) = rust_project();
    let component = builds_and_passes(&project);
    assert!(
        !names(&component, project.to_str().unwrap()) && !names(&component, "/.cargo/"),
        "a path of this machine"
    );
    // The tests that its author runs, with a debugger.
    let mut test = Command::new("cargo");
    test.args(["test", "--quiet"]).current_dir(&project);
    test.env(
        "CARGO_TARGET_DIR",
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects"),
    );
    succeed(test);
    cannot_be_built_with(&project, "src/lib.rs", "mod no_such_module;", "no_such_module");
}

#[test]
fn a_project_in_javascript_builds_and_passes_at_once_and_its_types_are_right() {
    let (_around, project) = project("js");
    let component = builds_and_passes(&project);
    assert!(!names(&component, project.to_str().unwrap()), "a path of this machine");
    let mut test = Command::new("npm");
    test.args(["test", "--silent"]).current_dir(&project);
    succeed(test);
    let mut check = Command::new(javascript::LIBRARY.join("node_modules/.bin/tsc"));
    check.args(["--project", "jsconfig.json"]).current_dir(&project);
    succeed(check);
    cannot_be_built_with(&project, "policy.js", "require('node:fs');", "node:fs");
}

/// Also where the first build was interrupted while it made the environment.
#[test]
fn a_project_in_python_builds_and_passes_at_once() {
    let (_around, project) = project("python");
    let interrupted = outcome(with_tools(
        &project,
        &[(
            "python3",
            r#"case "$*" in *"-m venv"*) mkdir -p .venv/bin && ln -s "$(command -v sh)" .venv/bin/python && kill -KILL $$ ;; *) echo 3.11 ;; esac"#,
        )],
    ));
    assert_eq!(interrupted.code, Some(1), "{}", interrupted.stderr);
    assert!(project.join(".venv/bin/python").exists());
    let component = builds_and_passes(&project);
    assert!(!names(&component, project.to_str().unwrap()), "a path of this machine");
    let mut test = Command::new(project.join(".venv/bin/python"));
    test.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .current_dir(&project);
    succeed(test);
    a_changed_library_is_installed_again(&project);
}

fn a_changed_library_is_installed_again(project: &Path) {
    let library = project.join("vendor/conjoin-guest/src/conjoin_guest/__init__.py");
    let mut text = fs::read_to_string(&library).unwrap();
    text.push_str("\nCHANGED = True\n");
    fs::write(&library, text).unwrap();
    fs::write(
        project.join("policy.py"),
        "import conjoin_guest\nraise ValueError(conjoin_guest.CHANGED)\n",
    )
    .unwrap();
    let Outcome { code, stderr, .. } = outcome(policy(project, &["build"]));
    assert!(code == Some(1) && stderr.contains("ValueError: True"), "{stderr}");
}

#[test]
fn another_name_is_in_every_file_that_states_it() {
    for lang in ["rust", "js", "python"] {
        let (_around, project) = project(lang);
        let readme = fs::read_to_string(project.join("README.md")).unwrap();
        assert!(readme.starts_with("# keep-plans\n"), "{lang}");
        let mut grep = Command::new("grep");
        grep.args([
            "--recursive",
            "--files-with-matches",
            "my-policy",
            ".",
            "--exclude-dir=vendor",
        ]);
        let found = outcome({
            grep.current_dir(&project);
            grep
        });
        assert_eq!((found.code, found.stdout.as_str()), (Some(1), ""), "{lang}");
    }
}

#[test]
fn what_was_made_and_where_is_said_as_json_too() {
    let around = tempfile::tempdir().unwrap();
    fs::create_dir(around.path().join("within")).unwrap();
    for lang in ["rust", "js", "python"] {
        let name = format!("keep-{lang}");
        let new = ["new", "--lang", lang, &name, "--dir", "within", "--json"];
        let said = succeed(policy(around.path(), &new));
        assert_eq!(said.lines().count(), 1, "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        let project = format!("within/{name}");
        assert_eq!(
            (&said["project"], &said["name"], &said["language"]),
            (&project.as_str().into(), &name.as_str().into(), &lang.into())
        );
        assert_listed(&said["files"], &around.path().join(project));
    }
}

/// Exit code 2, a remedy, and nothing made.
#[test]
fn what_cannot_be_made_is_refused_and_nothing_is_left() {
    let around = tempfile::tempdir().unwrap();
    fs::create_dir(around.path().join("taken")).unwrap();
    fs::write(around.path().join("taken/mine"), "mine").unwrap();
    let wrong: [(&[&str], &str); 7] = [
        (&["new", "--lang", "js", "Keep_Plans"], "a-z, 0-9 and single hyphens"),
        (&["new", "--lang", "python", "class"], "`class-policy`"),
        (&["new", "--lang", "rust", "../outside"], "a-z, 0-9 and single hyphens"),
        (&["new", "--lang", "go", "keep-plans"], "rust, js, python"),
        (&["new", "keep-plans"], "--lang"),
        (&["new", "--lang", "js", "taken"], "not an empty folder"),
        (
            &["new", "--lang", "js", "keep-plans", "--dir", "no-such-folder"],
            "there is no folder no-such-folder",
        ),
    ];
    for (arguments, named) in wrong {
        let Outcome { code, stdout, stderr } = outcome(policy(around.path(), arguments));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(named), "{arguments:?}: {stderr}");
    }
    let left: Vec<_> = fs::read_dir(around.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["taken"]);
    assert_eq!(fs::read_to_string(around.path().join("taken/mine")).unwrap(), "mine");
}

#[test]
fn a_folder_without_a_policy_and_a_component_without_a_place_are_refused() {
    let around = tempfile::tempdir().unwrap();
    fs::create_dir(around.path().join("js")).unwrap();
    fs::write(around.path().join("js/package.json"), "{}").unwrap();
    let wrong: [(&[&str], &str); 4] = [
        (&["build"], "`conjoin policy new` makes one"),
        (&["build", "no-such-folder"], "no-such-folder holds no policy"),
        (&["build", "js", "--out", "no/such/policy.wasm"], "no/such/policy.wasm"),
        (&["test"], "run `conjoin policy build` first"),
    ];
    for (arguments, named) in wrong {
        let Outcome { code, stdout, stderr } = outcome(policy(around.path(), arguments));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(named), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_tool_that_is_missing_is_named_with_its_remedy() {
    let nothing = tempfile::tempdir().unwrap();
    for (lang, named) in [("rust", "rustup"), ("js", "Node.js 20.19"), ("python", "Python 3.11")] {
        let (_around, project) = project(lang);
        let mut build = policy(&project, &["build"]);
        build.env("PATH", nothing.path());
        let Outcome { code, stdout, stderr } = outcome(build);
        assert_eq!((code, stdout.as_str()), (Some(3), ""), "{lang}: {stderr}");
        assert!(
            stderr.contains("is needed") && stderr.contains(named),
            "{lang}: {stderr}"
        );
    }
}

#[test]
fn a_tool_that_is_too_old_is_named_with_what_it_is() {
    let old = [
        (
            "js",
            "v18.20.4",
            [("node", "echo v18.20.4"), ("npm", "echo 9.0.0")],
            "20.19",
        ),
        ("python", "3.9", [("python3", "echo 3.9"), ("pip", "exit 1")], "3.11"),
        (
            "rust",
            "rustc 1.94.1",
            [
                ("rustc", "echo 'rustc 1.94.1 (0 2026-02-02)'"),
                ("cargo", "echo 'cargo 1.94.1'"),
            ],
            "1.95",
        ),
    ];
    for (lang, says, tools, needed) in old {
        let (_around, project) = project(lang);
        let Outcome { code, stderr, .. } = outcome(with_tools(&project, &tools));
        assert_eq!(code, Some(3), "{lang}: {stderr}");
        assert!(
            stderr.contains(says) && stderr.contains(&format!("{needed} or later is needed")),
            "{lang}: {stderr}"
        );
    }
}

#[test]
fn a_target_that_is_missing_and_cannot_be_installed_is_named_with_its_remedy() {
    let (_around, project) = project("rust");
    let rustc = r#"case "$*" in *target-libdir*) echo /no/such/folder ;; *) echo 'rustc 1.95.0' ;; esac"#;
    let rustup = r#"case "$*" in "target add"*) echo 'no network' >&2; exit 1 ;; *) echo 'rustup 1.28.0' ;; esac"#;
    let tools = [("rustc", rustc), ("cargo", "echo 'cargo 1.95.0'"), ("rustup", rustup)];
    let Outcome { code, stderr, .. } = outcome(with_tools(&project, &tools));
    assert_eq!(code, Some(3), "{stderr}");
    assert!(
        stderr.contains("no network") && stderr.contains("run `rustup target add wasm32-wasip2`"),
        "{stderr}"
    );
}

/// `conjoin policy build` where these shell scripts come before the tools of their names.
fn with_tools(project: &Path, tools: &[(&str, &str)]) -> Command {
    let folder = project.parent().unwrap().join("tools");
    fs::create_dir(&folder).unwrap();
    for (tool, script) in tools {
        let file = folder.join(tool);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        executable(&file);
    }
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).unwrap();
    let mut build = policy(project, &["build"]);
    build.env("PATH", path);
    build
}

fn executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The author's mistake, in the words of the language's own tools: exit code 1, and no component.
fn cannot_be_built_with(project: &Path, file: &str, mistake: &str, named: &str) {
    fs::remove_file(project.join("policy.wasm")).unwrap();
    fs::write(project.join(file), mistake).unwrap();
    let Outcome { code, stdout, stderr } = outcome(policy(project, &["build"]));
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains(named), "{stderr}");
    assert!(!project.join("policy.wasm").exists());
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let mut completions = Command::new(program());
        completions.args([OsStr::new("completions"), OsStr::new(shell)]);
        let script = succeed(completions);
        assert!(script.contains("conjoin") && script.contains("policy"), "{shell}");
        assert!(
            !script.contains("compile-policy"),
            "{shell}: what only the program calls"
        );
    }
}
