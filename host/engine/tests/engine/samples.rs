//! Engines, policies and inputs that the tests share.

use std::sync::OnceLock;

use conjoin_engine::{Account, Candidate, Decision, Engine, EngineConfig, Event, Identity, Limits, Plan, Policy};

use crate::built;

/// One engine for all tests: what one test's policy does must not disturb another's.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(EngineConfig::default().slots(8)).unwrap())
}

/// The guest that does what the settings say.
pub fn hostile() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(|| engine().load(built::hostile()).unwrap())
}

pub fn event(settings: &str) -> Event {
    Event {
        transaction_id: "t-1".into(),
        tenant: "test".into(),
        client_id: "conjoin-dev".into(),
        organization: None,
        now: "2026-11-22T10:20:30Z".into(),
        seed: "000102030405060708090a0b0c0d0e0f".into(),
        settings: settings.into(),
        context: "{}".into(),
    }
}

pub fn account(user_id: &str) -> Account {
    let (provider, id) = user_id.split_once('|').unwrap();
    Account {
        user_id: user_id.into(),
        email: Some("ada@example.com".into()),
        email_verified: true,
        created_at: Some("2024-01-01T00:00:00.000Z".into()),
        last_login: None,
        logins_count: 3,
        identities: vec![Identity {
            connection: provider.into(),
            provider: provider.into(),
            user_id: id.into(),
            is_social: provider != "auth0",
            profile: "{}".into(),
        }],
        profile: r#"{"name":"Ada"}"#.into(),
        user_metadata: r#"{"theme":"dark"}"#.into(),
        app_metadata: "{}".into(),
    }
}

pub fn candidate(user_id: &str) -> Candidate {
    Candidate {
        user_id: user_id.into(),
        connection: "google-oauth2".into(),
        provider: "google-oauth2".into(),
        is_social: true,
        created_at: None,
        last_login: None,
        logins_count: 1,
    }
}

pub fn merge(policy: &Policy, event: &Event, limits: &Limits) -> Decision<Plan> {
    policy.merge(event, &account("auth0|ada"), &account("google-oauth2|1001"), limits)
}

/// Has the hostile guest do one thing.
pub fn provoke(behaviour: &str, limits: &Limits) -> Decision<Plan> {
    merge(hostile(), &event(&format!(r#"{{"do":"{behaviour}"}}"#)), limits)
}

/// After anything hostile, an ordinary call must answer.
pub fn assert_healthy() {
    let decision = provoke("nothing", &Limits::default());
    assert_eq!(decision.outcome.unwrap().user_metadata, "[]");
}
