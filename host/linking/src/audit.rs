//! What the tenant's team can prove afterwards: one entry for every step. Ids, digests and names of keys; never a value, never a token.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::bag::{Bag, Bags, apply_changes};
use crate::contract::rfc3339;
use crate::error::RefusedBy;
use crate::plan::{LinkPlan, Snapshot};
use crate::proof::Proof;
use crate::record::{CLOSED_UNLINK, Confirmed, LinkId, Record, Request, Stage};
use crate::unlink::UnlinkPlan;

/// Turns a metadata bag into a keyed digest: without the key nobody can tell by trying whether it stood for `{"plan": "gold"}`.
pub type Digest<'a> = &'a dyn Fn(&Value) -> String;

/// One step, for the audit trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// `link.requested`, `unlink.confirmed`: the side of the work and the stage reached.
    pub event: String,
    /// Who did it.
    pub actor: Actor,
    /// Of which link or unlink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkId>,
    /// What is known of it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The person of this account, in a browser.
    Person(String),
    /// This host by itself.
    Host,
    /// Someone of the platform team, at the command line: the operating system's name for them.
    Operator(String),
    /// A program or a person of the platform team, by the admin API: what the token is called, and its id.
    Token(String),
    /// A person of the platform team, on the admin pages: the id of the account at the tenant that they signed in with.
    Member(String),
}

impl AuditEntry {
    /// Something an operator did.
    pub fn by_operator(event: &str, operator: &str, link: Option<&LinkId>, facts: Map<String, Value>) -> Self {
        Self {
            event: event.to_owned(),
            actor: Actor::Operator(operator.to_owned()),
            link: link.cloned(),
            facts,
        }
    }

    /// Something that somebody did, or this host, and that is of no link.
    pub fn of_tenant(event: &str, actor: Actor, facts: Map<String, Value>) -> Self {
        Self {
            event: event.to_owned(),
            actor,
            link: None,
            facts,
        }
    }

    /// A confirmation that was not carried out: the record stays where it is, or has a new preview.
    pub fn not_confirmed(record: &Record, by: &RefusedBy) -> Self {
        let side = if is_unlink(&record.stage) { "unlink" } else { "link" };
        Self {
            event: format!("{side}.not_confirmed"),
            actor: Actor::Person(record.initiator.to_string()),
            link: Some(record.id.clone()),
            facts: object(json!({ "by": refused_by(by) })),
        }
    }

    /// What a record's present stage says.
    pub fn of(record: &Record, digest: Digest<'_>) -> Self {
        let side = if is_unlink(&record.stage) { "unlink" } else { "link" };
        let mut facts = Map::new();
        facts.insert("initiator".to_owned(), json!(record.initiator));
        if let Some((primary, identity)) = record.stage.pair() {
            facts.insert("primary".to_owned(), json!(primary));
            facts.insert("secondary".to_owned(), json!(identity.to_string()));
        }
        facts.extend(stage_facts(&record.stage, digest));
        if let Some(problem) = &record.tries.problem {
            facts.insert("tries".to_owned(), json!(record.tries.count));
            facts.insert("problem".to_owned(), json!(problem));
        }
        let name = record.stage.name();
        Self {
            event: format!("{side}.{}", name.strip_prefix("unlink_").unwrap_or(name)),
            actor: actor(record),
            link: Some(record.id.clone()),
            facts,
        }
    }
}

fn actor(record: &Record) -> Actor {
    match &record.stage {
        Stage::Requested(_)
        | Stage::Proven(_)
        | Stage::Planned(_)
        | Stage::Agreed(_)
        | Stage::Confirmed(_)
        | Stage::UnlinkPlanned(_)
        | Stage::UnlinkConfirmed(_)
        | Stage::Refused(RefusedBy::Person)
            if record.tries.count == 0 && !record.taken_up && !is_second_turn(&record.stage) =>
        {
            Actor::Person(record.initiator.to_string())
        }
        _ => Actor::Host,
    }
}

/// Whether this host sent a link forward again, by itself.
fn is_second_turn(stage: &Stage) -> bool {
    matches!(stage, Stage::Confirmed(work) if work.turns > 0)
}

fn is_unlink(stage: &Stage) -> bool {
    match stage {
        Stage::NeedsAttention { stuck, .. } | Stage::Closed { stuck, .. } => is_unlink(stuck),
        Stage::Forgotten { was, .. } => was == "unlinked" || was == CLOSED_UNLINK,
        stage => matches!(
            stage,
            Stage::UnlinkPlanned(_)
                | Stage::UnlinkConfirmed(_)
                | Stage::UnlinkRefused { .. }
                | Stage::Separated(_)
                | Stage::Restored(_)
                | Stage::Unlinked(_)
        ),
    }
}

fn stage_facts(stage: &Stage, digest: Digest<'_>) -> Map<String, Value> {
    match stage {
        Stage::Requested(request) => request_facts(request),
        Stage::Proven(proven) => with(request_facts(&proven.request), "proofs", json!([proof(&proven.proof)])),
        Stage::Planned(planned) => plan_facts(&planned.plan, digest),
        Stage::Agreed(agreed) => {
            let proofs = [&agreed.proof, &agreed.planned.proven.proof];
            let proofs = json!(proofs.map(proof));
            with(plan_facts(&agreed.planned.plan, digest), "proofs", proofs)
        }
        Stage::Confirmed(work) | Stage::MetadataWritten(work) | Stage::Linked(work) | Stage::Done(work) => {
            work_facts(work, digest)
        }
        Stage::UnlinkPlanned(plan)
        | Stage::UnlinkConfirmed(plan)
        | Stage::Separated(plan)
        | Stage::Restored(plan)
        | Stage::Unlinked(plan) => unlink_facts(plan, digest),
        other => object(end_facts(other)),
    }
}

/// Of stages that hold neither a request nor a plan to execute.
fn end_facts(stage: &Stage) -> Value {
    match stage {
        Stage::Undoing(undoing) => json!({ "cause": undoing.cause, "not_before": rfc3339(undoing.not_before) }),
        Stage::UnlinkRefused { cause, not_before, .. } => json!({ "cause": cause, "not_before": rfc3339(*not_before) }),
        Stage::Refused(by) => json!({ "by": refused_by(by) }),
        Stage::RolledBack { cause, left_alone, .. } => json!({ "cause": cause, "left_alone": left_alone }),
        Stage::NeedsAttention { what, stuck } | Stage::Closed { what, stuck } => {
            json!({ "what": what, "stuck": stuck.name() })
        }
        Stage::Forgotten { was, .. } => json!({ "was": was }),
        _ => Value::Null,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn with(mut facts: Map<String, Value>, key: &str, value: Value) -> Map<String, Value> {
    facts.insert(key.to_owned(), value);
    facts
}

fn request_facts(request: &Request) -> Map<String, Value> {
    object(
        json!({ "target": request.target, "connection": request.connection, "policy": request.policy.policy, "settings": request.policy.settings, "organization": request.organization }),
    )
}

fn plan_facts(plan: &LinkPlan, digest: Digest<'_>) -> Map<String, Value> {
    let after = |bag: Bag| apply_changes(plan.primary.bags.get(bag), &plan.bag(bag).changes);
    let after = Bags {
        user_metadata: after(Bag::User),
        app_metadata: after(Bag::App),
    };
    let keys = |bag: Bag| plan.bag(bag).changes.keys().collect::<Vec<_>>();
    object(json!({
        "policy": plan.policy, "rules": plan.rules, "plan": plan.hash(), "survivor": plan.survivor,
        "before": { "primary": bags(&plan.primary.bags, digest), "secondary": bags(&plan.secondary.bags, digest) },
        "after": { "primary": bags(&after, digest) },
        "writes": { "user_metadata": keys(Bag::User), "app_metadata": keys(Bag::App) },
        "identities": { "primary": identities(&plan.primary), "secondary": identities(&plan.secondary) },
    }))
}

fn work_facts(work: &Confirmed, digest: Digest<'_>) -> Map<String, Value> {
    let mut facts = plan_facts(&work.plan, digest);
    facts.extend(object(json!({
        "proofs": work.proofs.iter().map(proof).collect::<Vec<_>>(), "kept": work.kept, "sessions": work.sessions,
    })));
    facts
}

fn unlink_facts(plan: &UnlinkPlan, digest: Digest<'_>) -> Map<String, Value> {
    object(json!({
        "of": plan.link, "plan": plan.hash(), "stays": plan.stays, "kept": plan.kept, "sessions": plan.sessions,
        "before": { "primary": bags(&plan.primary.bags, digest) },
        "restored": { "secondary": bags(&plan.restored, digest) }, "unstorable": plan.unstorable, "gone": plan.progress.gone,
        "proofs": plan.proof.iter().map(proof).collect::<Vec<_>>(),
    }))
}

fn bags(bags: &Bags, digest: Digest<'_>) -> Value {
    let of = |bag: Bag| digest(&Value::Object(bags.get(bag).clone()));
    json!({ "user_metadata": of(Bag::User), "app_metadata": of(Bag::App) })
}

fn identities(account: &Snapshot) -> Vec<String> {
    account.identities.iter().map(ToString::to_string).collect()
}

/// A sign-in as evidence: when, to what, how.
fn proof(proof: &Proof) -> Value {
    json!({
        "subject": proof.subject, "asked_connection": proof.connection, "auth_time": proof.auth_time, "issued_at": proof.issued_at,
        "received_at": proof.received_at, "amr": proof.amr, "organization": proof.organization,
    })
}

fn refused_by(by: &RefusedBy) -> Value {
    match by {
        RefusedBy::Person => json!("person"),
        RefusedBy::Tenant(code) => json!({ "tenant": code }),
        RefusedBy::Proof(why) => json!({ "proof": why }),
        // Its message may quote metadata.
        RefusedBy::Policy { code, .. } => json!({ "policy": code }),
        RefusedBy::Host(why) => json!({ "host": why }),
    }
}
