//! Links at each stage, of the accounts that the simulated tenant is seeded with.

use conjoin_auth0::User;
use conjoin_linking::clock::now;
use conjoin_linking::notice::{Notice, NoticeKind};
use conjoin_linking::plan::Snapshot;
use conjoin_linking::record::{LinkId, Original, Record, Stage, Tries};
use conjoin_linking::tenant::TenantName;
use serde_json::{Value, json};

use conjoin::store::{Channel, Message, MessageState};

/// A metadata value that must never be shown, sent or logged.
pub const PRIVATE: &str = "lives-in-Turin";

/// The same for an address, but for the mail to it.
pub const ADDRESS: &str = "ada@example.com";

pub fn tenant() -> TenantName {
    TenantName("dev".to_owned())
}

/// A link's id out of a digit.
pub fn id(digit: u8) -> LinkId {
    LinkId(format!("{digit:032x}"))
}

pub fn record(digit: u8, stage: Stage) -> Record {
    Record {
        id: id(digit),
        tenant: tenant(),
        version: 1,
        initiator: "auth0|ada".parse().unwrap(),
        session: "session".to_owned(),
        created_at: now(),
        expires_at: now() + 1800,
        stage,
        tries: Tries::default(),
        taken_up: false,
    }
}

/// Of `auth0|ada` and `google-oauth2|1001`; `stage` is one of those that hold the whole work.
pub fn work(stage: &str) -> Stage {
    let mut work = confirmed();
    work["stage"] = json!(stage);
    from(work)
}

/// The same with both accounts as the tenant has them now, so that the link can be carried on there.
pub fn work_on(stage: &str, accounts: [&User; 2]) -> Stage {
    let mut work = confirmed();
    work["stage"] = json!(stage);
    for (place, account) in accounts.into_iter().enumerate() {
        let side = ["primary", "secondary"][place];
        work["plan"][side] = json!(Snapshot::from(account));
        work["originals"][place] = json!(Original::from(account));
    }
    from(work)
}

pub fn requested() -> Stage {
    from(json!({
        "stage": "requested", "target": "google-oauth2|1001", "connection": "google-oauth2", "survivor": "current", "policy": {"policy": "digest", "settings": "digest"},
        "transaction": { "id": "1", "now": 1, "seed": "00" }, "organization": null,
    }))
}

/// What the person agreed to a moment ago while the tenant's Action waits, with both accounts as the tenant has them now.
pub fn agreed(accounts: [&User; 2]) -> Stage {
    let mut work = serde_json::to_value(work_on("confirmed", accounts)).unwrap();
    for proof in work["proofs"].as_array_mut().unwrap() {
        for time in ["auth_time", "issued_at", "received_at"] {
            proof[time] = json!(now());
        }
    }
    let proven = json!({ "request": serde_json::to_value(requested()).unwrap(), "proof": work["proofs"][1] });
    from(json!({
        "stage": "agreed", "planned": { "proven": proven, "plan": work["plan"] }, "proof": work["proofs"][0],
    }))
}

pub fn needs_attention(stuck: Stage) -> Stage {
    Stage::NeedsAttention {
        what: "the tenant did not answer".to_owned(),
        stuck: Box::new(stuck),
    }
}

/// The end of taking apart what [`work`] joins.
pub fn unlinked() -> Stage {
    from(json!({
        "stage": "unlinked", "tenant": "dev", "primary": snapshot("auth0", "ada", "Username-Password-Authentication"),
        "identity": { "provider": "google-oauth2", "user_id": "1001", "connection": "google-oauth2" },
        "link": id(1), "restored": { "user_metadata": {}, "app_metadata": {} }, "user_metadata": {}, "app_metadata": {}, "stays": [],
        "email": ADDRESS,
    }))
}

/// An unlink that has not given the separated account its metadata back. `user_id` is that account's, at Google.
pub fn separated(user_id: &str) -> Stage {
    let mut plan = serde_json::to_value(unlinked()).unwrap();
    plan["stage"] = json!("separated");
    plan["identity"]["user_id"] = json!(user_id);
    plan["restored"]["user_metadata"] = json!({ "home": PRIVATE });
    from(plan)
}

pub fn message(kind: NoticeKind, channel: Channel) -> Message {
    Message {
        id: "msg_0123456789abcdef0123456789abcdef".to_owned(),
        tenant: tenant(),
        channel,
        notice: Notice {
            kind,
            link: id(1),
            primary: "auth0|ada".to_owned(),
            secondary: "google-oauth2|1001".to_owned(),
            connection: "google-oauth2".to_owned(),
            policy: None,
            cause: None,
            addresses: vec![ADDRESS.to_owned()],
        },
        created_at: 1_795_000_000,
        attempts: 0,
        due_at: 0,
        state: MessageState::Pending,
        last_error: None,
    }
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
            "tenant": "dev", "initiator": "auth0|ada", "survivor": "current", "policy": "digest", "rules": "digest",
            "primary": primary, "secondary": secondary, "user_metadata": guarded, "app_metadata": guarded,
        },
        "proofs": [proof("auth0|ada"), proof("google-oauth2|1001")],
        "originals": [original(&primary), original(&secondary)],
    })
}

fn snapshot(provider: &str, user_id: &str, connection: &str) -> Value {
    json!({
        "user_id": format!("{provider}|{user_id}"), "email": ADDRESS, "email_verified": true, "blocked": false,
        "identities": [{ "provider": provider, "user_id": user_id, "connection": connection }],
        "bags": { "user_metadata": { "home": PRIVATE }, "app_metadata": {} },
    })
}

fn from(stage: Value) -> Stage {
    serde_json::from_value(stage).unwrap()
}
