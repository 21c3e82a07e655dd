//! One fault at a time, and the items that find it.

use std::sync::OnceLock;

use conjoin_engine::{Limits, Policy};
use serde_json::json;

use crate::{built, engine, examine, failed, not_applicable};

/// A fault, and every item that it fails.
const FAULTS: [(&str, &[&str]); 25] = [
    ("select-traps", &["answers"]),
    ("select-traps-with-one", &["answers"]),
    ("offers-itself-when-alone", &["offers-nothing-of-nothing"]),
    ("offers-a-stranger", &["offers-only-what-was-found"]),
    ("offers-twice", &["offers-each-once"]),
    ("offers-linked-identities", &["offers-nobody-the-host-left-out"]),
    ("offers-what-metadata-names", &["offers-nobody-the-host-left-out"]),
    ("free-text-reason", &["gives-declared-reasons"]),
    ("writes-the-root", &["plans-are-well-formed"]),
    ("forgets-to-discard", &["accounts-for-every-key"]),
    ("invents", &["invents-nothing"]),
    ("removes", &["removes-nothing"]),
    ("copies-the-nickname", &["leaves-identities-alone"]),
    ("breaks-on-empty", &["empty-bags"]),
    ("breaks-on-null", &["null-values"]),
    ("breaks-on-depth", &["deep-bags"]),
    ("normalises-text", &["unicode"]),
    ("forgets-to-escape", &["keys-that-need-escaping"]),
    ("skips-proto", &["keys-with-a-meaning"]),
    ("skips-dotted-keys", &["keys-auth0-cannot-store"]),
    ("truncates-numbers", &["large-numbers"]),
    ("slow-with-many-keys", &["many-keys"]),
    ("breaks-on-size", &["large-bags"]),
    ("breaks-without-dates", &["unknown-facts"]),
    ("refuses-without-form", &["refusals-are-well-formed"]),
];

/// The policy with the faults.
pub fn component() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| std::fs::read(built::build("host/linking/tests/faulty", "faulty")).unwrap())
}

fn policy() -> Policy {
    engine().load(component()).unwrap()
}

/// Little enough that a loop ends soon, enough for a megabyte.
fn limits() -> Limits {
    Limits::builder().fuel(600_000_000).build().unwrap()
}

#[test]
fn without_a_fault_everything_passes() {
    let report = examine(&policy(), json!({}), &limits());
    assert!(report.passed(), "{:#?}", report.items);
}

#[test]
fn each_fault_is_found_by_the_item_about_it() {
    let policy = policy();
    let mut wrong = Vec::new();
    for (fault, items) in FAULTS {
        let report = examine(&policy, json!({ "fault": fault }), &limits());
        if failed(&report) != items {
            wrong.push(format!("{fault}: {:?}", failed(&report)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_item_but_the_one_no_component_can_fail_has_its_fault() {
    let report = examine(&policy(), json!({}), &limits());
    let found: Vec<_> = FAULTS.iter().flat_map(|(_, items)| *items).collect();
    let without: Vec<_> = report
        .items
        .iter()
        .map(|item| item.name)
        .filter(|name| !found.contains(&name))
        .collect();
    assert_eq!(without, ["same-answer-twice"]);
}

#[test]
fn a_policy_that_refuses_everything_in_form_passes_with_nothing_to_judge() {
    let report = examine(&policy(), json!({"fault": "refuses-everything"}), &limits());
    assert!(report.passed(), "{:#?}", report.items);
    assert!(not_applicable(&report).contains(&"large-bags"));
    let report = examine(&policy(), json!({"fault": "refuses-without-words"}), &limits());
    assert_eq!(failed(&report), ["refusals-are-well-formed"]);
}
