//! A component to core modules and the JavaScript between them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::anyhow;
use js_component_bindgen::{InstantiationMode, TranspileOpts};

/// What the transpiler's files are called.
const NAME: &str = "policy";

/// The files, by their names: one of JavaScript, and the core modules.
///
/// Instances are made synchronously, by a function: the package makes one for every call.
pub(super) fn transpile(component: &[u8]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let options = TranspileOpts::builder()
        .name(NAME.to_owned())
        .instantiation_mode(InstantiationMode::Sync)
        .no_typescript(true)
        .nodejs_compat_disabled(true)
        .build();
    // It was written as a build tool, which may panic at what it does not expect.
    let transpiled = catch_unwind(AssertUnwindSafe(|| js_component_bindgen::transpile(component, options)));
    Ok(transpiled.map_err(|_| anyhow!("the transpiler panicked"))??.files)
}
