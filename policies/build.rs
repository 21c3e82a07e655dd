//! Builds the Rust policies into components, and lists their cases, for `src/lib.rs` to include.
//!
//! The components come from a cargo of their own, in a target folder of their own: the one that runs this script holds
//! the lock of the outer folder. They are built with one profile and one set of flags, whatever the outer build is called
//! with, so that a component's digest depends on its sources alone.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

const TARGET: &str = "wasm32-wasip2";

/// Folder names; the packages are called `conjoin-policy-<name>`.
const POLICIES: [&str; 4] = ["joined", "lodash", "oldest-primary", "cautious"];

/// Set by the outer cargo, clippy or the caller; each would change what is built or where.
const OUTER_ONLY: [&str; 12] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_TARGET_DIR",
    "CARGO_TARGET_WASM32_WASIP2_LINKER",
    "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
    "CLIPPY_ARGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Cargo shows what a failing script wrote to standard error; returned from `main`, a compiler's output would lose its lines.
fn main() -> ExitCode {
    match ship() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn ship() -> Result<()> {
    let manifests = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let workspace = manifests.parent().ok_or("the policies folder lies in the workspace")?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    watch(workspace, &manifests);
    require_target()?;
    let mut listing = String::new();
    for name in POLICIES {
        let component = build(name, workspace, &target_folder(&out))?;
        // Copied, not included in place: the next build of the same folder may be of other sources.
        fs::copy(&component, out.join(format!("{name}.wasm"))).map_err(|error| at(&component, error))?;
        list(&mut listing, name, &manifests)?;
    }
    let list = out.join("shipped.rs");
    fs::write(&list, listing).map_err(|error| at(&list, error))
}

fn variable(name: &str) -> Result<String> {
    env::var(name).map_err(|error| format!("{name}: {error}").into())
}

fn at(path: &Path, error: impl Error) -> Box<dyn Error> {
    format!("{}: {error}", path.display()).into()
}

/// Cargo looks into folders by itself.
fn watch(workspace: &Path, manifests: &Path) {
    let shared = [
        "Cargo.lock",
        "Cargo.toml",
        "rust-toolchain.toml",
        "guest/rust/Cargo.toml",
        "guest/rust/src",
        "wit",
    ];
    for path in shared {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    for name in POLICIES {
        println!("cargo::rerun-if-changed={}", manifests.join(name).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// Where rustup did not install the target with the toolchain, asks it to.
fn require_target() -> Result<()> {
    let libraries = Command::new(variable("RUSTC")?)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()?;
    let folder = String::from_utf8(libraries.stdout)?;
    if libraries.status.success() && Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    println!("cargo::warning=installing the Rust target {TARGET}, which policies are built for");
    let installed = Command::new("rustup").args(["target", "add", TARGET]).output();
    match installed {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(missing(
            String::from_utf8_lossy(&output.stderr)
                .lines()
                .next()
                .unwrap_or_default(),
        )),
        Err(error) => Err(missing(&format!("cannot run rustup: {error}"))),
    }
}

fn missing(why: &str) -> Box<dyn Error> {
    format!("the Rust target {TARGET} is missing and could not be installed; run `rustup target add {TARGET}` ({why})")
        .into()
}

/// Beneath the outer target folder, so that every profile and clippy share one build; cargo marks that folder with a tag.
fn target_folder(out: &Path) -> PathBuf {
    let outer = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    outer.unwrap_or(out).join("policies")
}

/// One package at a time, since link-time optimisation needs `cdylib` to be the only kind of library.
fn build(name: &str, workspace: &Path, target: &Path) -> Result<PathBuf> {
    let package = format!("conjoin-policy-{name}");
    let mut cargo = Command::new(variable("CARGO")?);
    for variable in OUTER_ONLY {
        cargo.env_remove(variable);
    }
    for (variable, _) in env::vars_os() {
        let text = variable.to_string_lossy();
        if text.starts_with("CARGO_PROFILE_") || text.starts_with("CARGO_CFG_") || text.starts_with("CARGO_FEATURE_") {
            cargo.env_remove(&variable);
        }
    }
    cargo
        .current_dir(workspace)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(workspace)?);
    cargo.args([
        "rustc",
        "--quiet",
        "--locked",
        "--lib",
        "--crate-type",
        "cdylib",
        "--profile",
        "policy",
    ]);
    cargo
        .args(["--package", &package, "--target", TARGET, "--target-dir"])
        .arg(target);
    // 64 KiB: an instance is made for every call, and its stack is memory to be cleared.
    cargo.args(["--", "-C", "link-arg=-zstack-size=65536"]);
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(format!("cannot build {package}:\n{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(target
        .join(TARGET)
        .join("policy")
        .join(format!("conjoin_policy_{}.wasm", identifier(name))))
}

/// Panic messages name source files. Where the sources lie on this machine must not reach the component.
fn flags(workspace: &Path) -> Result<String> {
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir().ok_or("there is no home folder")?.join(".cargo"),
    };
    let maps = [(home, "/cargo"), (workspace.to_owned(), "/conjoin")];
    let flags = maps
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    Ok(flags.collect::<Vec<_>>().join("\x1f"))
}

/// As crates and modules are called.
fn identifier(name: &str) -> String {
    name.replace('-', "_")
}

fn list(listing: &mut String, name: &str, manifests: &Path) -> Result<()> {
    let folder = manifests.join(name).join("cases");
    let mut cases = Vec::new();
    for entry in fs::read_dir(&folder).map_err(|error| at(&folder, error))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            cases.push(path);
        }
    }
    cases.sort();
    writeln!(
        listing,
        "mod {} {{ use super::{{CaseFile, Shipped}}; pub(super) const SHIPPED: Shipped = Shipped {{",
        identifier(name)
    )?;
    writeln!(
        listing,
        "name: {name:?}, component: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.wasm\")), cases: &["
    )?;
    for path in cases {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(
            listing,
            "CaseFile {{ name: {stem:?}, text: include_str!({:?}) }},",
            path.display().to_string()
        )?;
    }
    writeln!(listing, "] }}; }}")?;
    Ok(())
}
