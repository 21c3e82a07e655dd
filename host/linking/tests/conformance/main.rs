//! The conformance set over real components: every policy that ships passes it, and a policy with one fault fails the item that is about it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "../../../engine/tests/hostile/built.rs"]
mod built;
mod faults;

use std::sync::OnceLock;

use conjoin_engine::{Engine, EngineConfig, Limits, Policy};
use conjoin_linking::bag::Metadata;
use conjoin_linking::conformance::{self, Report, Terms, Verdict};
use conjoin_linking::tenant::Guards;
use serde_json::{Value, json};

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(EngineConfig::default().slots(4)).unwrap())
}

/// Under the default guards.
fn examine(policy: &Policy, settings: Value, limits: &Limits) -> Report {
    let settings: Metadata = settings.as_object().unwrap().clone();
    let terms = Terms {
        settings: &settings,
        guards: &Guards::default(),
        limits,
    };
    conformance::run(policy, terms)
}

fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report.items.iter().filter(|item| item.verdict.is_failure());
    failed.map(|item| item.name).collect()
}

fn not_applicable(report: &Report) -> Vec<&'static str> {
    let skipped = report
        .items
        .iter()
        .filter(|item| matches!(item.verdict, Verdict::NotApplicable { .. }));
    skipped.map(|item| item.name).collect()
}

#[test]
fn every_shipped_policy_passes_under_each_of_its_settings() {
    for shipped in conjoin_policies::shipped() {
        let policy = engine().load(shipped.component).unwrap();
        for settings in settings(shipped.name) {
            let report = examine(&policy, settings.clone(), &Limits::default());
            assert!(report.passed(), "{} {settings}: {:#?}", shipped.name, report.items);
            let skipped = not_applicable(&report);
            // One refuses where accounts differ, and of every kind there is a pair that does not.
            let expected = if shipped.name == "cautious" {
                vec![]
            } else {
                vec!["refusals-are-well-formed"]
            };
            assert_eq!(skipped, expected, "{} {settings}", shipped.name);
            assert!(
                report
                    .items
                    .iter()
                    .all(|item| item.cost.fuel <= Limits::default().fuel())
            );
        }
    }
}

fn settings(policy: &str) -> Vec<Value> {
    let mut all = vec![json!({})];
    all.extend(match policy {
        "joined" => vec![
            json!({"arrays": "union", "primary": "oldest"}),
            json!({"arrays": "primary", "app_metadata": "keep-primary"}),
        ],
        "oldest-primary" => vec![json!({"app_metadata": "keep-primary"})],
        "cautious" => vec![json!({"primary": "oldest"})],
        _ => vec![],
    });
    all
}

/// The whole set is bounded, not only each call: what cannot be reached any more says why.
#[test]
fn a_policy_that_loops_spends_what_the_whole_set_may() {
    let policy = engine().load(built::hostile()).unwrap();
    let limits = Limits::builder().fuel(20_000_000).build().unwrap();
    let report = examine(&policy, json!({"do": "loop"}), &limits);
    let why = |name: &str| {
        let item = report.items.iter().find(|item| item.name == name).unwrap();
        match &item.verdict {
            Verdict::Failed { why } => why.join("\n"),
            other => panic!("{name}: {other:?}"),
        }
    };
    assert!(why("answers").contains("budget-exceeded"), "{}", why("answers"));
    assert!(why("large-bags").contains("the whole set"), "{}", why("large-bags"));
}

/// Where the tenant allows it, a policy may do more.
#[test]
fn the_guards_are_the_tenants() {
    let policy = engine().load(faults::component()).unwrap();
    let settings = json!({"fault": "invents"});
    let guards = Guards {
        computed: vec!["app_metadata/linked".parse().unwrap()],
        ..Guards::default()
    };
    let terms = Terms {
        settings: settings.as_object().unwrap(),
        guards: &guards,
        limits: &Limits::default(),
    };
    assert!(conformance::run(&policy, terms).passed());
    assert!(!examine(&policy, settings, &Limits::default()).passed());
}

#[test]
fn the_report_is_data() {
    let policy = engine().load(conjoin_policies::JOINED.component).unwrap();
    let report = serde_json::to_value(examine(&policy, json!({}), &Limits::default())).unwrap();
    let first = &report["items"][0];
    assert_eq!(
        (&first["name"], &first["verdict"]),
        (&json!("answers"), &json!("passed"))
    );
    assert!(first["fuel"].as_u64().unwrap() > 0 && first["memory_bytes"].as_u64().unwrap() > 0);
}
