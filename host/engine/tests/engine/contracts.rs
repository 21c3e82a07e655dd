//! What was built for a release of the contract runs for as long as its major version does. One component of each release is kept beside this folder, as it was built then,
//! and is never built again. `1.0.0.wasm` is the policy `oldest-primary`.

use std::collections::BTreeSet;

use conjoin_engine::{Limits, Side};

use crate::samples::{account, candidate, engine, event};

/// The releases whose components are kept, with their bytes. A new release of the contract is one more line.
const RELEASES: [(&str, &[u8]); 1] = [("1.0.0", include_bytes!("../contracts/1.0.0.wasm"))];

#[test]
fn what_was_built_for_a_release_of_the_contract_still_runs() {
    for (release, component) in RELEASES {
        let policy = engine()
            .load(component)
            .unwrap_or_else(|error| panic!("{release}: {error}"));
        let description = policy.description();
        assert_eq!(description.name, "oldest-primary", "{release}");
        assert!(
            !description.reasons.is_empty() && description.settings_schema.contains("app_metadata"),
            "{release}"
        );

        let limits = Limits::default();
        let mut found = candidate("google-oauth2|1001");
        found.created_at = Some("2020-01-01T00:00:00.000Z".into());
        let offered = policy.select_candidates(&event("{}"), &account("auth0|ada"), &[found], &limits);
        let offered = offered.outcome.unwrap();
        assert_eq!(offered.len(), 1, "{release}");
        assert_eq!(
            (offered[0].user_id.as_str(), offered[0].primary),
            ("google-oauth2|1001", Side::Found),
            "{release}: the older one survives"
        );

        let mut secondary = account("google-oauth2|1001");
        secondary.user_metadata = r#"{"language":"it"}"#.into();
        secondary.app_metadata = r#"{"plan":"gold"}"#.into();
        let settings = event(r#"{"app_metadata":"keep-primary"}"#);
        let plan = policy
            .merge(&settings, &account("auth0|ada"), &secondary, &limits)
            .outcome
            .unwrap();
        assert!(
            plan.user_metadata.contains("/language"),
            "{release}: {}",
            plan.user_metadata
        );
        assert_eq!(plan.app_metadata, "[]", "{release}: as the settings say");

        let nonsense = event(r#"{"app_metadata":"sell"}"#);
        let refused = policy.merge(&nonsense, &account("auth0|ada"), &secondary, &limits);
        assert_eq!(refused.outcome.unwrap_err().code(), "broken", "{release}");
    }
}

/// The version that `wit/policy.wit` has now is among them: whoever changes it keeps a component of the one before.
#[test]
fn the_present_release_is_among_them() {
    let wit = include_str!("../../../../wit/policy.wit");
    let version = wit
        .lines()
        .find_map(|line| line.strip_prefix("package conjoin:policy@"));
    let version = version.unwrap().trim_end_matches(';');
    let kept: BTreeSet<&str> = RELEASES.iter().map(|(release, _)| *release).collect();
    assert!(kept.contains(version), "no component of {version} is kept");
}
