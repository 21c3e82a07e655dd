//! JavaScript: `npm` installs what the project depends on, and the library's own `conjoin-build` makes the component.

use std::path::Path;
use std::time::SystemTime;

use super::error::BuildError;
use super::tool::{Tool, is_at_least, run};

const NODE: Tool = Tool {
    program: "node",
    remedy: "install Node.js 20.19 or later",
};

const NPM: Tool = Tool {
    program: "npm",
    remedy: "install npm; most systems have it in Node.js or beside it",
};

/// What the library's build needs.
const OLDEST: (u32, u32) = (20, 19);

/// Of the package that builds.
const BUILD: &str = "node_modules/conjoin-guest/build/cli.js";

/// What npm writes when it is done.
const INSTALLED: &str = "node_modules/.package-lock.json";

const LOCK: &str = "package-lock.json";
const MANIFEST: &str = "package.json";

/// Of the library beside the project, where there is one. npm links to it, so that only what it depends on itself is ever installed.
const VENDORED: &str = "vendor/conjoin-guest/package.json";

pub(super) fn build(folder: &Path, out: &Path) -> Result<(), BuildError> {
    check(folder)?;
    install(folder)?;
    if !folder.join(BUILD).is_file() {
        let why = "the project does not depend on `conjoin-guest`; add it to the dependencies in package.json";
        return Err(BuildError::NoComponent(why.to_owned()));
    }
    run(NODE.command(folder, &[BUILD, "--out"]).arg(out))
}

fn check(folder: &Path) -> Result<(), BuildError> {
    let found = NODE.ask(folder, &["--version"])?;
    if is_at_least(&found, OLDEST) {
        return Ok(());
    }
    Err(BuildError::TooOld {
        tool: "Node.js",
        found,
        needed: "20.19",
        remedy: NODE.remedy,
    })
}

/// Exactly what the lock file says where there is one and nothing is installed yet; else what the manifest asks for now. Without scripts of packages: nothing that the
/// library needs has one.
fn install(folder: &Path) -> Result<(), BuildError> {
    let changed = |file: &str| folder.join(file).metadata().and_then(|file| file.modified()).ok();
    if is_installed(changed(INSTALLED), [MANIFEST, LOCK, VENDORED].map(changed)) {
        return Ok(());
    }
    NPM.ask(folder, &["--version"])?;
    let fresh = changed(INSTALLED).is_none() && changed(LOCK).is_some();
    let verb = if fresh { "ci" } else { "install" };
    run(&mut NPM.command(folder, &[verb, "--ignore-scripts", "--no-audit", "--no-fund"]))
}

/// npm writes the lock file just before its own note, so that a lock file which is younger came from somewhere else.
fn is_installed(installed: Option<SystemTime>, from: [Option<SystemTime>; 3]) -> bool {
    installed.is_some() && from.iter().all(|file| installed >= *file)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn whatever_is_younger_than_the_installation_is_installed_again() {
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert!(is_installed(at(2), [at(1), at(2), at(1)]));
        assert!(is_installed(at(2), [at(1), None, None]));
        assert!(!is_installed(None, [at(1), None, None]));
        assert!(!is_installed(at(2), [at(3), at(1), at(1)]));
        assert!(!is_installed(at(2), [at(1), at(3), at(1)]));
        assert!(!is_installed(at(2), [at(1), at(1), at(3)]));
    }
}
