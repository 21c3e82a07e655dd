//! What a component may say of itself.

use crate::contract::{Description, Reason};
use crate::rejection::{Finding, Rejection, RejectionReason};

/// The longest `settings-schema`, in bytes. Hosts check every settings object against it.
const MAX_SCHEMA_BYTES: usize = 64 * 1024;

/// Checks a description, naming every fault at once.
pub(crate) fn check(description: &Description) -> Result<(), Rejection> {
    let mut findings = Vec::new();
    if !is_name(&description.name, |character| character == '-') {
        let remedy = "use 1 to 64 lower-case letters, digits and hyphens";
        findings.push(Finding::new(
            "describe: name",
            format!("{:?} is no policy name", cut(&description.name)),
            remedy,
        ));
    }
    if description.version.is_empty() || description.version.chars().count() > 64 {
        let remedy = "give the version 1 to 64 characters";
        findings.push(Finding::new("describe: version", "it is empty or too long", remedy));
    }
    if description.summary.chars().count() > 300 {
        let remedy = "say it in one sentence of at most 300 characters";
        findings.push(Finding::new("describe: summary", "it is too long", remedy));
    }
    if description.settings_schema.len() > MAX_SCHEMA_BYTES {
        let problem = format!("it has more than {MAX_SCHEMA_BYTES} bytes");
        let remedy = "describe the settings with a smaller JSON Schema";
        findings.push(Finding::new("describe: settings-schema", problem, remedy));
    } else if !is_schema(&description.settings_schema) {
        let remedy = "answer a JSON Schema object; `{}` allows any settings";
        findings.push(Finding::new(
            "describe: settings-schema",
            "it is not a JSON object",
            remedy,
        ));
    }
    check_reasons(&description.reasons, &mut findings);
    if findings.is_empty() {
        Ok(())
    } else {
        Err(Rejection::new(RejectionReason::Description, findings))
    }
}

fn check_reasons(reasons: &[Reason], findings: &mut Vec<Finding>) {
    if reasons.len() > 1_000 {
        findings.push(Finding::new(
            "describe: reasons",
            "there are more than 1,000",
            "declare fewer reasons",
        ));
        return;
    }
    for reason in reasons {
        let item = format!("describe: reason {:?}", cut(&reason.code));
        if !is_name(&reason.code, |character| character == '_' || character == '-') {
            let remedy = "use 1 to 64 lower-case letters, digits, `_` and `-`";
            findings.push(Finding::new(&item, "its code is ill-formed", remedy));
        } else if !reasons
            .iter()
            .any(|other| other.code == reason.code && other.locale == "en")
        {
            let remedy = "add its text for the locale `en`; other languages fall back to it";
            findings.push(Finding::new(&item, "it has no English text", remedy));
        }
    }
    findings.dedup();
}

fn is_name(text: &str, also: impl Fn(char) -> bool) -> bool {
    let allowed = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || also(character);
    (1..=64).contains(&text.len()) && text.chars().all(allowed)
}

fn is_schema(text: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
}

/// A component's own words, short enough for a report.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Description {
        Description {
            name: "joined".into(),
            version: "1.0.0".into(),
            summary: "Joins.".into(),
            settings_schema: "{}".into(),
            reasons: vec![Reason {
                code: "same-email".into(),
                locale: "en".into(),
                text: "Same address".into(),
            }],
        }
    }

    fn items(description: &Description) -> Vec<String> {
        let rejection = check(description).unwrap_err();
        rejection
            .findings()
            .iter()
            .map(|finding| finding.item.clone())
            .collect()
    }

    #[test]
    fn a_sound_description_passes() {
        check(&description()).unwrap();
    }

    #[test]
    fn a_settings_schema_has_a_largest_size() {
        let mut long = description();
        long.settings_schema = format!(r#"{{"description": "{}"}}"#, "x".repeat(MAX_SCHEMA_BYTES));
        assert_eq!(items(&long), ["describe: settings-schema"]);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut bad = description();
        bad.name = "No Name".into();
        bad.version.clear();
        bad.settings_schema = "[]".into();
        bad.reasons.push(Reason {
            code: "only-german".into(),
            locale: "de".into(),
            text: "x".into(),
        });
        bad.reasons.push(Reason {
            code: "Bad!".into(),
            locale: "en".into(),
            text: "x".into(),
        });
        assert_eq!(
            items(&bad),
            [
                "describe: name",
                "describe: version",
                "describe: settings-schema",
                "describe: reason \"only-german\"",
                "describe: reason \"Bad!\""
            ]
        );
    }
}
