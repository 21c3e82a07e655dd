//! Python: a virtual environment beside the project, and the library's own `conjoin_guest.build` makes the component.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::BuildError;
use super::tool::{Tool, is_at_least, run};
use super::vendor;

const PYTHON: Tool = Tool {
    program: "python3",
    remedy: "install Python 3.11 or later with its modules `venv` and `ensurepip`; Debian has them in python3-venv",
};

/// What the library needs.
const OLDEST: (u32, u32) = (3, 11);

const ENVIRONMENT: &str = ".venv";

/// In the environment while it is made, so that one which was not finished is made anew.
const UNFINISHED: &str = "conjoin-unfinished.txt";

/// In the environment: what was installed, by its digest.
const INSTALLED: &str = "conjoin-installed.txt";

const REQUIREMENTS: &str = "requirements.txt";

const POLICY: &str = "policy.py";

pub(super) fn build(folder: &Path, out: &Path) -> Result<(), BuildError> {
    let python = environment(folder)?;
    install(folder, &python)?;
    run(inside(&python, folder)
        .args(["-m", "conjoin_guest.build", POLICY, "--out"])
        .arg(out))
}

/// The interpreter of the project's own environment. One that is there already is taken, whatever made it, unless this was interrupted while it did.
fn environment(folder: &Path) -> Result<PathBuf, BuildError> {
    let environment = folder.join(ENVIRONMENT);
    let (python, unfinished) = (environment.join("bin/python"), environment.join(UNFINISHED));
    if !python.exists() || unfinished.exists() {
        check(folder)?;
        make(folder, &environment, &unfinished)?;
    }
    Ok(python)
}

/// The interpreter is there long before pip is.
fn make(folder: &Path, environment: &Path, unfinished: &Path) -> Result<(), BuildError> {
    let cannot = |source| BuildError::file(environment, source);
    match fs::remove_dir_all(environment) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(cannot(source)),
        _ => {}
    }
    fs::create_dir(environment).map_err(cannot)?;
    fs::write(unfinished, "").map_err(cannot)?;
    run(&mut PYTHON.command(folder, &["-m", "venv", ENVIRONMENT]))?;
    fs::remove_file(unfinished).map_err(cannot)
}

fn check(folder: &Path) -> Result<(), BuildError> {
    let version = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])";
    let found = PYTHON.ask(folder, &["-c", version])?;
    if is_at_least(&found, OLDEST) {
        return Ok(());
    }
    Err(BuildError::TooOld {
        tool: "Python",
        found,
        needed: "3.11",
        remedy: PYTHON.remedy,
    })
}

/// Again whenever the file that says what is needed is another one, or the library beside it.
fn install(folder: &Path, python: &Path) -> Result<(), BuildError> {
    let has_requirements = folder.join(REQUIREMENTS).is_file();
    let from = folder.join(if has_requirements {
        REQUIREMENTS
    } else {
        "pyproject.toml"
    });
    let wanted = vendor::digest(&from, folder)?;
    let stamp = folder.join(ENVIRONMENT).join(INSTALLED);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut pip = inside(python, folder);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"]);
    if has_requirements {
        pip.args(["--requirement", REQUIREMENTS]);
    } else {
        pip.arg(".");
    }
    run(&mut pip)?;
    fs::write(&stamp, wanted).map_err(|source| BuildError::file(&stamp, source))
}

/// Modules of the caller's other projects are none of this one's.
fn inside(python: &Path, folder: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env_remove("PYTHONPATH");
    command
}
