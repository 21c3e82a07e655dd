//! Lists every file of the projects that `conjoin policy new` makes, for `src/lib.rs` to include: the template, what all templates share, and the guest
//! library as its registry would have it.
//!
//! Listed here and not by a macro over whole folders: what tools leave in them (`node_modules`, `__pycache__`) must not get into the program.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

/// Where a file or folder of the repository goes in a project.
type Place = (&'static str, &'static str);

const SHARED: Place = ("guest/templates/shared", "");

/// By the name of the template's folder. The library of Rust lies as in the repository, since its manifests and its macro name each other by relative paths.
const PROJECTS: [(&str, &[Place]); 3] = [
    (
        "rust",
        &[
            ("guest/rust/Cargo.toml", "vendor/guest/rust/Cargo.toml"),
            ("guest/rust/src", "vendor/guest/rust/src"),
            ("guest/cases/Cargo.toml", "vendor/guest/cases/Cargo.toml"),
            ("guest/cases/src", "vendor/guest/cases/src"),
            ("wit", "vendor/wit"),
            ("guest/js/LICENSE", "vendor/LICENSE"),
        ],
    ),
    (
        "js",
        &[
            ("guest/js/package.json", "vendor/conjoin-guest/package.json"),
            ("guest/js/README.md", "vendor/conjoin-guest/README.md"),
            ("guest/js/LICENSE", "vendor/conjoin-guest/LICENSE"),
            ("guest/js/index.d.ts", "vendor/conjoin-guest/index.d.ts"),
            ("guest/js/cases.d.ts", "vendor/conjoin-guest/cases.d.ts"),
            ("guest/js/build", "vendor/conjoin-guest/build"),
            ("guest/js/src", "vendor/conjoin-guest/src"),
            ("wit", "vendor/conjoin-guest/wit"),
        ],
    ),
    (
        "python",
        &[
            ("guest/python/pyproject.toml", "vendor/conjoin-guest/pyproject.toml"),
            ("guest/python/README.md", "vendor/conjoin-guest/README.md"),
            ("guest/python/LICENSE", "vendor/conjoin-guest/LICENSE"),
            ("guest/python/hatch_build.py", "vendor/conjoin-guest/hatch_build.py"),
            ("guest/python/src", "vendor/conjoin-guest/src"),
            ("wit/policy.wit", "vendor/conjoin-guest/src/conjoin_guest/policy.wit"),
        ],
    ),
];

/// What the vendored crates inherit from.
const WORKSPACE_MANIFEST: &str = "vendor/Cargo.toml";

/// What tools leave in a folder of sources, when somebody tries a template in its place.
const LEFT_BEHIND: [&str; 8] = [
    ".pytest_cache",
    ".venv",
    "Cargo.lock",
    "__pycache__",
    "node_modules",
    "package-lock.json",
    "policy.wasm",
    "target",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Returned from `main`, a text would lose its lines.
fn main() -> ExitCode {
    match write_listing() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write_listing() -> Result<()> {
    let manifests = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let root = manifests
        .ancestors()
        .nth(2)
        .ok_or("this crate lies in guest/templates")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    let mut listing = String::new();
    for (name, library) in PROJECTS {
        let template = format!("guest/templates/{name}");
        let places = [(template.as_str(), ""), SHARED];
        writeln!(listing, "const {}: &[File] = &[", name.to_uppercase())?;
        for (from, to) in places.into_iter().chain(library.iter().copied()) {
            list(&mut listing, root, from, to)?;
        }
        if name == "rust" {
            let manifest = out.join("vendor.toml");
            fs::write(&manifest, workspace_manifest(root)?)?;
            entry(&mut listing, WORKSPACE_MANIFEST, &manifest)?;
        }
        writeln!(listing, "];")?;
    }
    fs::write(out.join("files.rs"), listing)?;
    Ok(())
}

/// One file, or every file beneath a folder. Cargo looks into folders by itself when it decides whether to run this again.
fn list(listing: &mut String, root: &Path, from: &str, to: &str) -> Result<()> {
    let source = root.join(from);
    println!("cargo::rerun-if-changed={}", source.display());
    if source.is_file() {
        return entry(listing, to, &source);
    }
    for path in files(&source)? {
        let relative = path.strip_prefix(&source)?.to_str().ok_or("file names are text")?;
        let place = if to.is_empty() {
            relative.to_owned()
        } else {
            format!("{to}/{relative}")
        };
        entry(listing, &place, &path)?;
    }
    Ok(())
}

fn entry(listing: &mut String, place: &str, source: &Path) -> Result<()> {
    let source = source.to_str().ok_or("file names are text")?;
    writeln!(listing, "File {{ path: {place:?}, text: include_str!({source:?}) }},")?;
    Ok(())
}

/// In the order of their names, so that the program does not depend on the file system.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if LEFT_BEHIND.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.insert(path);
        }
    }
    Ok(found)
}

/// Of the repository's own, what the vendored crates inherit.
fn workspace_manifest(root: &Path) -> Result<String> {
    println!("cargo::rerun-if-changed={}", root.join("Cargo.toml").display());
    let manifest = |path: &str| -> Result<toml::Table> { Ok(fs::read_to_string(root.join(path))?.parse()?) };
    let own = manifest("Cargo.toml")?;
    let own = own
        .get("workspace")
        .and_then(toml::Value::as_table)
        .ok_or("no workspace")?;
    let mut workspace = toml::Table::new();
    workspace.insert("resolver".to_owned(), "3".into());
    workspace.insert("members".to_owned(), vec!["guest/cases", "guest/rust"].into());
    for key in ["package", "lints"] {
        let inherited = own.get(key).ok_or_else(|| format!("the workspace has no {key}"))?;
        workspace.insert(key.to_owned(), inherited.clone());
    }
    let mut names = BTreeSet::new();
    for path in ["guest/cases/Cargo.toml", "guest/rust/Cargo.toml"] {
        inherited_dependencies(&manifest(path)?, &mut names);
    }
    let versions = own
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .ok_or("no dependencies")?;
    let dependencies: toml::Table = versions
        .iter()
        .filter(|(name, _)| names.contains(*name))
        .map(|(name, version)| (name.clone(), version.clone()))
        .collect();
    workspace.insert("dependencies".to_owned(), dependencies.into());
    let table: toml::Table = [("workspace".to_owned(), workspace.into())].into_iter().collect();
    Ok(format!(
        "# What the crates of Conjoin beneath this folder have in common.\n\n{}",
        toml::to_string_pretty(&table)?
    ))
}

/// Wherever a manifest has a table of dependencies, also beneath a target.
fn inherited_dependencies(manifest: &toml::Table, names: &mut BTreeSet<String>) {
    for (key, value) in manifest {
        let Some(table) = value.as_table() else { continue };
        if key.ends_with("dependencies") {
            names.extend(table.keys().cloned());
        } else {
            inherited_dependencies(table, names);
        }
    }
}
