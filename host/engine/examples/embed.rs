//! Runs a policy's `merge` on two small accounts: all that an embedder of the engine needs, in one file.
//!
//! ```sh
//! cargo run -p conjoin-engine --example embed -- path/to/policy.wasm
//! ```

use std::error::Error;

use conjoin_engine::{Account, Engine, EngineConfig, Event, Identity, Limits};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: embed POLICY.wasm")?;

    // Once per process. As many slots as threads that will call policies.
    let engine = Engine::new(EngineConfig::default().slots(4))?;

    // Once per policy version: checks, compiles, and asks what it is. A refusal prints as a report for the policy's author.
    let policy = engine.load(&std::fs::read(path)?)?;
    let description = policy.description();
    println!("{} {} ({})", description.name, description.version, policy.digest());

    // Once per decision, on a thread that may block.
    let limits = Limits::default();
    let primary = account("auth0", "ada", r#"{"theme":"dark","languages":["en"]}"#);
    let secondary = account("google-oauth2", "1001", r#"{"languages":["fr"],"newsletter":true}"#);
    let decision = policy.merge(&event(), &primary, &secondary, &limits);

    match &decision.outcome {
        Ok(plan) => println!(
            "user_metadata: {}\napp_metadata: {}",
            plan.user_metadata, plan.app_metadata
        ),
        Err(ending) => println!("not linked ({}): {ending}", ending.code()),
    }
    let usage = decision.usage;
    println!(
        "fuel {:?}, {} us, {} bytes of memory",
        usage.fuel, usage.micros, usage.peak_memory_bytes
    );
    for entry in &decision.log.entries {
        println!("{:?}: {}", entry.level, entry.message);
    }
    Ok(())
}

/// Time and chance come with the event, and so does everything else a decision may depend on.
fn event() -> Event {
    Event {
        transaction_id: "example".into(),
        tenant: "example".into(),
        client_id: "example".into(),
        organization: None,
        now: "2026-01-01T00:00:00Z".into(),
        seed: "00000000000000000000000000000000".into(),
        settings: "{}".into(),
        context: "{}".into(),
    }
}

fn account(provider: &str, id: &str, user_metadata: &str) -> Account {
    let identity = Identity {
        connection: provider.into(),
        provider: provider.into(),
        user_id: id.into(),
        is_social: provider != "auth0",
        profile: "{}".into(),
    };
    Account {
        user_id: format!("{provider}|{id}"),
        email: Some("ada@example.com".into()),
        email_verified: true,
        created_at: Some("2024-01-01T00:00:00.000Z".into()),
        last_login: None,
        logins_count: 1,
        identities: vec![identity],
        profile: "{}".into(),
        user_metadata: user_metadata.into(),
        app_metadata: "{}".into(),
    }
}
