//! What the API shows.

use conjoin_linking::contract::rfc3339;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::registry::is_the_hosts;
use crate::signing::{KeyId, Signers};
use crate::store::{Activation, NotedDecision, PolicyVersion, Proposal, VersionState};

/// A version of a policy.
#[derive(Serialize, ToSchema)]
pub(super) struct VersionView {
    /// SHA-256 of the component: its name.
    pub digest: String,
    /// `uploaded`: being checked; `checked`: can be activated; `failed`: its report says why not; `active`: decides; `retired`: has decided; `revoked`.
    pub state: &'static str,
    /// The policy's own name.
    pub name: String,
    /// Its author's version.
    pub version: String,
    /// What it does.
    pub summary: String,
    /// Bytes of the component.
    pub bytes: u64,
    /// How many cases came with it.
    pub cases: usize,
    /// Who uploaded it.
    pub uploaded_by: String,
    /// RFC 3339.
    pub uploaded_at: String,
    /// The ids of the minisign keys that signed it.
    #[schema(value_type = Vec<String>)]
    pub signed_by: Vec<KeyId>,
    /// Whether it cannot decide before one of the tenant's `policy_signers` signs it.
    pub needs_signature: bool,
}

/// A version with what was found out about it.
#[derive(Serialize, ToSchema)]
pub(super) struct VersionDetail {
    #[serde(flatten)]
    pub version: VersionView,
    /// The JSON Schema of its settings.
    #[schema(value_type = Object)]
    pub settings_schema: Value,
    /// As `conjoin policy test --json` gives it; none while it is being checked.
    #[schema(value_type = Option<Object>)]
    pub report: Option<Value>,
}

/// What decides.
#[derive(Serialize, ToSchema)]
pub(super) struct ActivationView {
    /// Counts the tenant's changes; 0 before the first. The ETag is this number.
    pub number: i64,
    /// The version's digest; null where nobody is offered anything.
    pub policy: Option<String>,
    /// What it is set to.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// `activate`, `rollback`, `revoke`, `breaker`; `default` before the first change.
    pub kind: String,
    /// Who.
    pub by: String,
    /// RFC 3339; none before the first change.
    pub at: Option<String>,
    /// Why this host cannot use the version, so that another decides there until it can; null where it decides.
    pub problem: Option<String>,
}

/// An activation that waits for the word of a second person.
#[derive(Serialize, ToSchema)]
pub(super) struct ProposalView {
    /// Names it.
    pub id: String,
    /// The version's digest.
    pub policy: String,
    /// What it would be set to.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// The number of the change that it comes after.
    pub after: i64,
    /// Who wants it.
    pub by: String,
    /// RFC 3339.
    pub at: String,
}

/// What a policy decided. Its log can quote accounts.
#[derive(Serialize, ToSchema)]
pub(super) struct DecisionView {
    /// RFC 3339.
    pub at: String,
    /// For `since`.
    pub cursor: String,
    /// The transaction: a link's id once there is a link.
    pub transaction: String,
    /// `select-candidates` or `merge`.
    pub hook: String,
    /// The version's digest.
    pub policy: String,
    /// `answered`, or how it ended.
    pub ending: String,
    /// What went wrong.
    pub detail: Option<String>,
    /// Fuel used, where it is known.
    pub fuel: Option<u64>,
    /// Microseconds.
    pub micros: u64,
    /// What the policy said.
    #[schema(value_type = Object)]
    pub log: Value,
    /// Of a version in shadow, which decided nothing: how its answer differs from that of the one that did. Null for the latter.
    pub shadow: Option<Vec<String>>,
}

impl VersionView {
    /// `active`: the digest that decides; `known`: whether it has ever decided; `signers`: whose signature it needs.
    pub(super) fn new(version: &PolicyVersion, active: Option<&str>, known: bool, signers: &Signers) -> Self {
        let state = match version.state {
            VersionState::Checked if active == Some(version.digest.as_str()) => "active",
            VersionState::Checked if known => "retired",
            state => state.name(),
        };
        let facts = &version.facts;
        Self {
            digest: version.digest.clone(),
            state,
            name: facts.name.clone(),
            version: facts.version.clone(),
            summary: facts.summary.clone(),
            bytes: facts.bytes,
            cases: facts.cases.len(),
            uploaded_by: facts.by.clone(),
            uploaded_at: rfc3339(version.uploaded_at),
            needs_signature: needs_signature(version, signers),
            signed_by: keys(version).cloned().collect(),
        }
    }
}

fn keys(version: &PolicyVersion) -> impl Iterator<Item = &KeyId> {
    version.signatures.iter().map(|signature| &signature.key)
}

/// By whose key it was found to be signed; whether the signature is good is looked at when the version is about to decide.
fn needs_signature(version: &PolicyVersion, signers: &Signers) -> bool {
    let signed = keys(version).any(|key| signers.have(key));
    signers.are_named() && !signed && !is_the_hosts(version)
}

impl From<Activation> for ActivationView {
    fn from(Activation { number, at, facts }: Activation) -> Self {
        let kind = serde_json::to_value(facts.kind).ok();
        Self {
            number,
            policy: facts.policy.map(|reference| reference.policy),
            settings: facts.settings,
            kind: kind
                .and_then(|kind| kind.as_str().map(str::to_owned))
                .unwrap_or_default(),
            by: facts.by,
            at: (number > 0).then(|| rfc3339(at)),
            problem: None,
        }
    }
}

impl From<Proposal> for ProposalView {
    fn from(proposal: Proposal) -> Self {
        Self {
            id: proposal.id,
            policy: proposal.facts.policy,
            settings: proposal.facts.settings,
            after: proposal.facts.expected,
            by: proposal.facts.by,
            at: rfc3339(proposal.at),
        }
    }
}

impl From<NotedDecision> for DecisionView {
    fn from(noted: NotedDecision) -> Self {
        let NotedDecision { id, noted_at, record } = noted;
        Self {
            at: rfc3339(noted_at.div_euclid(1_000_000)),
            cursor: format!("{noted_at}.{id}"),
            transaction: record.transaction,
            hook: record.hook,
            policy: record.policy,
            ending: record.ending,
            detail: record.detail,
            fuel: record.fuel,
            micros: record.micros,
            shadow: record.shadow,
            log: serde_json::to_value(&record.log).unwrap_or_default(),
        }
    }
}

/// How many digits of a digest people need to see.
const SHORT: usize = 12;

/// A version as people read it: the beginning of its digest, or the whole name of a policy that ships with the host.
pub(crate) fn short(policy: &str) -> &str {
    if policy.len() == 64 && policy.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        policy.get(..SHORT).unwrap_or(policy)
    } else {
        policy
    }
}
