//! The clients' packages, installed once for each state of their lock files, below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command as Blocking;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use tokio::process::Command;

static NODE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = folder("node", "package-lock.json");
    let sources = ["package.json", "package-lock.json", ".npmrc"];
    let mut install = Blocking::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    once(&folder, "node", &sources, &mut [install]);
    copy("node", &folder, "mjs");
    folder
});

static PYTHON: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = folder("python", "requirements.txt");
    let mut environment = Blocking::new("python3");
    environment.args(["-m", "venv", "environment"]);
    let mut install = Blocking::new(folder.join("environment/bin/pip"));
    install.args(["install", "--quiet", "--requirement", "requirements.txt"]);
    once(&folder, "python", &["requirements.txt"], &mut [environment, install]);
    copy("python", &folder, "py");
    folder
});

/// A Node program.
pub fn node(program: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(program).current_dir(&*NODE);
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

fn sources(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(language)
}

fn folder(language: &str, lock: &str) -> PathBuf {
    let lock = std::fs::read(sources(language).join(lock)).unwrap();
    let digest = hex::encode(Sha256::digest(lock));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{language}-{}", digest.get(..16).unwrap()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Installs, unless a mark says that it was done.
fn once(folder: &Path, language: &str, files: &[&str], commands: &mut [Blocking]) {
    let mark = folder.join("installed");
    if mark.exists() {
        return;
    }
    for file in files {
        std::fs::copy(sources(language).join(file), folder.join(file)).unwrap();
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

fn copy(language: &str, folder: &Path, extension: &str) {
    for entry in std::fs::read_dir(sources(language)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|found| found == extension) {
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
}
