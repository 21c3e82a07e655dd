//! Accounts, plans and records to render.

use std::time::Duration;

use conjoin_auth0::{IdentityId, User};
use conjoin_engine::Plan;
use conjoin_linking::bag::Bag;
use conjoin_linking::candidates::Side;
use conjoin_linking::error::RefusedBy;
use conjoin_linking::plan::LinkPlan;
use conjoin_linking::policies::PolicyReference;
use conjoin_linking::proof::Proof;
use conjoin_linking::record::{Cause, Confirmed, LinkId, Original, Record, Revocation, Stage, Tries, Undoing, WayBack};
use conjoin_linking::tenant::{Connection, Guards, Keep, Mode, Tenant, TenantName};
use conjoin_linking::unlink::{Progress, UnlinkPlan};
use serde_json::{Map, Value, json};

use crate::pages::{AccountView, LinkedIdentity, OfferView, Shell};

pub fn shell() -> Shell<'static> {
    Shell {
        signed_in: Some("ada@example.com"),
        csrf_token: "csrf-of-this-session",
        dev: true,
    }
}

pub fn signed_out() -> Shell<'static> {
    Shell {
        signed_in: None,
        csrf_token: "",
        dev: false,
    }
}

pub fn tenant() -> Tenant {
    let connection = |name: &str, label: &str| Connection {
        name: name.to_owned(),
        label: label.to_owned(),
        must_be_primary: false,
    };
    Tenant {
        name: TenantName("dev".to_owned()),
        mode: Mode::On,
        client_id: "conjoin-dev".to_owned(),
        connections: vec![
            connection("Username-Password-Authentication", "E-mail and password"),
            connection("google-oauth2", "Google"),
        ],
        guards: Guards {
            locked: vec!["app_metadata/tenant_id".parse().unwrap()],
            allow_removals: true,
            ..Guards::default()
        },
        proof_max_age: Duration::from_secs(600),
        end_sessions: true,
        require_mfa: false,
        limits: conjoin_engine::Limits::default(),
        keep: Keep::default(),
    }
}

pub fn user(user_id: &str, connection: &str, user_metadata: Value, app_metadata: Value) -> User {
    let (provider, local) = user_id.split_once('|').unwrap();
    User::try_from(json!({
        "user_id": user_id, "email": "ada@example.com", "email_verified": true,
        "identities": [{ "connection": connection, "provider": provider, "user_id": local, "isSocial": provider != "auth0" }],
        "user_metadata": user_metadata, "app_metadata": app_metadata,
    }))
    .unwrap()
}

pub fn ada() -> User {
    user(
        "auth0|ada",
        "Username-Password-Authentication",
        json!({
            "colour": "green", "languages": ["en", "fr"], "newsletter": true, "old": 1, "same": { "a": 1 },
            "address": { "street": "12 St James’s Square", "city": "London", "country": "GB" },
        }),
        json!({ "plan": "free", "roles": ["reader"], "tenant_id": "t-1" }),
    )
}

pub fn google() -> User {
    user(
        "google-oauth2|1001",
        "google-oauth2",
        json!({
            "colour": "blue", "languages": ["de"], "nickname": "Countess", "same": { "a": 1 }, "a.b": 1, "draft": "x",
            "address": { "phone": "+44 20 7946 0000" },
        }),
        json!({ "plan": "pro", "roles": ["author"], "tenant_id": "t-2", "beta": true }),
    )
}

/// A policy's answer with one key for every fate.
pub fn answer() -> Plan {
    let user_metadata = json!([
        { "op": "add", "path": "/languages/-", "value": "de" },
        { "op": "add", "path": "/nickname", "value": "Countess" },
        { "op": "add", "path": "/a.b", "value": 1 },
        { "op": "add", "path": "/address/phone", "value": "+44 20 7946 0000" },
        { "op": "remove", "path": "/old" },
    ]);
    let app_metadata = json!([
        { "op": "add", "path": "/roles/-", "value": "author" },
        { "op": "add", "path": "/beta", "value": true },
        { "op": "replace", "path": "/tenant_id", "value": "t-2" },
    ]);
    Plan {
        user_metadata: user_metadata.to_string(),
        app_metadata: app_metadata.to_string(),
        discard_user_metadata: vec!["/draft".to_owned(), "/colour".to_owned()],
        discard_app_metadata: vec!["/plan".to_owned()],
    }
}

/// The answer that changes nothing.
pub fn nothing() -> Plan {
    Plan {
        user_metadata: "[]".to_owned(),
        app_metadata: "[]".to_owned(),
        discard_user_metadata: Vec::new(),
        discard_app_metadata: Vec::new(),
    }
}

pub fn plan_of(primary: &User, secondary: &User, survivor: Side, answer: &Plan) -> LinkPlan {
    let initiator = if survivor == Side::Current { primary } else { secondary };
    LinkPlan::build(
        &tenant(),
        &PolicyReference {
            policy: "policy-digest".to_owned(),
            settings: "settings-digest".to_owned(),
        },
        &initiator.user_id,
        survivor,
        [primary, secondary],
        answer,
    )
    .unwrap()
}

pub fn plan() -> LinkPlan {
    plan_of(&ada(), &google(), Side::Current, &answer())
}

pub fn id() -> LinkId {
    LinkId("0123456789abcdef0123456789abcdef".to_owned())
}

pub fn record(stage: Stage) -> Record {
    Record {
        id: id(),
        tenant: TenantName("dev".to_owned()),
        version: 3,
        initiator: "auth0|ada".parse().unwrap(),
        session: "session-handle".to_owned(),
        created_at: 1_800_000_000,
        expires_at: 1_800_001_800,
        stage,
        tries: Tries::default(),
        taken_up: false,
    }
}

pub fn confirmed() -> Box<Confirmed> {
    let proof = |subject: &str| Proof {
        subject: subject.parse().unwrap(),
        connection: None,
        auth_time: 1_800_000_000,
        issued_at: 1_800_000_000,
        received_at: 1_800_000_000,
        amr: Vec::new(),
        organization: None,
    };
    Box::new(Confirmed {
        plan: plan(),
        proofs: [proof("auth0|ada"), proof("google-oauth2|1001")],
        originals: [Original::from(&ada()), Original::from(&google())],
        kept: Vec::new(),
        sessions: Revocation::Ended,
        unaccounted: false,
        not_before: 0,
        turns: 0,
    })
}

/// The joined account some time later: one value that the link wrote has been edited since.
pub fn unlink_plan(link: bool) -> UnlinkPlan {
    let done = Stage::Done(confirmed());
    unlink_after(link.then_some(done))
}

/// What is planned when the link that joined the accounts, as far as this host knows, ended so.
pub fn unlink_after(end: Option<Stage>) -> UnlinkPlan {
    let mut joined = ada();
    joined.identities.extend(google().identities);
    joined.user_metadata = plan().user_metadata.result;
    joined.user_metadata.insert("nickname".to_owned(), json!("Lady L"));
    joined.app_metadata = plan().app_metadata.result;
    let identity = IdentityId {
        provider: "google-oauth2".to_owned(),
        user_id: "1001".to_owned(),
    };
    let link = end.map(record);
    UnlinkPlan::build(&tenant().name, &joined, &identity, link.as_ref()).unwrap()
}

pub fn stages() -> Vec<Stage> {
    let attention = Stage::NeedsAttention {
        what: "secret words of the tenant".to_owned(),
        stuck: Box::new(Stage::MetadataWritten(confirmed())),
    };
    let rolled_back = |left_alone: &[&str]| Stage::RolledBack {
        cause: Cause::Refused("secret words of the tenant".to_owned()),
        left_alone: left_alone.iter().map(|&key| key.to_owned()).collect(),
        work: confirmed(),
    };
    let policy = RefusedBy::Policy {
        code: "conflict".to_owned(),
        message: "Both accounts have a subscription.".to_owned(),
    };
    vec![
        Stage::Confirmed(confirmed()),
        Stage::UnlinkConfirmed(Box::new(unlink_plan(true))),
        Stage::Done(confirmed()),
        Stage::Unlinked(Box::new(unlink_plan(true))),
        Stage::Unlinked(Box::new(unlink_plan(false))),
        Stage::Refused(RefusedBy::Person),
        Stage::Refused(RefusedBy::Tenant("secret words of the tenant".to_owned())),
        Stage::Refused(RefusedBy::Proof("secret words".to_owned())),
        Stage::Refused(policy),
        Stage::Refused(RefusedBy::Host("secret words".to_owned())),
        Stage::Expired,
        rolled_back(&[]),
        rolled_back(&["nickname"]),
        attention,
        Stage::Undoing(Box::new(Undoing {
            cause: Cause::Refused("secret words of the tenant".to_owned()),
            not_before: 1_800_000_000,
            way_back: WayBack::Ahead,
            work: *confirmed(),
        })),
        Stage::Done(Box::new(Confirmed {
            kept: vec![(Bag::User, "nickname".to_owned())],
            ..*confirmed()
        })),
        Stage::Unlinked(Box::new(UnlinkPlan {
            kept: vec![(Bag::App, "roles".to_owned())],
            sessions: Revocation::Ended,
            ..unlink_plan(true)
        })),
        Stage::RolledBack {
            cause: Cause::Changed("secret words of the tenant".to_owned()),
            left_alone: Vec::new(),
            work: confirmed(),
        },
        Stage::Closed {
            what: "secret words of the tenant".to_owned(),
            stuck: Box::new(Stage::MetadataWritten(confirmed())),
        },
        Stage::Unlinked(Box::new(UnlinkPlan {
            progress: Progress {
                gone: true,
                ..Progress::default()
            },
            ..unlink_plan(true)
        })),
        Stage::Forgotten {
            was: "done".to_owned(),
            primary: "auth0|ada".parse().unwrap(),
            identity: plan().secondary.own_identity(),
        },
    ]
}

pub fn account_view() -> AccountView {
    let pretty = |bag: &Map<String, Value>| serde_json::to_string_pretty(bag).unwrap();
    AccountView {
        user_id: "auth0|ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
        email_verified: true,
        name: Some("Ada Lovelace".to_owned()),
        connection_label: "E-mail and password".to_owned(),
        user_metadata: pretty(&ada().user_metadata),
        app_metadata: pretty(&ada().app_metadata),
    }
}

pub fn offers() -> Vec<OfferView> {
    let offer = |token: &str, label: &str, reason: Option<&str>| OfferView {
        token: token.to_owned(),
        label: label.to_owned(),
        reason: reason.map(str::to_owned),
    };
    vec![
        offer("token-1", "Google", Some("It has the same verified e-mail address.")),
        offer("token-2", "GitHub", None),
    ]
}

pub fn linked() -> Vec<LinkedIdentity> {
    let identity = |provider: &str, user_id: &str, label: &str, is_primary, email: Option<&str>| LinkedIdentity {
        provider: provider.to_owned(),
        user_id: user_id.to_owned(),
        connection_label: label.to_owned(),
        is_primary,
        email: email.map(str::to_owned),
    };
    vec![
        identity("auth0", "ada", "E-mail and password", true, None),
        identity("facebook", "1003", "Facebook", false, Some("ada@example.com")),
    ]
}
