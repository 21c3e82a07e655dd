//! Rust: cargo makes a component by itself, for the target `wasm32-wasip2`.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::error::BuildError;
use super::tool::{Tool, ended, is_at_least, name, run};

const TARGET: &str = "wasm32-wasip2";

const CARGO: Tool = Tool {
    program: "cargo",
    remedy: "install Rust with rustup",
};

const RUSTC: Tool = Tool {
    program: "rustc",
    remedy: "install Rust with rustup",
};

const RUSTUP: Tool = Tool {
    program: "rustup",
    remedy: "it is at https://rustup.rs",
};

/// What the library needs.
const OLDEST: (u32, u32) = (1, 95);

/// Set by the caller, each would take the place of the flags in the project's own configuration: the same sources would make another component.
const FLAGS_OF_THE_CALLER: [&str; 4] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS",
    "RUSTFLAGS",
];

/// Of what cargo says, all that matters here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

pub(super) fn build(folder: &Path, out: &Path) -> Result<(), BuildError> {
    CARGO.ask(folder, &["--version"])?;
    check(folder)?;
    require_target(folder)?;
    let made = compile(folder)?;
    put(&made, out)
}

/// It answers `rustc 1.95.0 (59807616e 2026-04-14)`.
fn check(folder: &Path) -> Result<(), BuildError> {
    let answer = RUSTC.ask(folder, &["--version"])?;
    let found = answer.split_whitespace().nth(1).unwrap_or_default();
    if is_at_least(found, OLDEST) {
        return Ok(());
    }
    Err(BuildError::TooOld {
        tool: "Rust",
        found: answer,
        needed: "1.95",
        remedy: "run `rustup update`, and look into a rust-toolchain.toml that names another",
    })
}

/// Where rustup did not install the target with the toolchain, asks it to.
fn require_target(folder: &Path) -> Result<(), BuildError> {
    let libraries = RUSTC.ask(folder, &["--print", "target-libdir", "--target", TARGET])?;
    if Path::new(&libraries).is_dir() {
        return Ok(());
    }
    add_target(folder).map_err(|why| BuildError::NoTarget {
        target: TARGET,
        why: Box::new(why),
    })
}

fn add_target(folder: &Path) -> Result<(), BuildError> {
    RUSTUP.ask(folder, &["--version"])?;
    eprintln!("conjoin: installing the Rust target {TARGET}, which policies are built for");
    run(&mut RUSTUP.command(folder, &["target", "add", TARGET]))
}

/// The last component that cargo made: a policy has one library.
fn compile(folder: &Path) -> Result<PathBuf, BuildError> {
    let mut cargo = cargo(folder);
    let named = name(&cargo);
    let cannot = |error| BuildError::NoComponent(format!("cannot run `{named}`: {error}"));
    let mut child = cargo.stdout(Stdio::piped()).spawn().map_err(cannot)?;
    let made = child
        .stdout
        .take()
        .and_then(|messages| component(BufReader::new(messages)));
    ended(named, child.wait())?;
    made.ok_or_else(|| {
        let why = "cargo made no component: the library in Cargo.toml needs `crate-type = [\"cdylib\"]`";
        BuildError::NoComponent(why.to_owned())
    })
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = CARGO.command(folder, &["build", "--release", "--lib", "--target", TARGET]);
    // For people on standard error, for this on standard output.
    cargo.arg("--message-format=json-render-diagnostics");
    for variable in FLAGS_OF_THE_CALLER {
        cargo.env_remove(variable);
    }
    cargo.args(["--config", &remapping(folder)]);
    cargo
}

/// Beside the project's own flags: panic messages name source files, and where those lie on this machine must not reach the component.
fn remapping(folder: &Path) -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let maps = [(home, "/cargo"), (Some(folder.to_owned()), "/policy")];
    let flags = maps.into_iter().filter_map(|(from, to)| {
        let flag = format!("--remap-path-prefix={}={to}", from?.to_str()?);
        // A text in JSON is a text in TOML.
        serde_json::to_string(&flag).ok()
    });
    format!("target.{TARGET}.rustflags=[{}]", flags.collect::<Vec<_>>().join(","))
}

/// Reads to the end, so that cargo never waits for a reader.
fn component(messages: impl BufRead) -> Option<PathBuf> {
    let artifacts = messages.lines().map_while(Result::ok).filter_map(|line| {
        let message: Message = serde_json::from_str(&line).ok()?;
        (message.reason == "compiler-artifact").then_some(message.filenames)
    });
    let is_component = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
    artifacts.flatten().filter(is_component).last()
}

/// Beside its place first: whoever watches it never reads half of one. What an interrupted build left there is overwritten by the next.
fn put(made: &Path, out: &Path) -> Result<(), BuildError> {
    let mut part = out.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let placed = fs::copy(made, &part).and_then(|_| fs::rename(&part, out));
    placed.map_err(|source| {
        // That it cannot be written is said; there is nothing to add when it cannot be removed either.
        drop(fs::remove_file(&part));
        BuildError::file(out, source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_component_that_cargo_names_is_the_policy() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","filenames":["/t/libserde.rlib"]}"#,
            "\n",
            r#"{"reason":"build-script-executed","filenames":["/t/other.wasm"]}"#,
            "\n",
            "no message\n",
            r#"{"reason":"compiler-artifact","filenames":["/t/my_policy.wasm"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
            "\n",
        );
        assert_eq!(component(messages.as_bytes()), Some(PathBuf::from("/t/my_policy.wasm")));
        assert_eq!(component("".as_bytes()), None);
    }

    #[test]
    fn a_folder_with_a_quote_is_still_a_text() {
        let flag = remapping(Path::new("/a \"b\"/c"));
        assert!(flag.contains(r#""--remap-path-prefix=/a \"b\"/c=/policy""#), "{flag}");
    }
}
