//! Builds the hostile guest, once a process, and others like it. Included by path from every crate whose tests need it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "wasm32-wasip2";

/// The component's bytes.
pub fn hostile() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| std::fs::read(hostile_path()).expect("the guest was just built"))
}

/// Builds the component and says where it lies.
pub fn hostile_path() -> PathBuf {
    build("host/engine/tests/hostile", "hostile")
}

/// Builds a guest, a crate of its own in a folder of the workspace, and says where its component lies.
pub fn build(folder: &str, name: &str) -> PathBuf {
    let root = workspace();
    let target = root.join("target/fixtures");
    require_target(&root);
    let mut cargo = Command::new("cargo");
    clean(&mut cargo);
    cargo.current_dir(root.join(folder));
    cargo
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(&target);
    let output = cargo.output().expect("cargo runs");
    assert!(
        output.status.success(),
        "the {name} guest: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    target.join(TARGET).join(format!("release/{name}.wasm"))
}

fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = own.ancestors().find(|folder| folder.join("wit/policy.wit").is_file());
    root.expect("the crate lies in the workspace").to_owned()
}

/// What the outer cargo, clippy or a caller sets would reach the inner build and change what is built.
fn clean(cargo: &mut Command) {
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        let kept = matches!(
            name.as_ref(),
            "CARGO_HOME" | "CARGO_NET_OFFLINE" | "RUSTUP_HOME" | "RUSTUP_TOOLCHAIN"
        );
        if !kept && (name.starts_with("CARGO") || name.starts_with("RUSTC") || name.ends_with("RUSTFLAGS")) {
            cargo.env_remove(&variable);
        }
    }
}

/// The toolchain file names the target; a rustup that has not read it yet is asked.
fn require_target(root: &Path) {
    let libraries = Command::new("rustc")
        .current_dir(root)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let present = libraries.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    if !present {
        let added = Command::new("rustup")
            .current_dir(root)
            .args(["target", "add", TARGET])
            .status();
        assert!(
            added.is_ok_and(|status| status.success()),
            "run `rustup target add {TARGET}`"
        );
    }
}
