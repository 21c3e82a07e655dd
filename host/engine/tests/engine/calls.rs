//! What a healthy policy is given and gives.

use conjoin_engine::{Limits, PolicyDigest, Side};

use crate::built;
use crate::samples::{account, candidate, event, hostile};

#[test]
fn the_description_and_the_digest_are_known_after_loading() {
    let policy = hostile();
    assert_eq!(policy.description().name, "hostile");
    assert_eq!(policy.description().reasons[0].code, "same-email");
    assert_eq!(*policy.digest(), PolicyDigest::of(built::hostile()));
    assert_eq!(
        format!("{policy:?}"),
        format!("Policy {{ name: \"hostile\", digest: {}, .. }}", policy.digest())
    );
}

#[test]
fn candidates_reach_the_policy_and_its_suggestions_come_back_in_order() {
    let found = [candidate("google-oauth2|1001"), candidate("github|1002")];
    let decision = hostile().select_candidates(&event("{}"), &account("auth0|ada"), &found, &Limits::default());
    let suggestions = decision.outcome.unwrap();
    let ids: Vec<&str> = suggestions
        .iter()
        .map(|suggestion| suggestion.user_id.as_str())
        .collect();
    assert_eq!(ids, ["google-oauth2|1001", "github|1002"]);
    assert!(suggestions.iter().all(|suggestion| suggestion.primary == Side::Current));
}

#[test]
fn each_hook_can_end_badly() {
    let refuse = event(r#"{"do":"refused"}"#);
    let decision = hostile().select_candidates(&refuse, &account("auth0|ada"), &[], &Limits::default());
    assert_eq!(decision.outcome.unwrap_err().code(), "refused");
}

#[test]
fn bags_of_a_megabyte_fit_the_default_limits() {
    let mut primary = account("auth0|ada");
    primary.user_metadata = format!(r#"{{"notes":"{}"}}"#, "é".repeat(500_000));
    let mut secondary = account("google-oauth2|1001");
    secondary.app_metadata = format!(r#"{{"notes":"{}"}}"#, "x".repeat(1_000_000));
    let steal = event(r#"{"do":"steal-bag"}"#);
    let decision = hostile().merge(&steal, &primary, &secondary, &Limits::default());
    assert!(decision.outcome.unwrap().user_metadata.len() > 1_000_000);
}
