//! The README's examples are read by the program, and name everything that it reads.

use conjoin_dev_tenant::{Config, FaultRule};
use reqwest::Method;
use serde_json::json;
use toml::Table;

use crate::support::start;

const README: &str = include_str!("../../README.md");

/// The fenced blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let starts = README.split(&fence).skip(1);
    starts.map(|block| block.split("```").next().unwrap()).collect()
}

/// The names that serde lists when it meets one that it does not know.
fn expected_names(error: &str) -> Vec<&str> {
    let (_, list) = error.split_once("expected one of").unwrap();
    list.split('`').skip(1).step_by(2).collect()
}

/// The tables of a section: `[[name]]`, `[name]`, or the whole example.
fn tables<'a>(example: &'a Table, section: &str) -> Vec<&'a Table> {
    match example.get(section.trim_matches(['[', ']'])) {
        Some(toml::Value::Array(tables)) => tables.iter().filter_map(toml::Value::as_table).collect(),
        Some(toml::Value::Table(table)) => vec![table],
        _ if section.is_empty() => vec![example],
        _ => Vec::new(),
    }
}

#[test]
fn every_toml_example_is_a_configuration_and_together_they_name_every_key() {
    let examples = blocks("toml");
    assert!(!examples.is_empty());
    for example in &examples {
        toml::from_str::<Config>(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
    let examples: Vec<Table> = examples.iter().map(|example| example.parse().unwrap()).collect();
    for section in [
        "",
        "[[clients]]",
        "[[connections]]",
        "[[organizations]]",
        "[[resource_servers]]",
        "[unconfirmed]",
    ] {
        let refused = toml::from_str::<Config>(&format!("{section}\nnonsense = 1"));
        let refused = refused.unwrap_err().to_string();
        let keys = expected_names(&refused);
        assert!(keys.len() > 2, "{section}: {keys:?}");
        let tables = examples.iter().flat_map(|example| tables(example, section));
        let tables: Vec<&Table> = tables.collect();
        for key in keys {
            assert!(
                tables.iter().any(|table| table.contains_key(key)),
                "no TOML example has {key} in {section:?}"
            );
        }
    }
}

#[test]
fn every_list_of_rules_that_curl_sends_is_one_and_every_key_of_a_rule_is_explained() {
    let bodies: Vec<&str> = README
        .split("-d '[")
        .skip(1)
        .map(|rest| rest.split("]'").next().unwrap())
        .collect();
    assert!(bodies.len() > 5);
    for body in bodies {
        let rules = format!("[{body}]");
        serde_json::from_str::<Vec<FaultRule>>(&rules).unwrap_or_else(|error| panic!("{error}\n{rules}"));
    }
    let refused = serde_json::from_value::<FaultRule>(json!({"nonsense": 1}))
        .unwrap_err()
        .to_string();
    for key in expected_names(&refused) {
        assert!(
            README.contains(&format!("| `{key}`")),
            "no row of the table explains {key}"
        );
    }
}

#[tokio::test]
async fn every_switch_is_explained() {
    let running = start().await;
    let answer = running
        .send(Method::PUT, "_dev/oidc", None, Some(json!({"nonsense": 1})))
        .await;
    assert_eq!(answer.status, 422);
    for switch in expected_names(answer.body.as_str().unwrap()) {
        assert!(
            README.contains(&format!("| `{switch}`")),
            "no row of the table explains {switch}"
        );
    }
}
