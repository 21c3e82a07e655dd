//! A tenant's settings against what its policy declares.

mod cost;

use conjoin_engine::Policy;
use jsonschema::PatternOptions;
use serde_json::{Map, Value};

/// How many mistakes are told at once.
const MAX_FINDINGS: usize = 10;

/// The most bytes that settings may have as JSON. They go into every question.
const MAX_BYTES: usize = 64 * 1024;

/// The most bytes of a compiled pattern. A few characters can ask for gigabytes.
const MAX_PATTERN: usize = 1 << 20;

/// Checks settings against the JSON Schema of the policy's description (the contract's `settings-schema`), so that a policy only ever sees settings that it knows.
///
/// The schema is a stranger's: what checking would cost is bounded before it is done, and patterns are of bounded size and matched in linear time. Not for a thread that
/// serves people, even so.
///
/// # Errors
/// Every mistake with its place; or that the schema itself is none, or too costly.
pub fn check(policy: &Policy, settings: &Map<String, Value>) -> anyhow::Result<()> {
    let description = policy.description();
    let settings = Value::Object(settings.clone());
    anyhow::ensure!(
        settings.to_string().len() <= MAX_BYTES,
        "the settings have more than {MAX_BYTES} bytes"
    );
    let invalid = |why: String| {
        anyhow::anyhow!(
            "the settings schema of the policy `{}` is not valid: {why}",
            description.name
        )
    };
    let schema: Value = serde_json::from_str(&description.settings_schema)?;
    cost::check(&schema, &settings).map_err(|problem| invalid(problem.to_string()))?;
    // References to other documents are not followed: nothing is fetched on a component's word.
    let validator = jsonschema::options()
        .with_pattern_options(
            PatternOptions::regex()
                .size_limit(MAX_PATTERN)
                .dfa_size_limit(MAX_PATTERN),
        )
        .build(&schema)
        .map_err(|error| invalid(error.to_string()))?;
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
