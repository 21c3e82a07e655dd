//! Links at each stage.

use conjoin_auth0::UserId;
use conjoin_linking::journal::{DecisionRecord, Journal};
use conjoin_linking::plan::KnownIdentity;
use conjoin_linking::record::{LinkId, Record, Stage, Tries};
use serde_json::{Value, json};

use crate::database::{now, tenant};

/// A value that must never stand readable in the database.
pub const PRIVATE: &str = "lives-in-Turin";

pub fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

/// A new link of tenant `acme` that waits for the person.
pub fn record(id: &str) -> Record {
    Record {
        id: LinkId(id.to_owned()),
        tenant: tenant("acme"),
        version: 1,
        initiator: user("auth0|ada"),
        session: "session".to_owned(),
        created_at: now(),
        expires_at: now() + 1800,
        stage: requested(),
        tries: Tries::default(),
        taken_up: false,
    }
}

/// The same link with both originals recorded.
pub fn at(id: &str, stage: Stage) -> Record {
    Record { stage, ..record(id) }
}

/// Where a session store's `create` is in scope as well.
pub async fn keep(journal: &impl Journal, record: &Record) {
    journal.create(record).await.unwrap();
}

pub async fn kept(journal: &impl Journal, id: &str) -> Option<Record> {
    journal.load(&tenant("acme"), &LinkId(id.to_owned())).await.unwrap()
}

pub fn requested() -> Stage {
    from(json!({
        "stage": "requested", "target": "google-oauth2|1001", "connection": "google-oauth2", "survivor": "current", "policy": {"policy": "digest", "settings": "digest"},
        "transaction": { "id": "1", "now": 1, "seed": "00" }, "organization": null,
    }))
}

/// `stage` is one of those that hold the whole work: `confirmed`, `metadata_written`, `linked`, `done`.
pub fn work(stage: &str) -> Stage {
    let mut work = confirmed();
    work["stage"] = json!(stage);
    from(work)
}

pub fn attention(stuck: Stage) -> Stage {
    Stage::NeedsAttention {
        what: "unclear".to_owned(),
        stuck: Box::new(stuck),
    }
}

pub fn rolled_back() -> Stage {
    from(
        json!({ "stage": "rolled_back", "cause": { "refused": "by the tenant" }, "left_alone": [], "work": confirmed() }),
    )
}

/// The end of taking apart what [`work`] joins.
pub fn unlinked() -> Stage {
    from(json!({
        "stage": "unlinked", "tenant": "acme", "primary": snapshot("auth0", "ada", "Username-Password-Authentication"), "identity": joined(),
        "link": "1", "restored": { "user_metadata": {}, "app_metadata": {} }, "user_metadata": {}, "app_metadata": {}, "stays": [],
    }))
}

/// The identity that [`work`] joins to `auth0|ada`.
pub fn joined() -> KnownIdentity {
    KnownIdentity {
        provider: "google-oauth2".to_owned(),
        user_id: "1001".to_owned(),
        connection: "google-oauth2".to_owned(),
    }
}

/// A decision whose policy said `message`.
pub fn decision(message: &str) -> DecisionRecord {
    let decision = json!({
        "transaction": "1", "hook": "merge", "policy": "digest", "ending": "answered", "detail": null, "fuel": u64::MAX, "micros": 1,
        "log": { "entries": [{ "level": "info", "message": message }], "truncated": false },
    });
    serde_json::from_value(decision).unwrap()
}

/// The same stage of two other people's accounts: `auth0|grace` and `google-oauth2|2002`.
pub fn of_grace(stage: &Stage) -> Stage {
    let text = serde_json::to_string(stage).unwrap();
    let text = text
        .replace("auth0|ada", "auth0|grace")
        .replace("\"user_id\":\"ada\"", "\"user_id\":\"grace\"");
    serde_json::from_str(&text.replace("1001", "2002")).unwrap()
}

fn confirmed() -> Value {
    let primary = snapshot("auth0", "ada", "Username-Password-Authentication");
    let secondary = snapshot("google-oauth2", "1001", "google-oauth2");
    let guarded = json!({ "result": {}, "changes": {}, "discarded": [], "kept_out": [], "unstorable": [] });
    let proof = |subject: &str| {
        json!({
            "subject": subject, "connection": null, "auth_time": 1, "issued_at": 1, "received_at": 1, "amr": [], "organization": null,
        })
    };
    let original = |account: &Value| {
        json!({
            "account": account, "profile": { "city": PRIVATE }, "created_at": null, "last_login": null, "logins_count": 3,
        })
    };
    json!({
        "plan": {
            "tenant": "acme", "initiator": "auth0|ada", "survivor": "current", "policy": "digest", "rules": "digest",
            "primary": primary, "secondary": secondary, "user_metadata": guarded, "app_metadata": guarded,
        },
        "proofs": [proof("auth0|ada"), proof("google-oauth2|1001")],
        "originals": [original(&primary), original(&secondary)],
    })
}

fn snapshot(provider: &str, user_id: &str, connection: &str) -> Value {
    json!({
        "user_id": format!("{provider}|{user_id}"), "email": "ada@example.com", "email_verified": true, "blocked": false,
        "identities": [{ "provider": provider, "user_id": user_id, "connection": connection }],
        "bags": { "user_metadata": { "home": PRIVATE }, "app_metadata": {} },
    })
}

fn from(stage: Value) -> Stage {
    serde_json::from_value(stage).unwrap()
}
