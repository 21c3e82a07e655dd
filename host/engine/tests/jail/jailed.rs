//! Engines with a jail, whose child is the example `jailed`.

use std::path::PathBuf;
use std::sync::OnceLock;

use conjoin_engine::{Engine, EngineConfig, Jail, JailLimits};

/// The example that `cargo test` builds beside this test.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap().join("examples/jailed");
    assert!(
        built.exists(),
        "{} is not built: run `cargo build -p conjoin-engine --examples` first, or tests/run",
        built.display()
    );
    built
}

pub fn jail() -> Jail {
    Jail::new(program()).argument("compile-policy")
}

/// The jail under other limits, whatever the size of the component.
pub fn limited(limits: JailLimits) -> Engine {
    in_jail(jail().limits(limits, limits))
}

pub fn in_jail(jail: Jail) -> Engine {
    Engine::new(EngineConfig::default().slots(1).jail(jail)).unwrap()
}

/// One for all tests, with the limits that hosts have.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| in_jail(jail()))
}
