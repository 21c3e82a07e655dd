//! A tenant's settings against what its policy declares.

use conjoin_engine::Policy;
use serde_json::{Map, Value};

/// How many mistakes are told at once.
const MAX_FINDINGS: usize = 10;

/// Checks settings against the JSON Schema of the policy's description (the contract's `settings-schema`), so that a policy only ever sees settings that it knows.
///
/// # Errors
/// Every mistake with its place; or that the schema itself is none.
pub fn check(policy: &Policy, settings: &Map<String, Value>) -> anyhow::Result<()> {
    let description = policy.description();
    let schema: Value = serde_json::from_str(&description.settings_schema)?;
    // References to other documents are not followed: nothing is fetched on a component's word.
    let validator = jsonschema::validator_for(&schema).map_err(|error| {
        anyhow::anyhow!(
            "the settings schema of the policy `{}` is not valid: {error}",
            description.name
        )
    })?;
    let settings = Value::Object(settings.clone());
    let findings: Vec<String> = validator
        .iter_errors(&settings)
        .take(MAX_FINDINGS)
        .map(|error| format!("{}: {error}", place(&error.instance_path().to_string())))
        .collect();
    anyhow::ensure!(
        findings.is_empty(),
        "the settings are not what the policy `{}` takes:\n  {}",
        description.name,
        findings.join("\n  ")
    );
    Ok(())
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "settings" } else { pointer }
}
