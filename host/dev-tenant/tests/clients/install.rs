//! The clients' packages, installed once for each state of their lock files, below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command as Blocking;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use tokio::process::Command;

static NODE: LazyLock<PathBuf> = LazyLock::new(|| npm("node", &own("node")));

/// The Express application that Auth0's page describes.
static EXPRESS: LazyLock<PathBuf> = LazyLock::new(|| {
    npm(
        "express",
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/express"),
    )
});

static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let source = own("python");
    let folder = folder("python", &source, "requirements.txt");
    let mut environment = Blocking::new("python3");
    environment.args(["-m", "venv", "environment"]);
    let mut install = Blocking::new(folder.join("environment/bin/pip"));
    install.args(["install", "--quiet", "--requirement", "requirements.txt"]);
    once(&folder, &source, &["requirements.txt"], &mut [environment, install]);
    copy(&source, &folder);
    folder
});

/// A Node program.
pub fn node(program: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(program).current_dir(&*NODE);
    command
}

/// The Express application, which its environment configures.
pub fn express() -> Command {
    let mut command = Command::new("node");
    command.arg("server.js").current_dir(&*EXPRESS);
    command
}

/// A Python program.
pub fn python(program: &str) -> Command {
    let mut command = Command::new(PYTHON.join("environment/bin/python"));
    command.arg(program).current_dir(&*PYTHON);
    command
}

/// The full path of a program.
pub fn on_path(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places
        .find(|place| place.exists())
        .unwrap_or_else(|| panic!("{program} is not installed"))
}

/// The folder of a language beside this file.
fn own(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(language)
}

fn npm(name: &str, source: &Path) -> PathBuf {
    let folder = folder(name, source, "package-lock.json");
    let mut install = Blocking::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    let needed = ["package.json", "package-lock.json", ".npmrc"];
    once(&folder, source, &needed, &mut [install]);
    copy(source, &folder);
    folder
}

fn folder(name: &str, source: &Path, lock: &str) -> PathBuf {
    let lock = std::fs::read(source.join(lock)).unwrap();
    let digest = hex::encode(Sha256::digest(lock));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", digest.get(..16).unwrap()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Installs, unless a mark says that it was done.
fn once(folder: &Path, source: &Path, files: &[&str], commands: &mut [Blocking]) {
    let mark = folder.join("installed");
    if mark.exists() {
        return;
    }
    for file in files {
        std::fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    for command in commands {
        let output = command.current_dir(folder).output().unwrap();
        assert!(
            output.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    std::fs::write(mark, "").unwrap();
}

/// Copies the programs and what is in folders beside them, but for packages that somebody installed there.
fn copy(source: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for entry in std::fs::read_dir(source).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if name == "node_modules" || name == "__pycache__" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &folder.join(name));
        } else {
            std::fs::copy(&path, folder.join(name)).unwrap();
        }
    }
}
